import { approverRefusal, voteOf } from '../../../src/engine/selfApproval';
import type { Actor } from '../../../src/access/actor';
import { authenticate } from '../../../src/access/authenticate';
import { findApproval, findVotes } from '../../../src/runs/approvals/approvals.store';
import { deciderOf } from '../../../src/runs/approvals/approvers.store';
import { findAttempts } from '../../../src/runs/execution/executions.store';
import type { TestClient } from '../../support/client';
import { eventually } from '../../support/eventually';
import { APP, Runs } from '../../support/runs';
import type { TestServer } from '../../support/server';
import { testWorld } from '../../support/world';
import { People } from './people';

const pipeline = (name: string, approval: string) => `
---
kind: Pipeline
application: app
name: ${name}
variables: [{ name: COMMITTER }, { name: RISK, type: number, default: 3 }]
stages: [{ elements: [{ name: ask, approval: { ${approval} } }] }]
`;

const DEFINITIONS =
  APP +
  pipeline('release', 'approvals: { from: [Managers, Leads], count: 2, all_of: [Security] }') +
  pipeline('excluding', `approvals: { from: [Managers, Security], not: [initiator, "\${COMMITTER}"] }`) +
  pipeline('crowd', 'approvals: { from: [Leads], count: 3 }') +
  pipeline(
    'told',
    `approvers: [Managers], message: "Risk \${{ RISK > 2 ? 'high: ' + string(RISK * 2) : 'low' }} of \${RISK}"`,
  ) +
  pipeline('untold', `approvers: [Managers], message: "\${{ int(COMMITTER) }}"`);

