import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { runAgent } from '../src/agent/agent';
import { JobLog } from '../src/agent/jobLog';
import type { Execute } from '../src/agent/runJob';
import { readAgentConfig } from '../src/kernel/config';
import { quietLog } from './place';
import { answerOrders, sharedClock } from './processes';

/**
 * An agent whose jobs write lines at a rate, without a process for each. From the pipe on, everything is the agent's
 * own: framing, spool, and delivery. Each line begins with the time at which it was written.
 */
export interface WritersOrder {
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly jobs: number;
  readonly linesPerSecond: number;
  readonly seconds: number;
}

export interface WritersAnswer {
  readonly lines: number;
  readonly bytes: number;
  /** From the first line until the last one was written. */
  readonly seconds: number;
}

const TICK_MS = 20;
/** Taken from in pieces: to make randomness for each line would take longer than to deliver it. */
const RANDOM = randomBytes(65_536).toString('hex');
const WORDS = ['request served', 'cache refreshed for tenant', 'retrying upstream', 'connection accepted from peer'];

answerOrders(async ({ environment, folder, jobs, linesPerSecond, seconds }: WritersOrder) => {
  let lines = 0;
  let bytes = 0;
  let ended = 0;
  let done: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    done = resolve;
  });
  let begun = 0;
  const execute: Execute = async ({ jobId }, { client, settings, gone, clock, log }) => {
    const output = new JobLog({ client, settings, gone, clock, log, spoolFile: join(folder, jobId) });
    const pipe = new PassThrough();
    output.read(pipe, 'stdout');
    const from = performance.now();
    begun ||= from;
    for (let written = 0; written < seconds * linesPerSecond; ) {
      const due = Math.min(seconds, (performance.now() - from) / 1000) * linesPerSecond;
      let text = '';
      for (; written < due; written++, lines++) text += lineOf(written);
      bytes += text.length;
      if (!pipe.write(text)) await new Promise((resolve) => pipe.once('drain', resolve));
      await pause(TICK_MS);
    }
    if (++ended === jobs) done();
    pipe.end();
    await new Promise((resolve) => pipe.once('close', resolve));
    const logBytes = await output.end();
    return { end: { exitCode: 0, signal: null, reason: null, message: null }, logBytes, cleanUp: () => output.close() };
  };
  const agent = runAgent({ config: readAgentConfig(environment), log: quietLog, execute });
  await over;
  const took = (performance.now() - begun) / 1000;
  agent.drain();
  await agent.finished;
  return { lines, bytes, seconds: took } satisfies WritersAnswer;
});

/** 90 to 150 bytes, of which 16 do not compress. */
function lineOf(n: number): string {
  const at = Math.floor(Math.random() * (RANDOM.length - 16));
  const words = WORDS[n % WORDS.length] ?? '';
  return `${sharedClock().toFixed(3)} INFO [worker-${n % 8}] ${words} id=${RANDOM.slice(at, at + 16)} status=200 took=${n % 97}ms\n`;
}
