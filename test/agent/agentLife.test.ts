import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAgent } from '../../src/agent/agent';
import { readAgentConfig } from '../../src/kernel/config';
import { createLog } from '../../src/kernel/log';
import { eventually } from '../support/eventually';
import { startProcess } from '../support/processes';
import { APP } from '../support/runs';
import { AGENT_TOKEN } from '../support/server';
import { testWorld } from '../support/world';

describe('the life of an agent', () => {
  const { server, runs } = testWorld(
    `${APP}
---
kind: Workflow
application: app
name: good
tasks: { a: { run: echo hello } }
---
kind: Workflow
application: app
name: bad
tasks: { a: { run: exit 7 } }
---
kind: Workflow
application: app
name: long
tasks: { a: { run: sleep 60 } }
`,
    { agent: null },
  );
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slipway-life-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const environment = (name: string) => ({
    ...{ SLIPWAY_URL: server.url, SLIPWAY_AGENT_TOKEN: AGENT_TOKEN, SLIPWAY_AGENT_NAME: name, LOG_FORMAT: 'json' },
    SLIPWAY_AGENT_DIR: join(dir, name),
  });
  const once = (name: string) => startProcess('agent/main.js', environment(name), ['--once']);
  const codeOf = (child: { readonly child: NodeJS.EventEmitter }) =>
    new Promise<number>((resolve) => child.child.once('exit', resolve));
  const idOf = (name: string) =>
    eventually(
      async () => {
        const { agents } = await server.client.ask<{ agents: { nodes: { id: string; slotsUsed: number }[] } }>(
          'query ($name: String!) { agents(filters: [{name: {operator: EQUALS, values: [$name]}}]) { nodes { id slotsUsed } } }',
          { name },
        );
        return agents.nodes[0];
      },
      (agent) => agent !== undefined,
    );

  it('with --once is one job, and its exit code tells how the job ended', async () => {
    const [good, bad] = [await runs.start('workflow', 'good'), await runs.start('workflow', 'bad')];
    // The queue is in order: the first one gets the job that succeeds.
    expect(await codeOf(once('first'))).toBe(0);
    expect(await codeOf(once('second'))).toBe(3);
    await Promise.all([runs.until(good, 'SUCCESS'), runs.until(bad, 'FAILED')]);
    const idle = once('third');
    await idOf('third');
    expect(await idle.end('SIGTERM')).toBe(4);
  });

  it('ends when a person drains or removes it, and its jobs end as chosen', async () => {
    const drained = startProcess('agent/main.js', environment('drained'));
    const code = codeOf(drained);
    const agent = await idOf('drained');
    await server.client.ask(`mutation { drainAgent(input: {agentId: "${agent?.id}"}) { agent { state } } }`);
    expect(await code).toBe(0);
    const removed = startProcess('agent/main.js', environment('removed'));
    const removedCode = codeOf(removed);
    const run = await runs.start('workflow', 'long');
    await runs.until(run, 'RUNNING');
    const other = await idOf('removed');
    expect(other?.slotsUsed).toBe(1);
    await server.client.ask(
      `mutation { removeAgent(input: {agentId: "${other?.id}", runningJobs: LOSE}) { agent { state } } }`,
    );
    expect(await removedCode).toBe(1);
    expect(removed.output()).toContain('a person removed this agent');
    await runs.until(run, 'FAILED');
    expect((await runs.read(run)).tasks).toMatchObject([{ reasonCode: 'AGENT_LOST' }]);
  });

  it('with a clock ten minutes off runs its jobs, and its log bears the server’s time', async () => {
    const off = -600_000;
    const agent = runAgent({
      config: readAgentConfig(environment('late')),
      log: createLog({ level: 'silent', pretty: false }),
      clock: { now: () => new Date(Date.now() + off) },
    });
    const begun = Date.now();
    const run = await runs.start('workflow', 'good');
    await runs.until(run, 'SUCCESS');
    const [task] = (await runs.read(run)).tasks ?? [];
    const { jobLog } = await server.client.ask<{ jobLog: { frames: { at: string; text: string }[] } }>(
      'query ($id: ID!) { jobLog(jobId: $id) { frames { at text } } }',
      { id: task?.jobs[0]?.id },
    );
    expect(jobLog.frames[0]?.text).toContain('hello');
    expect(Math.abs(Date.parse(jobLog.frames[0]?.at ?? '') - begun)).toBeLessThan(60_000);
    const { agents } = await server.client.ask<{ agents: { nodes: { clockSkewMs: number; protocol: number }[] } }>(
      '{ agents(filters: [{name: {operator: EQUALS, values: ["late"]}}]) { nodes { clockSkewMs protocol } } }',
    );
    expect(agents.nodes[0]?.protocol).toBe(2);
    expect(Math.abs((agents.nodes[0]?.clockSkewMs ?? 0) + off)).toBeLessThan(60_000);
    agent.drain();
    expect(await agent.finished).toBe(0);
  });
});
