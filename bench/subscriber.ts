import { AbortExecutionDocument, RunStatusDocument } from '../src/client/generated';
import { apply, type Bench, percentile, row, start } from './harness';

const SOURCE =
  'kind: Application\nname: bench\n---\nkind: Workflow\napplication: bench\nname: waits\ntasks:\n  one: { run: "true", labels: { nobody: has } }\n';

/**
 * Time from the response to a mutation, which follows its commit, until a subscriber on another connection has the
 * change.
 */
export async function benchSubscriber(bench: Bench): Promise<void> {
  const application = await apply(bench.client, SOURCE);
  const behind: number[] = [];
  const whole: number[] = [];
  for (let n = 0; n < 200; n++) {
    const id = await start(bench.client, application, 'workflow', 'waits');
    const updates = bench.client.stream(RunStatusDocument, { id });
    let asked = 0n;
    let answered: Promise<bigint> | undefined;
    for await (const { executionUpdated } of updates) {
      if (answered === undefined) {
        asked = process.hrtime.bigint();
        answered = bench.client
          .ask(AbortExecutionDocument, { input: { applicationId: application, executionId: id } })
          .then(() => process.hrtime.bigint());
      } else if (executionUpdated.status === 'ABORTED') {
        const received = process.hrtime.bigint();
        whole.push(Number(received - asked) / 1e6);
        behind.push(Math.max(0, Number(received - (await answered)) / 1e6));
      }
    }
  }
  const figures = (values: readonly number[]) =>
    `${percentile(values, 0.5).toFixed(1)} / ${percentile(values, 0.95).toFixed(1)}`;
  row('mutation sent → a subscriber has the change, p50 / p95 ms', figures(whole));
  row('mutation answered → a subscriber has the change, p50 / p95 ms', figures(behind));
}
