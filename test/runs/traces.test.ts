import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StartExecutionDocument } from '../../src/client/generated';
import { eventually } from '../support/eventually';
import { type ReceivedSpan, startOtlpReceiver } from '../support/otlpReceiver';
import { startAgentProcess } from '../support/processes';
import { APP, Runs } from '../support/runs';
import { ADMIN_KEY, startTestServer } from '../support/server';

const DEFINITIONS = `${APP}---
kind: Workflow
application: app
name: build
tasks:
  compile: { run: 'echo "$TRACEPARENT"' }
  check: { run: exit 3, depends_on: [compile] }
---
kind: Pipeline
application: app
name: release
stages:
  - { name: Build, elements: [{ name: build, workflow: build }] }
`;
const CALLER = '0af7651916cd43dd8448eb211c80319c';

it('a run is one trace over server, agent and command, linked to its caller', async () => {
  const receiver = await startOtlpReceiver();
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
  const server = await startTestServer(environment);
  const agent = startAgentProcess(server.url, server.dataDir, 'worker', environment);
  try {
    const runs = new Runs(server);
    await runs.apply(DEFINITIONS);
    const input = { ...(await runs.ids('pipeline', 'release')), executionType: 'PIPELINE' };
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-api-key': ADMIN_KEY,
        traceparent: `00-${CALLER}-b7ad6b7169203331-01`,
      },
      body: JSON.stringify({ query: StartExecutionDocument.toString(), variables: { input } }),
    });
    const [, trace, span] = response.headers.get('traceresponse')?.split('-') ?? [];
    expect(trace).toBe(CALLER);
    const { data } = (await response.json()) as { data: { startExecution: { execution: { id: string } } } };
    const { id } = data.startExecution.execution;
    await runs.until(id, 'FAILED');
    const [stage] = (await runs.read(id)).pipelineStageExecutions ?? [];
    const compile = await runs.task(stage?.workflowExecutionId ?? '', 'compile');
    const log = await fetch(`${server.url}/jobs/${compile.jobs[0]?.id}/log`, { headers: { 'x-api-key': ADMIN_KEY } });
    const place = (await log.text()).trim();
    // Everything is sent when a program stops.
    await agent.end('SIGTERM');
    await server.stop();

    const inRun = receiver.spans.filter(({ traceId }) => traceId === id.replaceAll('-', ''));
    const named = (name: string): ReceivedSpan =>
      inRun.find((one) => one.name === name) ?? fail(`no span ${name} in ${inRun.map((one) => one.name)}`);
    const chain = [
      'pipeline release',
      'stage Build / build',
      'workflow build',
      'task compile',
      'job compile',
      'command',
    ];
    const spans = chain.map(named);
    expect(spans.map(({ parentId }) => parentId)).toEqual(['', ...spans.slice(0, -1).map(({ spanId }) => spanId)]);
    expect(spans.map(({ service }) => service)).toEqual([
      ...Array(4).fill('slipway'),
      ...Array(2).fill('slipway-agent'),
    ]);
    expect(place).toBe(`00-${id.replaceAll('-', '')}-${spans.at(-1)?.spanId}-01`);
    for (const one of inRun) expect(one.end).toBeGreaterThanOrEqual(one.start);
    expect(named('pipeline release')).toMatchObject({ failed: true, links: [`${CALLER} ${span}`] });
    expect([named('task compile').failed, named('job check').failed]).toEqual([false, true]);
    const request = receiver.spans.find(({ spanId }) => spanId === span);
    expect(request).toMatchObject({ name: 'mutation StartExecution', traceId: CALLER, parentId: 'b7ad6b7169203331' });
  } finally {
    agent.child.kill('SIGKILL');
    await server.stop();
    await receiver.close();
  }
});

it('a collector that hangs delays neither a run nor the end of an agent', async () => {
  let asked = 0;
  const collector = createServer(() => asked++);
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const server = await startTestServer();
  const agent = startAgentProcess(server.url, server.dataDir, 'worker', {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    OTEL_EXPORTER_OTLP_TIMEOUT: '600000',
    OTEL_BSP_SCHEDULE_DELAY: '5',
  });
  try {
    const runs = new Runs(server);
    await runs.apply(DEFINITIONS);
    const id = await runs.start('workflow', 'build');
    await runs.until(id, 'FAILED');
    await eventually(
      async () => asked,
      (number) => number > 0,
    );
    expect(await agent.end('SIGTERM')).toBe(0);
  } finally {
    agent.child.kill('SIGKILL');
    await server.stop();
    collector.closeAllConnections();
    await new Promise((resolve) => collector.close(resolve));
  }
});

function fail(message: string): never {
  throw new Error(message);
}
