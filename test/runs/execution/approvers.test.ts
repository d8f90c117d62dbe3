import type { Permissions } from '../../../src/client/generated';
import { TestClient } from '../../support/client';
import { eventually } from '../../support/eventually';
import { createKey, READS_RUNS } from '../../support/keys';
import { APP, Runs } from '../../support/runs';
import type { TestServer } from '../../support/server';
import { testWorld } from '../../support/world';

const pipeline = (name: string, approval: string) => `
---
kind: Pipeline
application: app
name: ${name}
stages: [{ elements: [{ name: manager, approval: { ${approval} } }] }]
`;
const RUNS_PIPELINES: Permissions = {
  appPermissions: [
    { permissionType: 'DEPLOYMENT', actions: ['READ', 'EXECUTE_PIPELINE'], applications: { filterType: 'ALL' } },
    { permissionType: 'PIPELINE', actions: ['READ'], applications: { filterType: 'ALL' } },
  ],
};

describe('an approval that nobody is left to decide', () => {
  const definitions =
    APP +
    pipeline('gate', 'approvers: [Team]') +
    pipeline('named', 'approvers: [Gone]') +
    pipeline('own', 'approvers: [Solo], disallow_initiator: true');
  const { server, runs } = testWorld(definitions, { agent: null });

  const look = async (executionId: string) => {
    const { execution } = await server.client.ask<{
      execution: {
        waitingFor: string[];
        pipelineStageExecutions: {
          approvals: { approvalId: string; undecidableSince: string | null; approvers: string[] }[];
        }[];
      };
    }>(
      `query ($id: ID!) { execution(executionId: $id) { waitingFor ... on PipelineExecution { pipelineStageExecutions {
        ... on ApprovalStageExecution { approvals { approvalId ... on UserGroupApprovalDetails { undecidableSince approvers } } } } } } }`,
      { id: executionId },
    );
    const [approval] = execution.pipelineStageExecutions.flatMap(({ approvals }) => approvals);
    return { waitingFor: execution.waitingFor, approval };
  };
  const eventsOf = async (id: string) =>
    (await runs.events(id)).map(({ type }) => type).filter((type) => type.startsWith('APPROVAL_'));
  const reassign = async (executionId: string, approvers: readonly string[], client = server.client) => {
    const { applicationId } = await runs.ids('pipeline', 'gate');
    const { approval } = await look(executionId);
    return client.ask(
      'mutation ($input: ReassignApprovalInput!) { reassignApproval(input: $input) { approval { status } } }',
      { input: { applicationId, executionId, approvalId: approval?.approvalId, approvers, reason: 'on leave' } },
    );
  };
  const groupId = async (name: string) => {
    const { userGroups } = await server.client.ask<{ userGroups: { nodes: { id: string; name: string }[] } }>(
      '{ userGroups(first: 50) { nodes { id name } } }',
    );
    return userGroups.nodes.find((group) => group.name === name)?.id ?? '';
  };

  it('is reported when its last approver leaves, and an administrator reassigns it', async () => {
    const member = new TestClient(server.url, await createKey(server.client, 'Team', READS_RUNS));
    const deputy = new TestClient(server.url, await createKey(server.client, 'Deputies', READS_RUNS));
    const id = await runs.start('pipeline', 'gate');
    expect(await look(id)).toMatchObject({ waitingFor: [], approval: { undecidableSince: null } });
    await expect(reassign(id, ['Deputies'], member)).rejects.toThrow('FORBIDDEN');
    await expect(reassign(id, ['Nobody'])).rejects.toThrow('INVALID_INPUT');
    await expect(reassign(id, [])).rejects.toThrow('INVALID_INPUT');

    const { apiKeys } = await server.client.ask<{ apiKeys: { id: string; name: string }[] }>('{ apiKeys { id name } }');
    const { revokeApiKey } = await server.client.ask<{ revokeApiKey: { warningMessage: string | null } }>(
      'mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { warningMessage } }',
      { id: apiKeys.find(({ name }) => name === 'Team')?.id },
    );
    expect(revokeApiKey.warningMessage).toBe(
      'Nobody is left to decide a waiting approval. An administrator can name other groups with reassignApproval.',
    );
    // Without an identity provider, a user can't sign in.
    await server.client.ask('mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }', {
      input: { name: 'Ada', email: 'ada@example.com', userGroupIds: [await groupId('Team')] },
    });
    const { waitingFor, approval } = await look(id);
    expect(waitingFor).toEqual(['"manager" waits for an approval by Team, but nobody is left who can decide.']);
    expect(approval?.undecidableSince).not.toBeNull();

    await reassign(id, ['Deputies']);
    await reassign(id, ['Deputies']);
    expect(await look(id)).toMatchObject({
      waitingFor: [],
      approval: { undecidableSince: null, approvers: ['Deputies'] },
    });
    const { applicationId } = await runs.ids('pipeline', 'gate');
    await deputy.ask(
      'mutation ($input: ApproveOrRejectApprovalsInput!) { approveOrRejectApprovals(input: $input) { success } }',
      { input: { applicationId, executionId: id, approvalId: approval?.approvalId, action: 'APPROVE' } },
    );
    await runs.until(id, 'SUCCESS');
    expect(await eventsOf(id)).toEqual([
      'APPROVAL_REQUESTED',
      'APPROVAL_UNDECIDABLE',
      'APPROVAL_REASSIGNED',
      'APPROVAL_DECIDED',
    ]);
    await expect(reassign(id, ['Deputies'])).rejects.toThrow('NOT_WAITING');
  });

  it('warns when a group is deleted that only an older revision names', async () => {
    await createKey(server.client, 'Gone', READS_RUNS);
    const id = await runs.start('pipeline', 'named');
    await runs.apply(pipeline('named', 'approvers: [Deputies]').slice(5));
    const { deleteUserGroup } = await server.client.ask<{ deleteUserGroup: { warningMessage: string | null } }>(
      'mutation ($id: ID!) { deleteUserGroup(input: { userGroupId: $id }) { warningMessage } }',
      { id: await groupId('Gone') },
    );
    expect(deleteUserGroup.warningMessage).toContain('Nobody is left to decide a waiting approval.');
    expect((await look(id)).waitingFor).toEqual([
      '"manager" waits for an approval by Gone, but nobody is left who can decide.',
    ]);
  });

  it('does not count callers barred from their own execution, and notices new members', async () => {
    const starter = new TestClient(server.url, await createKey(server.client, 'Solo', RUNS_PIPELINES));
    const id = await new Runs({ client: starter } as unknown as TestServer).start('pipeline', 'own');
    await eventually(
      () => look(id),
      ({ approval }) => approval?.undecidableSince != null,
    );
    await server.client.ask('mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { value } }', {
      input: { name: 'another', userGroupIds: [await groupId('Solo')] },
    });
    await eventually(
      () => look(id),
      ({ approval }) => approval?.undecidableSince === null,
    );
    expect(await eventsOf(id)).toEqual(['APPROVAL_REQUESTED', 'APPROVAL_UNDECIDABLE', 'APPROVAL_DECIDABLE']);
  });
});

