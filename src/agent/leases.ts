import type { Log } from '../kernel/log';
import { backOff, pause } from './backoff';
import { ServerRefusal, ServerUnavailable } from './httpClient';
import type { AgentSettings, ClaimedJob, RenewedJob } from '../contract/agentProtocol';
import type { ProtocolClient } from './protocolClient';
import { ClaimOver, StopRequest } from './stopRequest';

/**
 * A job that ends earlier needs no renewal, as is the case for many jobs: the parked call is not interrupted for them.
 */
const YOUNG_MS = 100;
/** Pause between two renewals if the server responds immediately without news. */
const REPEATED_MS = 500;

/** The part of a job that its lease needs. */
export type LeasedJob = Pick<ClaimedJob, 'jobId' | 'token' | 'task' | 'graceMs'>;

/** Job that this agent started, until the server knows its end. */
export class HeldJob<Job extends LeasedJob = LeasedJob> {
  private readonly stopping = new AbortController();
  private readonly losing = new AbortController();
  /** True if the job has ended and only its end must be reported: nothing is left to cancel. */
  ended = false;

  constructor(
    readonly job: Job,
    /** A performance.now() time, which is monotonic. Until then no other agent gets the job. */
    public leaseUntil: number,
  ) {}

  get stop(): AbortSignal {
    return this.stopping.signal;
  }

  get gone(): AbortSignal {
    return this.losing.signal;
  }

  /** Asks the job to end, for the server or because the agent stops. Returns true if it had not been asked before. */
  cancel(reason: 'CANCELLED' | 'AGENT_STOPPED', message: string, graceMs = this.job.graceMs): boolean {
    if (this.ended || this.stop.aborted || this.gone.aborted) return false;
    this.stopping.abort(new StopRequest(reason, message, graceMs));
    return true;
  }

  lose(why: string): boolean {
    if (this.gone.aborted) return false;
    this.losing.abort(new ClaimOver(why));
    return true;
  }

  /**
   * Loses the job if its lease has expired. For steps that can't be undone: a process that was frozen handles its input
   * before the timer that watches the leases.
   */
  confirmLease(): void {
    if (performance.now() >= this.leaseUntil) this.lose(EXPIRED);
  }
}

const EXPIRED = 'its lease expired without a response from the server';

/**
 * Keeps the leases of the running jobs. A lease counts from when the acknowledged request was sent, on a monotonic
 * clock, so the server's lease is never shorter than assumed here. If a lease runs out anyway, another agent may have
 * the job, so the job is killed.
 */
export class Leases {
  private readonly held = new Map<string, HeldJob>();
  /** Jobs that the last renewal named. */
  private covered: ReadonlySet<HeldJob> = new Set();
  private request: AbortController | undefined;
  private mayBreakOff = false;
  private wake: (() => void) | undefined;
  /** Set when a job has arrived that the last renewal did not include: first the timer, then the flag. */
  private growing: NodeJS.Timeout | undefined;
  private grown = false;
  private expiring: NodeJS.Timeout | undefined;

  constructor(
    private readonly client: ProtocolClient,
    private readonly settings: AgentSettings,
    private readonly log: Log,
  ) {}

  get jobs(): HeldJob[] {
    return [...this.held.values()];
  }

  hold<Job extends LeasedJob>(job: Job, sentAt: number): HeldJob<Job> {
    // Claimed again after the server considered it lost: the copy that this agent still holds must end.
    this.held.get(job.jobId)?.lose('it was claimed again and came back');
    const held = new HeldJob(job, sentAt + this.settings.leaseMs);
    this.held.set(job.jobId, held);
    this.growing ??= setTimeout(() => this.onGrown(), YOUNG_MS);
    this.watchExpiry();
    return held;
  }

  release(held: HeldJob): void {
    if (this.held.get(held.job.jobId) === held) this.held.delete(held.job.jobId);
  }

