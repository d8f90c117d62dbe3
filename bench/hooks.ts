import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import {
  ExecutionsWithStagesDocument,
  RotateTriggerWebhookDocument,
  ShowTriggerDocument,
} from '../src/client/generated';
import { apply, KEY, percentile, row, start } from './harness';
import type { StormAnswer, StormOrder } from './hookStorm';
import type { Place } from './place';
import { cpuOf, Helper, type ServerProcess, startServerProcess } from './processes';
import { median } from './rounds';

const PER_SECOND = 100;
const STORM_PER_SECOND = 1000;
const SECONDS = 6;
const DEFINITIONS = `kind: Application
name: bench
---
kind: Workflow
application: bench
name: one
tasks: { one: { run: "true" } }
---
kind: Trigger
application: bench
name: push
on: { webhook: { provider: GITHUB } }
start: { workflow: one }
`;

/** Latency of reads while webhooks with bad signatures arrive, and what each of those costs the server. */
export async function benchHooks(place: Place): Promise<void> {
  // As in production, refusals are logged.
  const server = await startServerProcess(place, undefined, {
    LOG_LEVEL: 'info',
    SLIPWAY_SECRET_KEY: randomBytes(32).toString('base64'),
  });
  const applicationId = await apply(server.client, DEFINITIONS);
  for (let n = 0; n < 50; n++) await start(server.client, applicationId, 'workflow', 'one');
  const address = await hookOf(server, applicationId);
  const storm = new Helper('hookStorm');
  const query = JSON.stringify({ query: ExecutionsWithStagesDocument.toString(), variables: { applicationId } });
  const read = (seconds: number) => latencies(`${server.url}/graphql`, query, seconds);
  await read(3);
  const calm: number[] = [];
  const stormy: number[] = [];
  const costs: number[] = [];
  let shown = {};
  const order: StormOrder = { url: address, perSecond: STORM_PER_SECOND, seconds: SECONDS };
  for (let round = 0; round < place.rounds; round++) {
    calm.push(percentile(await read(SECONDS), 0.95));
    const cpu = cpuOf(server.pid);
    const { sent, statuses } = await storm.ask<StormAnswer>({ ...order });
    costs.push((cpuOf(server.pid) - cpu) / sent);
    shown = statuses;
    const [reads] = await Promise.all([read(SECONDS), storm.ask<StormAnswer>({ ...order })]);
    stormy.push(percentile(reads, 0.95));
  }
  row(`GraphQL p95 at ${PER_SECOND}/s, ms: without / with the storm`, pair(calm, stormy));
  row('    the same as a ratio, each round', stormy.map((ms, n) => (ms / (calm[n] ?? 1)).toFixed(2)).join('  '));
  row('    server CPU per refused webhook, µs, without reads', median(costs).toFixed(0));
  row('    statuses of the last storm', JSON.stringify(shown));
  await storm.end();
  await server.stop();
}

const pair = (a: readonly number[], b: readonly number[]) => `${median(a).toFixed(1)} / ${median(b).toFixed(1)}`;

/** The address of the trigger, once it has a secret. */
async function hookOf({ client, url }: ServerProcess, applicationId: string): Promise<string> {
  const { triggerByName } = await client.ask(ShowTriggerDocument, { applicationId, name: 'push', firings: 1 });
  await client.ask(RotateTriggerWebhookDocument, { input: { triggerId: triggerByName.id, secret: true } });
  const { condition } = triggerByName;
  const path = 'webhookDetails' in condition ? condition.webhookDetails?.webhookURL : undefined;
  return new URL(path ?? '', url).href;
}

/** Sends at the times of a schedule, whether or not responses have arrived: a slow response delays no other request. */
async function latencies(url: string, body: string, seconds: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const headers = { 'content-type': 'application/json', 'x-api-key': KEY, 'content-length': Buffer.byteLength(body) };
  const begun = performance.now();
  const found: Promise<number>[] = [];
  for (let n = 0; n < seconds * PER_SECOND; n++) {
    const due = begun + (n * 1000) / PER_SECOND;
    const wait = due - performance.now();
    if (wait > 0) await pause(wait);
    found.push(
      new Promise((resolve, reject) => {
        const sent = request(url, { method: 'POST', agent, headers }, (response) => {
          response.resume().once('end', () => resolve(performance.now() - due));
          if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
        });
        sent.once('error', reject).end(body);
      }),
    );
  }
  const all = await Promise.all(found);
  agent.destroy();
  return all;
}
