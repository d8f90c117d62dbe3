import { runAgent } from '../src/agent/agent';
import type { Execute } from '../src/agent/runJob';
import { createLog } from '../src/kernel/log';
import { apply, type Bench, ONE_TASK, percentile, row, start, untilFinal } from './harness';

/** Command that does nothing and starts no process, so only the protocol is measured. */
export const noWork: Execute = async () => ({
  end: { exitCode: 0, signal: null, reason: null, message: null },
  logBytes: 0,
});

/** Tasks per second, from claimable to durably finished, through the agent protocol, with commands that do nothing. */
export async function benchThroughput(bench: Bench): Promise<void> {
  for (const [tasks, runs, slots, agents] of [
    [500, 8, 50, 2],
    [2000, 2, 100, 2],
    [10, 200, 50, 2],
  ] as const) {
    const name = `wide-${tasks}`;
    const lines = Array.from({ length: tasks }, (_, n) => `  t${String(n).padStart(5, '0')}: { run: "true" }`);
    const source = `kind: Application\nname: bench\n---\nkind: Workflow\napplication: bench\nname: ${name}\ntasks:\n${lines.join('\n')}\n`;
    const application = await apply(bench.client, source);
    const ids: string[] = [];
    for (let n = 0; n < runs; n++) ids.push(await start(bench.client, application, 'workflow', name));
    const log = createLog({ level: 'error', pretty: false });
    const before = process.hrtime.bigint();
    const running = Array.from({ length: agents }, () =>
      runAgent({ config: bench.agentConfig(slots), log, execute: noWork }),
    );
    for (const id of ids) await untilFinal(bench, id);
    const seconds = Number(process.hrtime.bigint() - before) / 1e9;
    for (const agent of running) agent.drain();
    await Promise.all(running.map((agent) => agent.finished));
    row(
      `tasks/s, ${runs} runs of ${tasks} tasks, ${agents} agents × ${slots} slots`,
      ((tasks * runs) / seconds).toFixed(0),
    );
  }
}

/** Time from the commit of a start until an idle agent starts the job, over HTTP. */
export async function benchIdleStart(bench: Bench): Promise<void> {
  const application = await apply(bench.client, ONE_TASK);
  const log = createLog({ level: 'error', pretty: false });
  let arrived: (() => void) | undefined;
  const agent = runAgent({
    config: bench.agentConfig(2),
    log,
    execute: async (job, context) => {
      arrived?.();
      return noWork(job, context);
    },
  });
  const times: number[] = [];
  for (let n = 0; n < 200; n++) {
    const job = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const started = start(bench.client, application, 'workflow', 'one').then(() => process.hrtime.bigint());
    const [committed] = await Promise.all([started, job.then(() => process.hrtime.bigint())]).then(([a, b]) => [
      Number(b - a) / 1e6,
    ]);
    // The response to the start races the job; a job that wins counts as 0.
    times.push(Math.max(0, committed ?? 0));
  }
  agent.drain();
  await agent.finished;
  row(
    'idle agent: started answered → job runs, p50 / p95 ms',
    `${percentile(times, 0.5).toFixed(1)} / ${percentile(times, 0.95).toFixed(1)}`,
  );
}