describe('the inbox', () => {
  const definitions =
    APP +
    pipeline('gate', 'approvers: [Team], message: "Ship it?"') +
    pipeline('own', 'approvers: [Team], disallow_initiator: true');
  const { server, runs } = testWorld(definitions, { agent: null });

  it('lists what waits for the caller, and decides several approvals, each with its own result', async () => {
    const rights = { ...RUNS_PIPELINES };
    const member = new TestClient(server.url, await createKey(server.client, 'Team', rights));
    const gates = [await runs.start('pipeline', 'gate'), await runs.start('pipeline', 'gate')];
    const { applicationId, entityId } = await runs.ids('pipeline', 'own');
    const start = 'mutation ($input: StartExecutionInput!) { startExecution(input: $input) { execution { id } } }';
    const input = { applicationId, entityId, executionType: 'PIPELINE' };
    const { startExecution } = await member.ask<{ startExecution: { execution: { id: string } } }>(start, { input });
    const own = startExecution.execution.id;
    interface Inbox {
      readonly approvals: {
        readonly nodes: { approvalId: string; execution: { id: string }; message: string | null }[];
        readonly pageInfo: { endCursor: string | null; hasNextPage: boolean; total: number };
      };
    }
    const inbox = (client: TestClient, filter: string) =>
      client.ask<Inbox>(
        `{ approvals(${filter}) { nodes { approvalId message execution { id } } pageInfo { endCursor hasNextPage total } } }`,
      );
    const ids = ({ approvals }: Inbox) => approvals.nodes.map(({ execution }) => execution.id);
    // Who started a run may not decide it where initiators are excluded.
    expect(ids(await inbox(member, 'mine: true'))).toEqual([gates[1], gates[0]]);
    expect(ids(await inbox(member, 'mine: false'))).toEqual([own, gates[1], gates[0]]);
    const page = await inbox(member, 'mine: true, first: 1');
    expect(page.approvals.pageInfo).toEqual({ endCursor: expect.any(String), hasNextPage: true, total: 2 });
    const next = await inbox(member, `mine: true, first: 1, after: "${page.approvals.pageInfo.endCursor}"`);
    expect(ids(next)).toEqual([gates[0]]);
    const all = (await inbox(member, 'mine: false')).approvals.nodes;
    const decisions = all.map(({ approvalId, execution }) => {
      return { action: 'APPROVE', applicationId, executionId: execution.id, approvalId };
    });
    const decide =
      'mutation ($input: DecideApprovalsInput!) { decideApprovals(input: $input) { results { approvalId success code } } }';
    const { decideApprovals } = await member.ask<{ decideApprovals: { results: object[] } }>(decide, {
      input: { decisions },
    });
    expect(decideApprovals.results).toEqual([
      { approvalId: all[0]?.approvalId, success: false, code: 'FORBIDDEN' },
      { approvalId: all[1]?.approvalId, success: true, code: null },
      { approvalId: all[2]?.approvalId, success: true, code: null },
    ]);
    for (const id of gates) expect(await runs.read(id)).toMatchObject({ status: 'SUCCESS' });
    expect(ids(await inbox(member, 'mine: true'))).toEqual([]);
    expect(ids(await inbox(member, 'mine: true, status: [APPROVED]'))).toEqual([gates[1], gates[0]]);
    await expect(member.ask(decide, { input: { decisions: [] } })).rejects.toThrow('INVALID_INPUT');
  });
});
