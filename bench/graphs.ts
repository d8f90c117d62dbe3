import { AbortExecutionDocument, ExecutionPlanDocument, WorkflowIdDocument } from '../src/client/generated';
import { apply, type Bench, percentile, row, start } from './harness';

const SIZES = [50, 500, 5000];
const ROUNDS = 7;

/**
 * Accepts, plans and starts a workflow of n tasks: one half is a matrix, and the other half a matrix that waits for all
 * of it. The cost per task should not grow with n. The first round of each size is not counted.
 */
export async function benchGraphs(bench: Bench): Promise<void> {
  for (const condition of [null, 'matrix.n != "x" && SIZE >= 1']) {
    for (const size of SIZES) {
      const figures = { accept: [] as number[], plan: [] as number[], start: [] as number[] };
      for (let round = 0; round <= ROUNDS; round++) {
        // Uses another name and definition each time, because accepting the same one again is free.
        const name = `graph-${size}-${round}${condition === null ? '' : '-if'}`;
        const source = definition(name, size, condition);
        const accept = await timed(() => apply(bench.client, source));
        const plan = await timed(() => planOf(bench, accept.result, name));
        const run = await timed(() => start(bench.client, accept.result, 'workflow', name));
        await abort(bench, accept.result, run.result);
        if (round === 0) continue;
        figures.accept.push(accept.ms);
        figures.plan.push(plan.ms);
        figures.start.push(run.ms);
      }
      const text = Object.entries(figures).map(([what, all]) => {
        const ms = percentile(all, 0.5);
        return `${what} ${ms.toFixed(0)} (${((ms * 1000) / size).toFixed(0)})`;
      });
      row(`${size} tasks${condition === null ? '' : ', each with a condition'}: ms (µs a task), p50`, text.join('  '));
    }
  }
}

function definition(name: string, size: number, condition: string | null): string {
  const values = Array.from({ length: size / 2 }, (_, n) => `v${n}`).join(', ');
  const keys = `run: "true", matrix: { n: [${values}] }${condition === null ? '' : `, if: '${condition}'`}`;
  return [
    'kind: Application\nname: bench\n---',
    `kind: Workflow\napplication: bench\nname: ${name}\ndescription: ${name}\nvariables: [{ name: SIZE, default: "${size}" }]`,
    `tasks:\n  a: { ${keys} }\n  b: { ${keys}, depends_on: [a] }\n`,
  ].join('\n');
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
  const before = process.hrtime.bigint();
  const result = await work();
  return { result, ms: Number(process.hrtime.bigint() - before) / 1e6 };
}

async function planOf({ client }: Bench, applicationId: string, name: string): Promise<void> {
  const { workflowByName } = await client.ask(WorkflowIdDocument, { applicationId, name });
  const input = { applicationId, entityId: workflowByName.id, executionType: 'WORKFLOW' } as const;
  await client.ask(ExecutionPlanDocument, { input });
}

async function abort({ client }: Bench, applicationId: string, executionId: string): Promise<void> {
  await client.ask(AbortExecutionDocument, { input: { applicationId, executionId } });
}
