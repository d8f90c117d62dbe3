import { runAgent } from '../src/agent/agent';
import type { Execute } from '../src/agent/runJob';
import { createLog } from '../src/kernel/log';
import { ResumeWorkflowExecutionDocument } from '../src/client/generated';
import { apply, type Bench, percentile, row, start, untilFinal } from './harness';

const ROUNDS = 15;

/**
 * Resumes a workflow in which most tasks succeeded and the last few failed, again and again. Measures the time until
 * the response, and until an idle agent runs the first job. It should grow with the tasks that run again, not with
 * those that are kept.
 */
export async function benchResume(bench: Bench): Promise<void> {
  for (const [kept, again] of [
    [10, 10],
    [490, 10],
    [4990, 10],
    [4900, 100],
    [4000, 1000],
  ] as const) {
    const name = `resume-${kept}-${again}`;
    const applicationId = await apply(bench.client, definitionOf(name, kept, again));
    const id = await start(bench.client, applicationId, 'workflow', name);
    let arrived: ((at: bigint) => void) | undefined;
    const execute: Execute = async ({ task }) => {
      const fails = task.startsWith('again');
      if (fails) arrived?.(process.hrtime.bigint());
      return { end: { exitCode: fails ? 1 : 0, signal: null, reason: null, message: null }, logBytes: 0 };
    };
    const agent = runAgent({
      config: bench.agentConfig(100),
      log: createLog({ level: 'error', pretty: false }),
      execute,
    });
    const answers: number[] = [];
    const firsts: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await untilFinal(bench, id);
      const first = new Promise<bigint>((resolve) => {
        arrived = resolve;
      });
      const asked = process.hrtime.bigint();
      await bench.client.ask(ResumeWorkflowExecutionDocument, { input: { applicationId, workflowExecutionId: id } });
      answers.push(Number(process.hrtime.bigint() - asked) / 1e6);
      firsts.push(Number((await first) - asked) / 1e6);
    }
    await untilFinal(bench, id);
    agent.drain();
    await agent.finished;
    // The first round also reads the definition.
    const median = (values: readonly number[]) => percentile(values.slice(1), 0.5).toFixed(1);
    row(
      `resume, ${kept} tasks kept, ${again} run: answer / first job, p50 ms`,
      `${median(answers)} / ${median(firsts)}`,
    );
  }
}

/** Tasks that are kept, one that waits for all of them, and tasks behind it that fail. */
function definitionOf(name: string, kept: number, again: number): string {
  const number = (n: number) => String(n).padStart(5, '0');
  const first = Array.from({ length: kept - 1 }, (_, n) => `kept${number(n)}`);
  const lines = [
    ...first.map((task) => `  ${task}: { run: "true" }`),
    `  join: { run: "true", depends_on: [${first.join(', ')}] }`,
    ...Array.from({ length: again }, (_, n) => `  again${number(n)}: { run: "true", depends_on: [join] }`),
  ];
  return `kind: Application\nname: bench\n---\nkind: Workflow\napplication: bench\nname: ${name}\ntasks:\n${lines.join('\n')}\n`;
}