  /** Renews until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => {
      this.request?.abort();
      this.wake?.();
    });
    for (let failures = 0; !signal.aborted; ) {
      try {
        if (!this.grown && !this.jobs.some((held) => this.covered.has(held))) await this.untilGrown();
        else if (!(await this.renew())) await pause(REPEATED_MS, signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) break;
        if (!(error instanceof ServerUnavailable || error instanceof ServerRefusal)) throw error;
        if (error instanceof ServerRefusal) this.log.error({ err: error }, 'the server rejected the renewal');
        await backOff(++failures, signal);
      }
    }
    clearTimeout(this.growing);
    clearTimeout(this.expiring);
  }

  /** Sends one renewal for all jobs. Returns true if the next one should follow immediately. */
  private async renew(): Promise<boolean> {
    const { leaseMs } = this.settings;
    const renewMs = Math.min(this.settings.renewMs, leaseMs / 3);
    const asked = this.jobs;
    this.covered = new Set(asked);
    this.grown = false;
    if (asked.length === 0) return true;
    const sentAt = performance.now();
    // An interrupted parked renewal has no response, so it is unknown if the leases were extended. If a lease has not
    // been confirmed for long, the call is neither parked nor interrupted.
    const confirm = asked.some((held) => held.leaseUntil - sentAt < leaseMs - 1.5 * renewMs);
    const waitMs = confirm ? 0 : Math.floor(renewMs);
    const request = new AbortController();
    this.request = request;
    this.mayBreakOff = !confirm;
    try {
      const answerMs = Math.max(500, Math.min(10_000, leaseMs / 4));
      const references = asked.map(({ job }) => ({ jobId: job.jobId, token: job.token }));
      const answer = await this.client.renew(references, waitMs, answerMs, request.signal);
      return this.take(answer.answers, answer.sentAt) || confirm || performance.now() - sentAt > waitMs / 2;
    } catch (error) {
      if (request.signal.aborted) return true;
      throw error;
    } finally {
      this.request = undefined;
    }
  }

  /** Returns true if the server reported anything new. */
  private take(answers: readonly RenewedJob[], sentAt: number): boolean {
    let news = false;
    for (const { jobId, action, graceMs } of answers) {
      const held = this.held.get(jobId);
      if (held === undefined || !this.covered.has(held)) continue;
      if (action === 'drop') {
        // While its end is being reported, the response to the report decides.
        news = (!held.ended && held.lose('the server dropped it')) || news;
        continue;
      }
      held.leaseUntil = Math.max(held.leaseUntil, sentAt + this.settings.leaseMs);
      if (action === 'cancel') news = held.cancel('CANCELLED', 'It was canceled.', graceMs) || news;
    }
    return news;
  }

  /** Some jobs are old enough to be renewed, and the renewal in progress may not include them. */
  private onGrown(): void {
    this.growing = undefined;
    if (this.jobs.every((held) => this.covered.has(held))) return;
    this.grown = true;
    if (this.mayBreakOff) this.request?.abort();
    this.wake?.();
  }

  private async untilGrown(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    this.wake = undefined;
  }

  /** Leases only get longer, so one timer for the earliest end is enough: it may fire too early, never too late. */
  private watchExpiry(): void {
    if (this.expiring !== undefined || this.held.size === 0) return;
    const first = Math.min(...this.jobs.map((held) => this.expiryOf(held)));
    this.expiring = setTimeout(() => this.expire(), Math.max(1, first - performance.now() + 1));
  }

  private expire(): void {
    this.expiring = undefined;
    const now = performance.now();
    for (const held of this.jobs) {
      if (this.expiryOf(held) > now) continue;
      held.lose(EXPIRED);
      this.release(held);
    }
    this.watchExpiry();
  }

  /**
   * A job that has ended can't run twice. Its end still counts until the server has noticed the loss, so reporting
   * continues for one more lease.
   */
  private expiryOf(held: HeldJob): number {
    return held.leaseUntil + (held.ended ? this.settings.leaseMs : 0);
  }
}
