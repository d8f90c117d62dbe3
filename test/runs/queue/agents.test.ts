import { ProtocolAgent, type Reply } from '../../support/protocolAgent';
import { eventually } from '../../support/eventually';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';
import { refusalOf } from '../../access/accessApp';
import { claimOfToken } from '../../../src/runs/artifacts/jobArtifacts';
import { withdrawOffers } from '../../../src/runs/queue/enqueue.store';

const WORK = `${APP}
---
kind: Workflow
application: app
name: work
tasks:
  a: { run: 'true', labels: { zone: a } }
`;

type Action = Readonly<Record<'action' | 'code', string | null>>;
interface Shown {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly status: string;
  readonly labels: string[];
}

const FIELDS = `id name host state status labels ownLabels labelEdits { key value } slots slotsUsed slotsFree namesakes
  pause { by note until } jobsDone jobsLost clockSkewMs protocol currentJobs { nodes { id task: taskName } }
  samples(hours: 1, stepSeconds: 60) { cpu memoryUsedBytes memoryBytes }`.replace(' { id task: taskName }', ' { id }');

describe('agents', () => {
  const { server, runs } = testWorld(WORK, { agent: null });
  const change = <T = Shown>(mutation: string, input: object): Promise<T> => {
    const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
    return server.client
      .ask<Record<string, { agent: T }>>(
        `mutation ($input: ${type}!) { ${mutation}(input: $input) { agent { ${FIELDS} } } }`,
        { input },
      )
      .then((answer) => (answer[mutation] as { agent: T }).agent);
  };
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'OK',
      (error: Error) => /^[A-Z_]+/.exec(error.message)?.[0] ?? error.message,
    );
  const list = async (filters: object = {}, includeLeft = false): Promise<Shown[]> => {
    const { agents } = await server.client.ask<{ agents: { nodes: Shown[] } }>(
      `query ($filters: [AgentFilter!], $includeLeft: Boolean) {
        agents(filters: $filters, includeLeft: $includeLeft, first: 50) { nodes { ${FIELDS} } pageInfo { total } } }`,
      { filters: [filters], includeLeft },
    );
    return agents.nodes;
  };
  const names = async (filters: object) => (await list(filters)).map(({ name }) => name).sort();
  /** Claims as agents of the current protocol do: the answer comes early if there is news. */
  const parked = (agent: ProtocolAgent, revision: number, waitMs = 20_000): Promise<Reply> =>
    agent.post('claim', { slots: 1, waitMs, revision });

  it('are found by labels, state and name, with a number of statements that does not depend on their number', async () => {
    const one = await ProtocolAgent.register(server.url, {
      name: 'one',
      labels: { zone: 'a', node: '20.11' },
      slots: 2,
    });
    await ProtocolAgent.register(server.url, { name: 'two', labels: { zone: 'b', node: '18' } });
    const run = await runs.start('workflow', 'work');
    const job = await one.claimOne();
    await one.start(job);
    await one.post('renew', {
      jobs: [{ jobId: job.jobId, token: job.token }],
      waitMs: 0,
      sample: { cpu: 0.5, memoryUsedBytes: 1000, memoryBytes: 4000 },
    });
    await server.app.agentNotes.flush();
    expect(await list({ labels: ['zone=a'] })).toMatchObject([
      {
        ...{
          name: 'one',
          state: 'BUSY',
          status: 'ONLINE',
          slots: 2,
          slotsUsed: 1,
          slotsFree: 1,
          namesakes: 0,
          protocol: 1,
        },
        ...{ currentJobs: { nodes: [{ id: job.jobId }] }, jobsDone: 0, pause: null },
        samples: [{ cpu: 0.5, memoryUsedBytes: 1000, memoryBytes: 4000 }],
      },
    ]);
    expect(await names({ labels: ['zone in (a, c)'] })).toEqual(['one']);
    expect(await names({ labels: ['zone!=a', '!gpu'] })).toEqual(['two']);
    expect(await names({ labels: ['node version >=20'] })).toEqual(['one']);
    expect(await names({ state: ['ONLINE'] })).toEqual(['two']);
    expect(await names({ state: ['BUSY'], name: { operator: 'LIKE', values: ['on'] } })).toEqual(['one']);
    expect(await names({ status: ['OFFLINE'] })).toEqual([]);
    expect(await codeOf(list({ labels: ['zone === a'] }))).toBe('INVALID_INPUT');
    /** The least of several, because the server works meanwhile. */
    const statements = async () => {
      const counts: number[] = [];
      for (let n = 0; n < 8; n++) {
        const before = server.app.database.statements;
        await list();
        counts.push(server.app.database.statements - before);
      }
      return Math.min(...counts);
    };
    const withTwo = await statements();
    for (const name of ['three', 'four', 'five']) await ProtocolAgent.register(server.url, { name });
    expect(await statements()).toBeLessThanOrEqual(withTwo + 1);
    await one.finish(job);
    await runs.until(run, 'SUCCESS');
    await server.app.agentNotes.flush();
    expect(await list({ labels: ['zone=a'] })).toMatchObject([{ jobsDone: 1, jobsLost: 0, state: 'ONLINE' }]);
    for (const { id } of await list()) await change('removeAgent', { agentId: id, runningJobs: 'LOSE' });
  });

  it('take no jobs while they are paused, and are told at once', async () => {
    const agent = await ProtocolAgent.register(server.url, { name: 'paused', labels: { zone: 'a' } });
    const waiting = parked(agent, 0);
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const paused = await change('pauseAgent', { agentId: agent.id, note: 'disk is full', until });
    expect(paused).toMatchObject({ state: 'PAUSED', status: 'ONLINE', pause: { note: 'disk is full', until } });
    expect((await waiting).body).toMatchObject({
      jobs: [],
      agent: { state: 'PAUSED', note: 'disk is full', revision: 1 },
    });
    const run = await runs.start('workflow', 'work');
    // An agent of the first protocol learns nothing, and gets no job either.
    expect((await agent.post('claim', { slots: 1, waitMs: 50 })).status).toBe(204);
    const { execution } = await server.client.ask<{
      execution: { whyNotRunning: { code: string; message: string; nearestAgent: object }[] };
    }>(
      'query ($id: ID!) { execution(executionId: $id) { whyNotRunning { code message nearestAgent { name state pauseNote lacks } } } }',
      {
        id: run,
      },
    );
    expect(execution.whyNotRunning).toMatchObject([
      {
        code: 'NO_AGENT',
        message: 'Task "a" waits for an agent: the nearest one is paused: disk is full.',
        nearestAgent: { name: 'paused', state: 'PAUSED', pauseNote: 'disk is full', lacks: [] },
      },
    ]);
    const again = parked(agent, 1);
    expect(await change('resumeAgent', { agentId: agent.id })).toMatchObject({ state: 'ONLINE', pause: null });
    expect((await again).body).toMatchObject({ agent: { state: 'ACTIVE', revision: 2 } });
    await agent.runOne();
    await runs.until(run, 'SUCCESS');
    // A pause ends at its time.
    const soon = new Date(Date.now() + 2000).toISOString();
    await change('pauseAgent', { agentId: agent.id, until: soon });
    const next = await runs.start('workflow', 'work');
    expect((await parked(agent, 3)).status).toBe(204);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(soon));
    await agent.runOne();
    await runs.until(next, 'SUCCESS');
    expect(await codeOf(change('pauseAgent', { agentId: agent.id, until: '2020-01-01T00:00:00Z' }))).toBe(
      'INVALID_INPUT',
    );
    await change('removeAgent', { agentId: agent.id, runningJobs: 'LOSE' });
  });

  it('finish their jobs while they drain, and can’t be changed afterwards', async () => {
    const agent = await ProtocolAgent.register(server.url, { name: 'draining', labels: { zone: 'a' } });
    const run = await runs.start('workflow', 'work');
    const job = await agent.claimOne();
    await agent.start(job);
    const renewal = agent.post('renew', {
      jobs: [{ jobId: job.jobId, token: job.token }],
      waitMs: 20_000,
      revision: 0,
    });
    const refused = async (id: string) => {
      const { agent: shown } = await server.client.ask<{ agent: { availableActions: Action[] } }>(
        'query ($id: ID!) { agent(agentId: $id) { availableActions { action code } } }',
        { id },
      );
      return Object.fromEntries(shown.availableActions.map(({ action, code }) => [action, code]));
    };
    const nothing = { pause: null, drain: null, remove: null, relabel: null };
    expect(await refused(agent.id)).toEqual({ ...nothing, resume: 'CONFLICT' });
    expect(await change('drainAgent', { agentId: agent.id })).toMatchObject({ state: 'DRAINING', slotsUsed: 1 });
    expect(await refused(agent.id)).toMatchObject({ pause: 'AGENT_DRAINING', drain: 'AGENT_DRAINING', remove: null });
    expect((await renewal).body).toMatchObject({ jobs: [{ action: 'continue' }], agent: { state: 'DRAINING' } });
    const other = await runs.start('workflow', 'work');
    expect((await agent.post('claim', { slots: 1, waitMs: 50 })).status).toBe(204);
    const { execution } = await server.client.ask<{ execution: { whyNotRunning: { message: string }[] } }>(
      'query ($id: ID!) { execution(executionId: $id) { whyNotRunning { message } } }',
      { id: other },
    );
    expect(execution.whyNotRunning[0]?.message).toBe('Task "a" waits for an agent: the nearest one is draining.');
    expect(await codeOf(change('pauseAgent', { agentId: agent.id }))).toBe('AGENT_DRAINING');
    await agent.finish(job);
    await runs.until(run, 'SUCCESS');
    await agent.post('leave', {});
    await server.app.agentNotes.flush();
    expect(await list({ name: { operator: 'EQUALS', values: ['draining'] } })).toEqual([]);
    expect(await list({ state: ['LEFT'], name: { operator: 'EQUALS', values: ['draining'] } })).toMatchObject([
      { state: 'LEFT', jobsDone: 1 },
    ]);
    expect(await codeOf(change('resumeAgent', { agentId: agent.id }))).toBe('AGENT_LEFT');
    expect(new Set(Object.values(await refused(agent.id)))).toEqual(new Set(['AGENT_LEFT']));
    await runs.abort(other);
  });

  it('that are removed lose their jobs, or finish them', async () => {
    const lost = await ProtocolAgent.register(server.url, { name: 'lost', labels: { zone: 'a' } });
    const run = await runs.start('workflow', 'work');
    const job = await lost.claimOne();
    await lost.start(job);
    const renewal = lost.post('renew', { jobs: [{ jobId: job.jobId, token: job.token }], waitMs: 20_000, revision: 0 });
    expect(await change('removeAgent', { agentId: lost.id, runningJobs: 'LOSE' })).toMatchObject({ state: 'LEFT' });
    expect((await renewal).body).toMatchObject({ jobs: [{ action: 'drop' }], agent: { state: 'REMOVED' } });
    expect((await refusalOf(claimOfToken(server.app, job.jobId, 'swj_none'))).code).toBe('STALE_CLAIM');
    await runs.until(run, 'FAILED');
    expect((await runs.read(run)).tasks).toMatchObject([{ reasonCode: 'AGENT_LOST' }]);
    expect(await lost.finish(job)).toMatchObject({ status: 403, body: { error: { code: 'AGENT_REMOVED' } } });

    const last = await ProtocolAgent.register(server.url, { name: 'last', labels: { zone: 'a' } });
    const finished = await runs.start('workflow', 'work');
    const own = await last.claimOne();
    await last.start(own);
    await change('removeAgent', { agentId: last.id, runningJobs: 'FINISH' });
    expect((await parked(last, 0)).body).toMatchObject({ jobs: [], agent: { state: 'DRAINING' } });
    expect((await last.finish(own)).status).toBe(200);
    await runs.until(finished, 'SUCCESS');
    expect((await parked(last, 1)).body).toMatchObject({ error: { code: 'AGENT_REMOVED' } });
  });

  it('start no job that ended while it moved between queue and agents', async () => {
    const agent = await ProtocolAgent.register(server.url, { name: 'late', labels: { zone: 'a' } });
    const run = await runs.start('workflow', 'work');
    await runs.abort(run);
    const { database } = server.app;
    await database.write(
      `INSERT INTO ready_job (job_id, run_id, requirement_class_id, precedence, share, virtual_time, queued_at)
       SELECT id, run_id, requirement_class_id, 0, 0, 0, queued_at FROM job WHERE run_id = $1`,
      [run],
    );
    const job = await agent.claimOne();
    const { token, jobId } = job;
    expect((await agent.post('start', { jobs: [{ jobId, token }] })).body).toMatchObject({
      jobs: [{ ok: false, code: 'STALE_CLAIM' }],
    });
    await withdrawOffers(database, [jobId]);
    const left = await database.rows(
      'SELECT FROM ready_job WHERE job_id = $1 UNION ALL SELECT FROM job_lease WHERE job_id = $1',
      [jobId],
    );
    expect(left).toEqual([]);
    await change('removeAgent', { agentId: agent.id, runningJobs: 'FINISH' });
  });

  it('can be relabeled, which decides from the next claim on', async () => {
    const agent = await ProtocolAgent.register(server.url, { name: 'relabeled', labels: { zone: 'b', gpu: 'yes' } });
    const run = await runs.start('workflow', 'work');
    // A claim that was parked under the old labels.
    const waiting = parked(agent, 0);
    const changed = await change('relabelAgent', { agentId: agent.id, set: ['zone=a'], remove: ['gpu'] });
    expect(changed).toMatchObject({
      labels: ['zone=a'],
      ownLabels: ['gpu=yes', 'zone=b'],
      labelEdits: [
        { key: 'gpu', value: null },
        { key: 'zone', value: 'a' },
      ],
    });
    expect((await waiting).body).toMatchObject({ agent: { labels: ['zone=a'] } });
    await agent.runOne();
    await runs.until(run, 'SUCCESS');
    expect(await codeOf(change('relabelAgent', { agentId: agent.id, set: ['zone'] }))).toBe('INVALID_INPUT');
    expect(await codeOf(change('relabelAgent', { agentId: agent.id, set: ['zone=c'], reset: ['zone'] }))).toBe(
      'INVALID_INPUT',
    );
    // A restart of the agent keeps the edits; a second agent under its name on another machine does not get them.
    const host = (name: string) =>
      server.app.database.write('UPDATE agent SET host = $1 WHERE id = $2', [name, agent.id]);
    await host('elsewhere');
    const second = await ProtocolAgent.register(server.url, { name: 'relabeled', labels: { zone: 'b' } });
    expect(await list({ name: { operator: 'EQUALS', values: ['relabeled'] } })).toMatchObject([
      { id: second.id, labels: ['zone=b'], namesakes: 1 },
      { id: agent.id, labels: ['zone=a'], namesakes: 1 },
    ]);
    await change('relabelAgent', { agentId: second.id, set: ['rack=7'] });
    await second.post('leave', {});
    const third = await ProtocolAgent.register(server.url, { name: 'relabeled', labels: { zone: 'b' } });
    expect(await list({ name: { operator: 'EQUALS', values: ['relabeled'] } })).toMatchObject([
      { id: third.id, labels: ['rack=7', 'zone=b'] },
      { id: agent.id },
    ]);
    for (const { id } of [agent, third]) await change('removeAgent', { agentId: id, runningJobs: 'LOSE' });
  });

  it('leave an audit record of each change, with the state before and after', async () => {
    const rows = await server.app.database.rows<{ action: string }>(
      `SELECT DISTINCT action FROM audit_record WHERE object_kind = 'agent' ORDER BY action`,
    );
    expect(rows.map(({ action }) => action)).toEqual([
      'agent.drain',
      'agent.pause',
      'agent.register',
      'agent.relabel',
      'agent.remove',
      'agent.resume',
    ]);
  });
});

