import type { AgentSettings } from '../contract/agentProtocol';
import type { Clock } from '../kernel/clock';
import type { Log } from '../kernel/log';
import { pause } from './backoff';
import { JobLog } from './jobLog';
import type { Leases } from './leases';
import { LogSpool } from './logSpool';
import type { ProtocolClient } from './protocolClient';
import type { ReportEnd } from './reportEnd';
import type { LostJob, Workplace } from './workplace';

const LOOK_MS = 250;
/** Watchdogs need less time, and a directory that can't be cleaned up must not be checked forever. */
const WATCHDOG_MS = 90_000;

export interface LostJobsOptions {
  readonly workplace: Workplace;
  readonly client: ProtocolClient;
  readonly leases: Leases;
  readonly report: ReportEnd;
  readonly settings: AgentSettings;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * After `kill -9` of an agent: reports its jobs as lost as soon as nothing of them runs, with what their logs have on
 * disk. Otherwise their tasks would wait until the leases run out. `draining` ends the wait for more of them.
 */
export async function reportLostJobs(options: LostJobsOptions, draining: AbortSignal): Promise<void> {
  const deadline = performance.now() + WATCHDOG_MS;
  const reports: Promise<void>[] = [];
  for (;;) {
    const { jobs, more } = await options.workplace.takeLost();
    for (const job of jobs) reports.push(reportLost(job, options));
    if (!more || draining.aborted || performance.now() > deadline) break;
    await pause(LOOK_MS, draining);
  }
  await Promise.all(reports);
}

async function reportLost(lost: LostJob, options: LostJobsOptions): Promise<void> {
  const { client, leases, report, settings, clock, log } = options;
  const { claim, spoolFile } = lost;
  // Renewals keep the claim while the log is on its way.
  const held = leases.hold({ ...claim, graceMs: 0 }, performance.now());
  held.ended = true;
  const spool = await LogSpool.reopen(spoolFile);
  const jobClient = client.jobClient(claim, (message) => held.lose(message));
  const output = new JobLog({ client: jobClient, settings, gone: held.gone, clock, log, spoolFile, spool });
  await output.end();
  // Output that was in the agent's memory or in the pipes is unknown, so the log is never complete.
  const told = await report(held, {
    end: { exitCode: null, signal: null, reason: 'AGENT_STOPPED', message: 'The agent process was killed.' },
    logBytes: null,
  });
  leases.release(held);
  await output.close();
  await lost.remove();
  const outcome = told ? 'reported as lost' : `not reported: ${held.gone.reason?.message ?? 'its claim is over'}`;
  log.info({ jobId: claim.jobId }, `${claim.task} of a killed agent: ${outcome}`);
}
