import 'reflect-metadata';
import { openBench, apply } from './harness';
import { percentile } from './harness';

async function main() {
  process.env.LOG_LEVEL='error';
  const bench = await openBench(undefined);
  const id = await apply(bench.client, 'kind: Application\nname: bench\n---\nkind: Workflow\napplication: bench\nname: one\ntasks:\n  one: { run: "true" }\n');
  const { workflowByName } = await bench.client.ask<{ workflowByName: { id: string } }>('query ($a: ID!) { workflowByName(applicationId: $a, workflowName: "one") { id } }', { a: id });
  const start = () => bench.client.ask('mutation ($input: StartExecutionInput!) { startExecution(input: $input) { execution { id } } }', { input: { applicationId: id, entityId: workflowByName.id, executionType: 'WORKFLOW' } });
  const db = bench.server.app.database as unknown as { hooks: unknown[] };
  const hooks = [...db.hooks];
  for (let n = 0; n < 300; n++) await start();
  const results: Record<string, number[][]> = { on: [], off: [] };
  for (let round = 0; round < 6; round++) for (const mode of ['on', 'off'] as const) {
    db.hooks.length = 0; if (mode === 'on') db.hooks.push(...hooks);
    const times: number[] = [];
    for (let n = 0; n < 300; n++) { const t = process.hrtime.bigint(); await start(); times.push(Number(process.hrtime.bigint() - t) / 1e6); }
    const t0 = process.hrtime.bigint();
    await Promise.all(Array.from({ length: 16 }, async () => { for (let n = 0; n < 60; n++) await start(); }));
    const rate = 960 / (Number(process.hrtime.bigint() - t0) / 1e9);
    results[mode]?.push([percentile(times, 0.5), percentile(times, 0.95), rate]);
  }
  for (const mode of ['on', 'off']) {
    const mid = (i: number) => percentile((results[mode] ?? []).map((r) => r[i] ?? 0), 0.5).toFixed(2);
    console.log('audit', mode, 'p50', mid(0), 'p95', mid(1), 'starts/s at 16', mid(2));
  }
  const t = process.hrtime.bigint();
  const v = await bench.client.ask('{ verifyAudit { valid checkedTo unsealed } }');
  console.log(JSON.stringify(v), Number(process.hrtime.bigint() - t) / 1e6, 'ms');
  await bench.close();
}
main().then(() => process.exit(0), (e) => { console.error(e); process.exit(1); });
