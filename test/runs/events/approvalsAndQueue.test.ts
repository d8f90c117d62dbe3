import { eventually } from '../../support/eventually';
import { createKey, READS_RUNS } from '../../support/keys';
import { Reading } from '../../support/reading';
import { eventsWorld } from './world';

interface Asked {
  readonly approvalId: string;
  readonly status: string;
  readonly executionId: string;
}

interface ApprovalsItem {
  readonly cursor: string;
  readonly approval: Asked | null;
  readonly snapshot: { readonly approvals: readonly Asked[] } | null;
}

interface Queue {
  readonly readyJobs: number;
  readonly offeredJobs: number;
  readonly runningJobs: number;
  readonly agentsOnline: number;
  readonly slots: number;
  readonly waiting: readonly {
    readonly labels: readonly string[];
    readonly readyJobs: number;
    readonly agentsOnline: number;
  }[];
}

const FIELDS = 'approvalId status ... on UserGroupApprovalDetails { executionId }';
const APPROVALS = `subscription ($all: Boolean, $after: ID) { approvalsRequested(all: $all, after: $after) {
  cursor approval { ${FIELDS} } snapshot { approvals { ${FIELDS} } } } }`;
const QUEUE =
  'subscription { queueUpdated { readyJobs offeredJobs runningJobs agentsOnline slots waiting { labels readyJobs agentsOnline } } }';

const world = eventsWorld();
let manager: string;

beforeAll(async () => {
  manager = await createKey(world.server.client, 'Managers', READS_RUNS, 'a manager');
});

/** A run that waits for its approval. */
async function waiting(): Promise<string> {
  const id = await world.runs.start('pipeline', 'release', { serviceInputs: [{ name: 'web', image: 'web:1' }] });
  await world.agent.runOne();
  await world.runs.until(id, 'WAITING');
  return id;
}

const decide = async (id: string, action: 'APPROVE' | 'REJECT') => {
  const [{ approvalId } = { approvalId: '' }] = await world.runs.approvals(id);
  const { applicationId } = await world.runs.ids('pipeline', 'release');
  const response = await fetch(`${world.server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': manager },
    body: JSON.stringify({
      query:
        'mutation ($input: ApproveOrRejectApprovalsInput!) { approveOrRejectApprovals(input: $input) { success } }',
      variables: { input: { action, applicationId, executionId: id, approvalId } },
    }),
  });
  expect(await response.json()).toMatchObject({ data: { approveOrRejectApprovals: { success: true } } });
};

describe('approvalsRequested', () => {
  it('reports waiting, new and ended approvals to members of the group', async () => {
    const before = await waiting();
    const reading = new Reading<ApprovalsItem>(world.server.url, APPROVALS, {}, manager);
    expect((await reading.next())?.snapshot?.approvals).toMatchObject([{ executionId: before, status: 'WAITING' }]);
    const id = await waiting();
    // A change between the snapshot's position and its read arrives again as an event.
    const requested = await reading.until(({ approval }) => approval?.executionId === id);
    expect(requested.approval).toMatchObject({ status: 'WAITING' });
    await decide(before, 'REJECT');
    expect((await reading.next())?.approval).toMatchObject({ executionId: before, status: 'REJECTED' });
    const { cursor } = requested;
    await reading.close();
    // Continues from the middle: decisions made after it, and approvals that end on their own.
    const again = new Reading<ApprovalsItem>(world.server.url, APPROVALS, { after: cursor }, manager);
    expect((await again.next())?.approval).toMatchObject({ executionId: before, status: 'REJECTED' });
    await world.runs.abort(id);
    expect((await again.next())?.approval).toMatchObject({ executionId: id, status: 'ABORTED' });
    await again.close();
  });

  it('sends approvals that the caller can’t decide only on request', async () => {
    const id = await waiting();
    const all = new Reading<ApprovalsItem>(world.server.url, APPROVALS, { all: true });
    const own = new Reading<ApprovalsItem>(world.server.url, APPROVALS);
    expect((await all.next())?.snapshot?.approvals).toMatchObject([{ executionId: id }]);
    expect((await own.next())?.snapshot?.approvals).toEqual([]);
    await world.runs.abort(id);
    const aborted = await all.until(({ approval }) => approval?.status === 'ABORTED');
    expect(aborted.approval).toMatchObject({ executionId: id });
    await Promise.all([all.close(), own.close()]);
  });
});

describe('queueUpdated', () => {
  it('counts waiting jobs by labels, and running ones', async () => {
    const reading = new Reading<Queue>(world.server.url, QUEUE);
    expect(await reading.next()).toEqual({
      readyJobs: 0,
      offeredJobs: 0,
      runningJobs: 0,
      agentsOnline: 1,
      slots: 100,
      waiting: [],
    });
    const idle = await world.runs.start('workflow', 'idle');
    const one = await world.runs.start('workflow', 'one');
    const both = await reading.until((queue) => queue.readyJobs === 2);
    expect(both.waiting).toEqual([
      { labels: ['os=none'], readyJobs: 1, agentsOnline: 0 },
      { labels: [], readyJobs: 1, agentsOnline: 1 },
    ]);
    const job = await world.agent.claimOne();
    await world.agent.start(job);
    expect(await reading.until((queue) => queue.runningJobs === 1)).toMatchObject({ readyJobs: 1, offeredJobs: 0 });
    await world.agent.finish(job);
    await world.runs.until(one, 'SUCCESS');
    await world.runs.abort(idle);
    await reading.until((queue) => queue.readyJobs === 0 && queue.runningJobs === 0);
    await reading.close();
    await eventually(
      () => world.server.app.feeds.queue.size,
      (n) => n === 0,
    );
  });
});
