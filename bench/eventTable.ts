import { systemActor } from '../src/access/actor';
import { inRuns } from '../src/runs/execution/inRuns';
import { AllUpdatesDocument, EventCursorsDocument } from '../src/client/generated';
import { apply, type Bench, percentile, row, start, TOKEN } from './harness';

const SOURCE = `kind: Application
name: bench
---
kind: Workflow
application: bench
name: one
tasks:
  one: { run: "true" }
`;
const TIMES = 100;

/** Measures whether the growth of the event table slows down subscribers and claims. */
export async function benchEventTable(bench: Bench): Promise<void> {
  const application = await apply(bench.client, SOURCE);
  const agent = await register(bench.server.url);
  for (const size of [10_000, 1_000_000]) {
    await grow(bench, size);
    const name = `${size.toLocaleString('en')} events`;
    const ids: string[] = [];
    for (let n = 0; n < TIMES; n++) ids.push(await start(bench.client, application, 'workflow', 'one'));
    const [id = ''] = ids;
    const snapshot = () => first(bench.client.stream(EventCursorsDocument, { id }));
    row(`${name}: subscribe → snapshot of an execution, p50 / p95 ms`, await times(snapshot));
    const log = () => first(bench.client.stream(EventCursorsDocument, { id, after: '0' }));
    row(`${name}: subscribe → first event after a cursor, p50 / p95 ms`, await times(log));
    const all = () => first(bench.client.stream(AllUpdatesDocument, {}));
    row(`${name}: subscribe → snapshot of all executions, p50 / p95 ms`, await times(all));
    row(`${name}: commit → executionsUpdated, p50 / p95 ms`, await deliveries(bench, id));
    row(`${name}: claim of one job, p50 / p95 ms`, await times(() => claim(bench.server.url, agent)));
  }
}

/** Inserts events of many finished runs. */
async function grow({ server: { app } }: Bench, size: number): Promise<void> {
  await app.database.write(
    `INSERT INTO execution_event (run_id, sequence, execution_id, execution_sequence, transaction_id, type, at, actor, data)
     SELECT run, n, run, n, 1, 'ABORT_REQUESTED', now(), '{}', '{"reason": "bench"}'
     FROM generate_series(1, ($1 - (SELECT count(*) FROM execution_event)) / 100) AS runs (k),
       LATERAL (SELECT gen_random_uuid() AS run WHERE k > 0) of, generate_series(1, 100) AS n`,
    [size],
  );
  await app.database.write('ANALYZE execution_event');
}

async function times(work: () => Promise<void>): Promise<string> {
  const taken: number[] = [];
  for (let n = -5; n < TIMES - 5; n++) {
    const from = performance.now();
    await work();
    if (n >= 0) taken.push(performance.now() - from);
  }
  return `${percentile(taken, 0.5).toFixed(1)} / ${percentile(taken, 0.95).toFixed(1)}`;
}

async function first(results: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of results) return;
}

async function deliveries(bench: Bench, runId: string): Promise<string> {
  const updates = bench.client.stream(AllUpdatesDocument, {});
  await updates.next();
  const result = await times(async () => {
    const next = updates.next();
    await inRuns(bench.server.app, [runId], systemActor, async (db) =>
      db.event({ runId, executionId: runId }, 'ABORT_REQUESTED', { reason: 'bench' }),
    );
    await next;
  });
  await updates.return?.(undefined);
  return result;
}

const register = async (url: string): Promise<string> =>
  (await post<{ token: string }>(url, 'register', TOKEN, { name: 'bench', labels: {}, slots: 1000 })).token;

async function claim(url: string, agent: string): Promise<void> {
  const { jobs } = await post<{ jobs: unknown[] }>(url, 'claim', agent, { slots: 1, waitMs: 5000 });
  if (jobs.length !== 1) throw new Error('nothing to claim');
}

async function post<Answer>(url: string, verb: string, token: string, body: object): Promise<Answer> {
  const response = await fetch(`${url}/agent/v1/${verb}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Answer;
}
