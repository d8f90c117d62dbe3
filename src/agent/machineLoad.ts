import { cpus, freemem, totalmem } from 'node:os';
import type { LoadSample } from '../contract/agentProtocol';

/** The longest wait of a claim is 30 s: each one of an idle agent carries a sample, and no call is made for it. */
const PERIOD_MS = 29_000;

/** Samples of the machine's load, for calls that are made anyway. */
export class MachineLoad {
  private last = measure();

  /** A sample if half a minute has passed since the last one. */
  take(): LoadSample | undefined {
    if (performance.now() - this.last.at < PERIOD_MS) return undefined;
    const { last } = this;
    const now = measure();
    this.last = now;
    const total = now.total - last.total;
    const cpu = total <= 0 ? 0 : Math.min(1, Math.max(0, (now.busy - last.busy) / total));
    const memoryBytes = totalmem();
    return { cpu, memoryBytes, memoryUsedBytes: Math.max(0, memoryBytes - freemem()) };
  }
}

function measure() {
  let busy = 0;
  let total = 0;
  for (const { times } of cpus()) {
    const used = times.user + times.nice + times.sys + times.irq;
    busy += used;
    total += used + times.idle;
  }
  return { at: performance.now(), busy, total };
}
