import { ProtocolAgent } from '../../support/protocolAgent';
import { APP } from '../../support/runs';
import { createKey } from '../../support/keys';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}---
kind: Workflow
application: app
name: two
max_parallel: 1
tasks:
  lint: { run: "true", retries: 1, retry_delay: 5m }
  unit: { run: "true", retries: 1, retry_delay: 5m }
  pack: { run: "true", depends_on: [lint, unit] }
---
kind: Workflow
application: app
name: picky
tasks:
  go: { run: "true", matrix: { n: [1, 2, 3] }, labels: { gpu: a100, pool: build } }
  after: { run: "true", depends_on: [go] }
---
kind: Workflow
application: app
name: asks
tasks: { migrate: { run: "exit 3", failure_strategy: { wait: 1h } } }
---
kind: Pipeline
application: app
name: release
stages:
  - name: Sign-off
    elements: [{ name: sure, approval: { approvers: [admins] } }]
  - elements: [{ name: go, workflow: picky }, { name: quick, workflow: two }]
`;

interface Why {
  readonly code: string;
  readonly message: string;
}

describe('whyNotRunning', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS, { agent: { labels: { pool: 'build' }, slots: 2 } });

  const ask = async <T = Why>(id: string, fields = 'code message') =>
    (
      await server.client.ask<{ execution: { whyNotRunning: T[] } }>(
        `query ($id: ID!) { execution(executionId: $id) { whyNotRunning { ${fields} } } }`,
        { id },
      )
    ).execution.whyNotRunning;
  const ofTasks = async (id: string) => {
    const { execution } = await server.client.ask<{
      execution: { tasks: { name: string; whyNotRunning: Why | null }[] };
    }>(
      `query ($id: ID!) { execution(executionId: $id) { ... on WorkflowExecution { tasks { name whyNotRunning { code message } } } } }`,
      { id },
    );
    return Object.fromEntries(execution.tasks.map(({ name, whyNotRunning }) => [name, whyNotRunning?.message ?? null]));
  };

  it('names the agent that is nearest, and what it lacks', async () => {
    const id = await runs.start('workflow', 'picky');
    const fields = 'code message tasks labels nearestAgent { name lacks } since position';
    expect(await ask(id, fields)).toEqual([
      {
        code: 'NO_AGENT',
        message: expect.stringMatching(
          /^Task "go.*" waits for an agent: no online agent has the labels gpu=a100, pool=build; the nearest one lacks gpu=a100\.$/,
        ),
        tasks: 3,
        labels: ['gpu=a100', 'pool=build'],
        nearestAgent: { name: expect.any(String), lacks: ['gpu=a100'] },
        since: expect.any(String),
        position: null,
      },
    ]);
    const after = Object.entries(await ofTasks(id)).find(([name]) => name === 'after');
    expect(after?.[1]).toMatch(/^Task "after" waits for go.*, go.*, go.*\.$/);
    const able = await ProtocolAgent.register(server.url, { labels: { gpu: 'a100', pool: 'build' }, slots: 1 });
    // Jobs that wait in front of it, and that the same agent can take, count. Runs take turns: one of the other run’s three.
    const behind = await runs.start('workflow', 'picky');
    expect(await ask(behind, 'code position tasks estimateSeconds')).toEqual([
      { code: 'QUEUE', position: 2, tasks: 3, estimateSeconds: null },
    ]);
    const [job] = await able.claim(1);
    if (job === undefined) throw new Error('no job was offered');
    await able.start(job);
    expect(await ask(behind, 'code position estimateSeconds')).toEqual([
      { code: 'QUEUE', position: 1, estimateSeconds: expect.any(Number) },
    ]);
    await able.finish(job);
    await runs.abort(behind);
    await able.work(() => runs.is(id, 'SUCCESS'));
    expect(await ask(id)).toEqual([]);
  });

  it('explains the limit of a workflow, dependencies, a retry, and a pause', async () => {
    const id = await runs.start('workflow', 'two');
    const [job] = await agent.claim();
    if (job === undefined) throw new Error('no job was offered');
    expect((await ofTasks(id))[job.task]).toBe(`Task "${job.task}" was offered to an agent.`);
    await agent.start(job);
    expect(await ofTasks(id)).toEqual({
      lint: null,
      unit: 'Task "unit" waits for other tasks of its workflow: at most 1 of its tasks run at once.',
      pack: 'Task "pack" waits for lint, unit.',
    });
    expect((await ask(id)).map(({ code }) => code)).toEqual(['PARALLEL_LIMIT']);
    await agent.finish(job, { exitCode: 1 });
    expect((await ask(id, 'code until'))[0]).toEqual({ code: 'RETRY', until: expect.any(String) });
    const { applicationId } = await runs.ids('workflow', 'two');
    await server.client.ask(
      'mutation ($input: PauseExecutionInput!) { pauseExecution(input: $input) { execution { id } } }',
      {
        input: { applicationId, executionId: id, reason: 'lunch' },
      },
    );
    expect(await ask<Why & { pausedBy: object }>(id, 'code message pausedBy { name }')).toEqual([
      {
        code: 'PAUSED',
        message: expect.stringMatching(/^Paused by .*: lunch\.$/),
        pausedBy: { name: expect.any(String) },
      },
    ]);
    await runs.abort(id);
  });

  it('explains what waits for people', async () => {
    // Without a member, the approval becomes undecidable at some moment.
    await createKey(server.client, 'admins');
    const id = await runs.start('pipeline', 'release');
    expect(await ask(id, 'code message userGroups until stageExecutionId')).toEqual([
      {
        code: 'APPROVAL',
        message: '"sure" waits for an approval by admins.',
        userGroups: ['admins'],
        until: expect.any(String),
        stageExecutionId: expect.any(String),
      },
    ]);
    const { execution } = await server.client.ask<{
      execution: { pipelineStageExecutions: { whyNotRunning: Why[] }[] };
    }>(
      `query ($id: ID!) { execution(executionId: $id) { ... on PipelineExecution { pipelineStageExecutions { whyNotRunning { code message } } } } }`,
      { id },
    );
    expect(execution.pipelineStageExecutions.map(({ whyNotRunning }) => whyNotRunning[0]?.message)).toEqual([
      '"sure" waits for an approval by admins.',
      '"go" waits for stage "Sign-off".',
      '"quick" waits for stage "Sign-off".',
    ]);
    await runs.abort(id);
    const failing = await runs.start('workflow', 'asks');
    const [job] = await agent.claim();
    if (job === undefined) throw new Error('no job was offered');
    await agent.start(job);
    await agent.finish(job, { exitCode: 3 });
    expect(await ask(failing)).toEqual([
      { code: 'INTERVENTION', message: 'Task "migrate" failed and waits for a person to decide.' },
    ]);
    await runs.abort(failing);
  });

  it('takes as many statements for many runs as for one', async () => {
    const ids = [await runs.start('workflow', 'picky'), await runs.start('workflow', 'picky')];
    // Other loops of the server send statements occasionally: the fewest of several times count.
    const statements = async (limit: number) => {
      const counts: number[] = [];
      for (let n = 0; n < 8; n++) {
        const before = server.app.database.statements;
        await server.client.ask(`{ executions(limit: ${limit}) { nodes { whyNotRunning { code } } } }`);
        counts.push(server.app.database.statements - before);
      }
      return Math.min(...counts);
    };
    expect(await statements(2)).toBe(await statements(1));
    await Promise.all(ids.map((id) => runs.abort(id)));
  });
});
