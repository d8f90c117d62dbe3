import autocannon from 'autocannon';
import { runAgent } from '../src/agent/agent';
import { createLog } from '../src/kernel/log';
import { apply, type Bench, KEY, row, start } from './harness';
import { noWork } from './throughput';

const ONE = `query ($id: ID!) { execution(executionId: $id) { id ... on PipelineExecution { status pipelineStageExecutions {
  pipelineStageElementId pipelineStageName pipelineStepName
  ... on ApprovalStageExecution { approvalStepType status }
  ... on WorkflowStageExecution { runtimeInputVariables { allowedValues defaultValue allowMultipleValues fixed name required type } status workflowExecutionId } } } } }`;

const NEWEST = `{ executions(limit: 50) { nodes { id status createdAt startedAt endedAt ... on PipelineExecution { pipeline { name } pipelineStageExecutions {
  pipelineStageElementId pipelineStageName pipelineStepName status startedAt endedAt } } } pageInfo { hasMore } } }`;

const PIPELINE = `
kind: Application
name: bench
---
kind: Workflow
application: bench
name: small
tasks:
  a: { run: "true" }
---
kind: Pipeline
application: bench
name: six
stages:
${Array.from({ length: 6 }, (_, n) => `  - elements: [{ name: step ${n}, workflow: small }]`).join('\n')}
`;

/** Requests a second of the two reads that clients repeat most, over HTTP, with permissions and everything else. */
export async function benchQueries(bench: Bench): Promise<void> {
  const application = await apply(bench.client, PIPELINE);
  const ids: string[] = [];
  const agent = runAgent({
    config: bench.agentConfig(20),
    log: createLog({ level: 'error', pretty: false }),
    execute: noWork,
  });
  for (let n = 0; n < 60; n++) ids.push(await start(bench.client, application, 'pipeline', 'six'));
  for (const id of ids) {
    const updates = bench.client.watch('subscription ($id: ID!) { executionUpdated(executionId: $id) { status } }', {
      id,
    });
    for await (const _ of updates);
  }
  agent.drain();
  await agent.finished;
  await load(bench, 'one execution with its 6 stages, requests/s', ONE, { id: ids[0] });
  await load(bench, 'newest 50 executions with stages, requests/s', NEWEST, {});
  await load(bench, '{ version }: the floor of this stack, requests/s', '{ version }', {});
}

async function load(bench: Bench, name: string, query: string, variables: object): Promise<void> {
  const options = {
    url: `${bench.server.url}/graphql`,
    method: 'POST' as const,
    headers: { 'content-type': 'application/json', 'x-api-key': KEY },
    body: JSON.stringify({ query, variables }),
    connections: 16,
    workers: 1,
  };
  await autocannon({ ...options, duration: 2 });
  const result = await autocannon({ ...options, duration: 5 });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${name}: ${result.non2xx} bad answers, ${result.errors} errors`);
  row(name, `${result.requests.average.toFixed(0)}   p95 ${result.latency.p97_5} ms`);
}
