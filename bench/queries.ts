import autocannon from 'autocannon';
import { runAgent } from '../src/agent/agent';
import { createLog } from '../src/kernel/log';
import { NewestExecutionsDocument, OneExecutionDocument, VersionDocument } from '../src/client/generated';
import { apply, type Bench, KEY, row, start, untilFinal } from './harness';
import { noWork } from './throughput';

export const SIX_STAGES = `
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

/** Requests per second of the two reads that clients repeat most, over HTTP, with permissions and everything else. */
export async function benchQueries(bench: Bench): Promise<void> {
  const application = await apply(bench.client, SIX_STAGES);
  const ids: string[] = [];
  const agent = runAgent({
    config: bench.agentConfig(20),
    log: createLog({ level: 'error', pretty: false }),
    execute: noWork,
  });
  for (let n = 0; n < 60; n++) ids.push(await start(bench.client, application, 'pipeline', 'six'));
  for (const id of ids) await untilFinal(bench, id);
  agent.drain();
  await agent.finished;
  await load(bench, 'one execution with its 6 stages, requests/s', OneExecutionDocument, { id: ids[0] });
  await load(bench, 'newest 50 executions with stages, requests/s', NewestExecutionsDocument, {});
  await load(bench, '{ version }: the floor of this stack, requests/s', VersionDocument, {});
}

async function load(bench: Bench, name: string, query: object, variables: object): Promise<void> {
  const options = {
    url: `${bench.server.url}/graphql`,
    method: 'POST' as const,
    headers: { 'content-type': 'application/json', 'x-api-key': KEY },
    body: JSON.stringify({ query: query.toString(), variables }),
    connections: 16,
    workers: 1,
  };
  await autocannon({ ...options, duration: 2 });
  const result = await autocannon({ ...options, duration: 5 });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${name}: ${result.non2xx} bad answers, ${result.errors} errors`);
  row(name, `${result.requests.average.toFixed(0)}   p95 ${result.latency.p97_5} ms`);
}