describe('agent tokens', () => {
  const { server, runs } = testWorld(
    `${WORK}
---
kind: Application
name: other
---
kind: Workflow
application: other
name: work
tasks:
  a: { run: 'true', labels: { zone: a } }
`,
    { agent: null },
  );
  const create = async (input: object) => {
    const { createAgentToken } = await server.client.ask<{
      createAgentToken: { value: string; agentToken: { id: string } };
    }>('mutation ($input: CreateAgentTokenInput!) { createAgentToken(input: $input) { value agentToken { id } } }', {
      input,
    });
    return { value: createAgentToken.value, id: createAgentToken.agentToken.id };
  };
  const register = (token: string, labels = {}) => ProtocolAgent.register(server.url, { labels, slots: 1 }, token);

  it('limit their agents to labels and applications, expire, are listed and revoked', async () => {
    const { applicationId } = await runs.ids('workflow', 'work');
    const token = await create({ name: 'zone a', labels: ['zone=a'], applicationIds: [applicationId] });
    const agent = await register(token.value, { zone: 'b', gpu: 'yes' });
    const { agent: shown } = await server.client.ask<{ agent: object }>(
      'query ($id: ID!) { agent(agentId: $id) { labels ownLabels applications { name } registrationToken { name } } }',
      { id: agent.id },
    );
    expect(shown).toEqual({
      labels: ['zone=a'],
      ownLabels: ['gpu=yes', 'zone=b'],
      applications: [{ name: 'app' }],
      registrationToken: { name: 'zone a' },
    });
    const relabel = server.client.errorOf(
      `mutation { relabelAgent(input: {agentId: "${agent.id}", set: ["zone=c"]}) { agent { id } } }`,
    );
    expect(await relabel).toMatchObject({ code: 'INVALID_INPUT', details: { errors: [{ rule: 'FIXED_BY_TOKEN' }] } });
    const { applicationByName: other } = await server.client.ask<{
      applicationByName: { id: string; workflows: { nodes: { id: string }[] } };
    }>('{ applicationByName(name: "other") { id workflows(first: 1) { nodes { id } } } }');
    await server.client.ask(
      'mutation ($input: StartExecutionInput!) { startExecution(input: $input) { execution { id } } }',
      {
        input: { applicationId: other.id, entityId: other.workflows.nodes[0]?.id, executionType: 'WORKFLOW' },
      },
    );
    const run = await runs.start('workflow', 'work');
    expect((await agent.claimOne()).runId).toBe(run);
    expect((await agent.post('claim', { slots: 1, waitMs: 50 })).status).toBe(204);

    const soon = new Date(Date.now() + 60_000).toISOString();
    const expiring = await create({ name: 'soon', expiresAt: soon });
    await register(expiring.value);
    await server.app.database.write('UPDATE agent_token SET expires_at = now() WHERE id = $1', [expiring.id]);
    await expect(register(expiring.value)).rejects.toThrow('401');
    const revoke = (id: string, agents: string) =>
      server.client.ask(
        `mutation { revokeAgentToken(input: {agentTokenId: "${id}", agents: ${agents}}) { agentToken { revokedAt revokedBy } } }`,
      );
    expect(await revoke(token.id, 'KEEP')).toMatchObject({
      revokeAgentToken: { agentToken: { revokedBy: expect.any(String) } },
    });
    await expect(register(token.value)).rejects.toThrow('401');
    expect((await agent.post('claim', { slots: 1, waitMs: 0 })).status).toBe(204);
    await revoke(token.id, 'LOSE');
    await eventually(
      () => agent.post('claim', { slots: 1, waitMs: 0 }),
      ({ status }) => status === 403,
    );
    const tokens = (includeRevoked: boolean) =>
      server.client.ask(
        `{ agentTokens(includeRevoked: ${includeRevoked}) { nodes { name labels expiresAt lastUsedAt } } }`,
      );
    expect(await tokens(false)).toMatchObject({ agentTokens: { nodes: [{ name: 'soon', labels: null }] } });
    expect(await tokens(true)).toMatchObject({ agentTokens: { nodes: [{}, { name: 'zone a', labels: ['zone=a'] }] } });
    const { errors } = (
      await server.client.errorOf(
        `mutation { createAgentToken(input: {name: "x", labels: ["zone"], applicationIds: ["${agent.id}"], expiresAt: "2020-01-01T00:00:00Z"}) { value } }`,
      )
    ).details as { errors: { field: string; rule: string }[] };
    expect(errors).toMatchObject([{ field: 'labels[0]' }, { field: 'expiresAt', rule: 'FUTURE' }]);
  });
});