describe('approveOrRejectApprovals', () => {
  const { server, runs } = testWorld(DEFINITIONS, { agent: null });
  const people = new People(server, runs);
  let ann: TestClient;
  let bob: TestClient;
  let bobToo: TestClient;
  let cid: TestClient;
  let dora: TestClient;

  beforeAll(async () => {
    const [bobId, cidId] = [await people.user('Bob', 'bob@example.com'), await people.user('Cid', 'cid@example.com')];
    ann = await people.key('ann', ['Managers']);
    bob = await people.key('bob', ['Leads', 'Security'], bobId);
    bobToo = await people.key('bob again', ['Managers'], bobId);
    cid = await people.key('cid', ['Security'], cidId);
    dora = await people.key('dora', ['Outsiders']);
  });
  const eventsOf = async (id: string) =>
    (await runs.events(id)).filter(({ type }) => type.startsWith('APPROVAL_')).map(({ type }) => type);

  it('counts each person once, for the requirement where it helps most', async () => {
    const id = await runs.start('pipeline', 'release');
    expect(await people.waiting(id)).toMatchObject({
      missing: '2 of Leads or Managers, and 1 of Security',
      requirements: [
        { groups: ['Leads', 'Managers'], needed: 2, given: 0 },
        { groups: ['Security'], needed: 1, given: 0 },
      ],
    });
    expect(await people.decide(bob, id, 'APPROVE', { comments: 'fine' })).toEqual({
      decided: false,
      missing: '2 of Leads or Managers',
    });
    // The same person under another key, and the same vote again, change nothing.
    expect((await people.decide(bobToo, id)).missing).toBe('2 of Leads or Managers');
    await expect(people.decide(bob, id, 'REJECT')).rejects.toThrow('CONFLICT');
    await expect(people.decide(dora, id)).rejects.toThrow('FORBIDDEN');
    expect(await people.inbox(bob)).not.toContain(id);
    expect(await people.inbox(cid)).toContain(id);
    expect((await people.decide(cid, id)).missing).toBe('1 more of Leads or Managers');
    const { votes, missing } = await people.waiting(id);
    expect(votes).toEqual([
      { by: { name: 'bob' }, action: 'APPROVE', counts: true, comments: 'fine' },
      { by: { name: 'cid' }, action: 'APPROVE', counts: true, comments: null },
    ]);
    expect(missing).toBe('1 more of Leads or Managers');
    const { execution } = await server.client.ask<{ execution: { whyNotRunning: object[] } }>(
      'query ($id: ID!) { execution(executionId: $id) { whyNotRunning { code message } } }',
      { id },
    );
    expect(execution.whyNotRunning).toEqual([
      { code: 'APPROVAL', message: '"ask" waits for an approval by 1 more of Leads or Managers.' },
    ]);
    expect(await people.decide(ann, id)).toEqual({ decided: true, missing: null });
    await runs.until(id, 'SUCCESS');
    expect(await eventsOf(id)).toEqual(['APPROVAL_REQUESTED', 'APPROVAL_VOTED', 'APPROVAL_VOTED', 'APPROVAL_DECIDED']);
    // The vote that decided the approval is no error when it is repeated.
    expect(await people.decide(bob, id)).toEqual({ decided: true, missing: null });
  });

  it('rejects with a single vote', async () => {
    const id = await runs.start('pipeline', 'release');
    await people.decide(ann, id);
    await people.decide(cid, id, 'REJECT', { comments: 'no' });
    expect(await runs.read(id)).toMatchObject({ status: 'REJECTED' });
  });

  it('is undecidable if too few people are left', async () => {
    const id = await runs.start('pipeline', 'crowd');
    const undecidable = async () => (await people.waiting(id)).undecidableSince !== null;
    await eventually(undecidable, (is) => is);
    const [eve, fay] = [await people.key('eve', ['Leads']), await people.key('fay', ['Leads'])];
    await eventually(undecidable, (is) => !is);
    for (const one of [eve, fay]) await people.decide(one, id);
    expect(await people.decide(bob, id)).toEqual({ decided: true, missing: null });
  });

  it('fails the element if an expression of its message has no value', async () => {
    const id = await runs.start('pipeline', 'told');
    const [row] = await server.app.database.rows('SELECT message FROM approval WHERE execution_id = $1', [id]);
    expect(row).toEqual({ message: 'Risk high: 6 of 3' });
    const failed = await runs.start('pipeline', 'untold', {
      variableInputs: [{ name: 'COMMITTER', variableValue: { type: 'NAME', value: 'Ada' } }],
    });
    expect((await runs.until(failed, 'FAILED')).pipelineStageExecutions?.[0]?.reason).toBe(
      `its message can’t be filled: \${{ int(COMMITTER) }} has no value: "Ada" is not a number`,
    );
  });

  it('refuses excluded people, and hides the approval from their inbox', async () => {
    const start = (value: string) => ({
      variableInputs: value === '' ? [] : [{ name: 'COMMITTER', variableValue: { type: 'NAME', value } }],
    });
    const byAnn = new Runs({ client: ann } as unknown as TestServer);
    const ids = [
      await runs.start('pipeline', 'excluding', start('')),
      await runs.start('pipeline', 'excluding', start('CID')),
      await runs.start('pipeline', 'excluding', start('Robert <bob@example.com>')),
      await runs.start('pipeline', 'excluding', start('nobody@example.com')),
      await byAnn.start('pipeline', 'excluding', start('ann')),
      await runs.start('pipeline', 'release'),
    ];
    await people.decide(bob, ids[5] ?? '');
    expect((await people.waiting(ids[4] ?? '')).excluded).toEqual(['ann']);
    expect((await people.waiting(ids[2] ?? '')).excluded).toContain('bob@example.com');
    const { app } = server;
    const mayDecide = async (actor: Actor, id: string) => {
      const [row] = await app.database.rows<{ id: string }>('SELECT id FROM approval WHERE execution_id = $1', [id]);
      const approval = await findApproval(app.database, row?.id ?? '');
      if (approval === undefined) throw new Error(`execution ${id} has no approval`);
      const decider = await deciderOf(app.database, actor);
      const votes = await findVotes(app.database, [approval.id]);
      const attempts = await findAttempts(app.database, [id]);
      return approverRefusal(decider, approval, attempts) === null && voteOf(actor, votes) === undefined;
    };
    const seen: Record<string, boolean[]> = {};
    for (const [name, client] of Object.entries({ ann, bob, bobToo, cid, dora })) {
      const actor = await authenticate(app, client.apiKey);
      const inbox = await people.inbox(client);
      const decisions = await Promise.all(ids.map((id) => mayDecide(actor, id)));
      expect([name, ids.map((id) => inbox.includes(id))]).toEqual([name, decisions]);
      seen[name] = decisions;
    }
    expect(seen).toEqual({
      ann: [true, true, true, true, false, true],
      bob: [true, true, false, true, true, false],
      bobToo: [true, true, false, true, true, false],
      cid: [true, false, true, true, true, true],
      dora: [false, false, false, false, false, false],
    });
  });
});
