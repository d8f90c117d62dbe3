import { systemActor } from '../../../src/access/actor';
import { audited } from '../../../src/access/audit/audited';
import { startExecution } from '../../../src/runs/commands/startExecution';
import { testWorld } from '../../support/world';

const STARTS = 12;

describe('startExecution, called concurrently', () => {
  const { server, runs } = testWorld(
    `
kind: Application
name: app
---
kind: Environment
application: app
name: prod
type: PROD
---
kind: Workflow
application: app
name: flow
tasks: { a: { run: "true" }, b: { run: "true", depends_on: [a] } }
---
kind: Workflow
application: app
name: single
concurrency: { group: one, policy: REFUSE }
tasks: { a: { run: "true" } }
`,
    { agent: null },
  );

  async function startAll(
    more: (n: number) => { readonly name?: string; readonly idempotencyKey?: string } = () => ({}),
  ) {
    const { app } = server;
    return Promise.allSettled(
      Array.from({ length: STARTS }, async (_, n) => {
        const { name = 'flow', ...input } = more(n);
        const ids = await runs.ids('workflow', name);
        const attempt = {
          actor: systemActor,
          address: null,
          requestId: `request ${n}`,
          action: 'execution.start',
          input: {},
        };
        const start = { ...ids, executionType: 'WORKFLOW' as const, notes: `start ${n}`, ...input };
        return audited(app, attempt, () => startExecution(app, systemActor, start));
      }),
    );
  }

  const idsOf = (settled: Awaited<ReturnType<typeof startAll>>): string[] =>
    settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value.id] : []));

  it('shares transactions, and writes the run, events and audit record of each', async () => {
    const { database } = server.app;
    const ids = idsOf(await startAll());
    expect(new Set(ids).size).toBe(STARTS);
    const events = await database.rows<{ id: string; sequences: number[]; types: string[]; transaction: string }>(
      `SELECT run_id AS id, array_agg(sequence::int ORDER BY sequence) AS sequences,
         array_agg(type ORDER BY sequence) AS types, min(transaction_id)::text AS transaction
       FROM execution_event WHERE run_id = ANY ($1::uuid[]) GROUP BY run_id`,
      [ids],
    );
    expect(events).toHaveLength(STARTS);
    const [first] = events;
    for (const { sequences, types } of events) {
      expect(sequences).toEqual(sequences.map((_, index) => index + 1));
      expect(types).toEqual(first?.types);
    }
    expect(new Set(events.map(({ transaction }) => transaction)).size).toBeLessThan(STARTS);
    const records = await database.rows<{ requestId: string; notes: string; jobs: number; attempts: number }>(
      `SELECT record.request_id AS "requestId", record.after->>'notes' AS notes,
         (SELECT count(*)::int FROM job WHERE job.run_id = execution.id) AS jobs,
         (SELECT count(*)::int FROM execution_attempt own WHERE own.execution_id = execution.id AND lineage = '{1}') AS attempts
       FROM audit_record record JOIN execution ON execution.id::text = record.object_id
       WHERE execution.id = ANY ($1::uuid[]) AND record.outcome = 'ALLOWED'`,
      [ids],
    );
    const expected = Array.from({ length: STARTS }, (_, n) => {
      return { requestId: `request ${n}`, notes: `start ${n}`, jobs: 1, attempts: 1 };
    });
    expect(new Set(records)).toEqual(new Set(expected));
    expect(records).toHaveLength(STARTS);
  });

  it('starts once for each idempotency key, even within one transaction', async () => {
    const ids = idsOf(await startAll((n) => ({ idempotencyKey: `key ${n % 3}`, notes: undefined })));
    expect(ids).toHaveLength(STARTS);
    expect(new Set(ids).size).toBe(3);
  });

  it('does not fail because another start is refused', async () => {
    const settled = await startAll((n) => (n % 4 === 0 ? { name: 'single' } : {}));
    const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(refused).toHaveLength(2);
    expect(refused).toEqual(refused.map(() => expect.objectContaining({ code: 'CONCURRENCY_LIMIT' })));
    expect(new Set(idsOf(settled)).size).toBe(STARTS - 2);
  });
});
