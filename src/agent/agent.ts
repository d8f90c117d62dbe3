// Long because it has the life of an agent from top to bottom, with what people on the server want of it.
import { hostname } from 'node:os';
import { setImmediate as nextRound } from 'node:timers/promises';
import { version } from '../../package.json';
import { type Clock, systemClock } from '../kernel/clock';
import { CONTAINER_LABEL, GIT_LABEL } from '../contract/jobContainer';
import { type AgentConfig, inheritedEnvironment } from '../kernel/config';
import type { Log } from '../kernel/log';
import { backOff, pause } from './backoff';
import { gitVersion } from './checkout';
import { commandEnvironment } from './commandEnvironment';
import { type ContainerRuntime, findRuntime } from './containers/runtime';
import { ServerRefusal } from './httpClient';
import { HeldJob, Leases } from './leases';
import type { AgentOrders, AgentSettings, ClaimedJob } from '../contract/agentProtocol';
import { ProtocolClient, RegistrationRefused } from './protocolClient';
import { createReport, type ReportEnd } from './reportEnd';
import { createTracing, type Tracing } from '../kernel/tracing';
import { createExecute, type Execute, type ExecutedJob } from './runJob';
import { reportLostJobs } from './lostJobs';
import { Workplace, WorkplaceUnusable } from './workplace';
import { describeDuration, describeEnd } from './describeEnd';

export interface AgentOptions {
  readonly config: AgentConfig;
  readonly log: Log;
  readonly clock?: Clock;
  /** Replacement for running the commands in directories below SLIPWAY_AGENT_DIR. */
  readonly execute?: Execute;
  /** True if the agent takes one job and leaves after it. */
  readonly once?: boolean;
}

export interface RunningAgent {
  /** Exit code: one of `exits`. */
  readonly finished: Promise<number>;
  /** Takes no more jobs, finishes the running ones, leaves. */
  drain(): void;
  /** Drains, and cancels the running jobs. */
  cancel(): void;
  /** Kills the running jobs without reporting each: leaving tells the server that they are lost. */
  abandon(): void;
}

export function runAgent(options: AgentOptions): RunningAgent {
  const agent = new Agent(options);
  return {
    finished: agent.run(),
    drain: () => agent.drain(),
    cancel: () => agent.cancel(),
    abandon: () => agent.fail('stopping at once'),
  };
}

/** Exit codes of the program. 2 is an invalid configuration. */
export const exits = {
  /** It has drained; with `once`, its job succeeded. */
  done: 0,
  /** It was rejected or removed, or could not continue. */
  failed: 1,
  /** With `once`: its job did not succeed. */
  jobFailed: 3,
  /** With `once`: it left before it got a job. */
  noJob: 4,
} as const;

/** A clock that is off by less is only a slow response. */
const NOTABLE_SKEW_MS = 1000;
const WRONG_CLOCK_MS = 60_000;

class Removed extends Error {}

/** A claim is an offer for 15 s. A start that was not acknowledged by then is too late. */
const OFFER_MS = 15_000;
/** Pause between two claims if the server immediately reports an empty queue. */
const EMPTY_CLAIM_MS = 250;
const LEAVE_MS = 5000;
const LEAVE_AT_ONCE_MS = 1000;

class Agent {
  private readonly log: Log;
  /** The server's clock, as far as it is known. */
  private readonly clock: Clock;
  private skewMs = 0;
  private isPaused = false;
  private removed = false;
  /** With `once`: how its job ended. */
  private outcome: number = exits.noJob;
  private readonly client: ProtocolClient;
  private readonly slots: number;
  private readonly draining = new AbortController();
  /** Set when the agent can't or must not continue. */
  private readonly over = new AbortController();
  private readonly starting = new Set<AbortController>();
  private readonly cleaning = new Set<Promise<void>>();
  private leases: Leases | undefined;
  private runtime: ContainerRuntime | undefined;
  private busy = 0;
  /** Number of consecutive failed claims. */
  private refusals = 0;
  private canceled = false;
  private failed = false;
  private onSlot: (() => void) | undefined;

  constructor(private readonly options: AgentOptions) {
    const { config, log, clock = systemClock } = options;
    this.log = log;
    this.clock = { now: () => new Date(clock.now().getTime() + this.skewMs) };
    this.slots = options.once ? 1 : config.SLIPWAY_AGENT_SLOTS;
    const name = config.SLIPWAY_AGENT_NAME ?? hostname().slice(0, 100);
    const labels = { ...this.abilities(), ...config.SLIPWAY_AGENT_LABELS };
    const identity = { name, labels, slots: this.slots, version, host: hostname() };
    this.client = new ProtocolClient(config.SLIPWAY_URL, config.SLIPWAY_AGENT_TOKEN, identity, log, clock, {
      orders: (orders) => this.obey(orders),
      removal: () => this.beRemoved(),
      time: (now) => this.setClock(now.getTime() - clock.now().getTime()),
    });
  }

  /** A person has paused, resumed, drained, relabeled or removed this agent on the server. */
  private obey({ state, note, until }: AgentOrders): void {
    if (state === 'REMOVED') this.beRemoved();
    if (state === 'DRAINING') {
      this.log.info('a person drains this agent');
      this.drain();
    }
    const paused = state === 'PAUSED';
    const end = until == null ? '' : ` until ${until}`;
    if (paused) this.log.info(`paused${end}${note == null ? '' : `: ${note}`}; running jobs continue`);
    else if (this.isPaused && state === 'ACTIVE') this.log.info('resumed');
    this.isPaused = paused;
  }

  private beRemoved(): void {
    if (this.removed) return;
    this.removed = true;
    // A removed agent that has finished its jobs is done.
    if (this.draining.signal.aborted && this.busy === 0) return;
    this.fail(new Removed('a person removed this agent'));
  }

  /** Lines of logs bear the server's time. Leases and time limits are measured by a monotonic clock. */
  private setClock(skewMs: number): void {
    this.skewMs = Math.abs(skewMs) > NOTABLE_SKEW_MS ? skewMs : 0;
    if (Math.abs(skewMs) <= WRONG_CLOCK_MS) return;
    this.log.warn(
      `the clock of this machine is ${Math.round(skewMs / 1000)} s behind the server’s; logs use the server’s`,
    );
  }

  /** Labels for what this agent found on its machine. None if something else runs its jobs. */
  private abilities(): Readonly<Record<string, string>> {
    const { config, execute } = this.options;
    if (execute !== undefined) return {};
    const own = inheritedEnvironment();
    const inherited = commandEnvironment(own, {});
    this.runtime = findRuntime(config, own, inherited);
    const git = gitVersion(inherited);
    return {
      ...(this.runtime && { container: this.runtime.kind, [CONTAINER_LABEL]: 'true' }),
      ...(git !== undefined && { git, [GIT_LABEL]: 'true' }),
    };
  }

  /** Runs from the registration to leaving, top to bottom. */
  async run(): Promise<number> {
    const { config, execute } = this.options;
    let workplace: Workplace | undefined;
    let tracing: Tracing | undefined;
    try {
      tracing = await createTracing('slipway-agent', config, this.log);
      if (execute === undefined)
        workplace = await Workplace.open(
          config.SLIPWAY_AGENT_DIR,
          config.SLIPWAY_URL,
          this.clock,
          this.log,
          config.SLIPWAY_AGENT_WORKING_DIRS,
          this.runtime,
        );
      const settings = await this.client.register(this.draining.signal);
      workplace?.guard(watchdogGrace(settings), Math.ceil((2 * settings.leaseMs) / 1000));
      const protocols = config.SLIPWAY_AGENT_GIT_PROTOCOLS;
      await this.work(settings, execute ?? createExecute(required(workplace), protocols, tracing), workplace);
    } catch (error) {
      if (error !== this.draining.signal.reason) this.fail(error);
    }
    await Promise.all(this.cleaning);
    this.client.close();
    await workplace?.close();
    await tracing?.stop();
    if (this.failed) return exits.failed;
    return this.options.once ? this.outcome : exits.done;
  }

  drain(): void {
    if (this.draining.signal.aborted) return;
    if (this.busy > 0) this.log.info(`draining: waiting for ${this.busy} running job(s)`);
    this.draining.abort();
    this.onSlot?.();
  }

  cancel(): void {
    this.drain();
    this.canceled = true;
    for (const held of this.leases?.jobs ?? []) this.cancelForStop(held);
  }

  fail(error: unknown): void {
    if (this.over.signal.aborted) return;
    this.failed = true;
    const explained =
      error instanceof RegistrationRefused || error instanceof WorkplaceUnusable || error instanceof Removed;
    if (error instanceof Error) this.log.fatal(explained ? error.message : { err: error });
    else this.log.error(String(error));
    this.draining.abort();
    this.over.abort();
    for (const start of this.starting) start.abort();
    for (const held of this.leases?.jobs ?? []) held.lose('the agent can’t continue');
    this.onSlot?.();
  }

  private async work(settings: AgentSettings, execute: Execute, workplace?: Workplace): Promise<void> {
    const leases = new Leases(this.client, settings, this.log);
    this.leases = leases;
    const renewing = leases.run(this.over.signal).catch((error: unknown) => this.fail(error));
    const runner: Runner = { settings, execute, leases, report: createReport(this.client, this.log, this.over.signal) };
    const { client, clock, log } = this;
    const { report } = runner;
    const reporting =
      workplace &&
      reportLostJobs({ workplace, client, leases, report, settings, clock, log }, this.draining.signal).catch(
        (error: unknown) => this.fail(error),
      );
    await this.claimUntilDrained(runner).catch((error: unknown) => this.fail(error));
    while (this.busy > 0) await this.slotFreed();
    await reporting;
    await this.leave();
    this.over.abort();
    await renewing;
  }

  private async claimUntilDrained(runner: Runner): Promise<void> {
    const { signal } = this.draining;
    while (!signal.aborted) {
      // Jobs that end in the same round of the event loop share one claim.
      await nextRound();
      const free = this.slots - this.busy;
      if (free <= 0) {
        await this.slotFreed();
        continue;
      }
      const jobs = await this.claim(free, runner.settings.claimWaitMs);
      if (jobs.length === 0) continue;
      const begun = this.begin(jobs, runner);
      if (this.options.once && (await begun) > 0) this.drain();
    }
  }

  private async claim(free: number, waitMs: number): Promise<readonly ClaimedJob[]> {
    const { signal } = this.draining;
    const askedAt = performance.now();
    try {
      const jobs = await this.client.claim(free, waitMs, signal);
      this.refusals = 0;
      if (jobs.length === 0 && performance.now() - askedAt < EMPTY_CLAIM_MS) await pause(EMPTY_CLAIM_MS, signal);
      return jobs;
    } catch (error) {
      if (signal.aborted) return [];
      if (!(error instanceof ServerRefusal)) throw error;
      this.log.error({ err: error }, 'the server rejected the claim');
      await backOff(++this.refusals, signal);
      return [];
    }
  }

  /** Starts all jobs of one claim with one call, and runs them. Returns the number of those that run. */
  private async begin(jobs: readonly ClaimedJob[], runner: Runner): Promise<number> {
    this.busy += jobs.length;
    // The server counts a job's time from the first start call that reaches it, even if another one is acknowledged.
    const startedAt = performance.now();
    const startable = this.canceled ? [] : await this.start(jobs, runner);
    this.busy -= jobs.length - startable.length;
    this.onSlot?.();
    for (const held of startable) void this.runHeld(held, runner, startedAt);
    return startable.filter(({ stop }) => !stop.aborted).length;
  }

  private async start(jobs: readonly ClaimedJob[], { leases }: Runner): Promise<HeldClaimedJob[]> {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), OFFER_MS);
    this.starting.add(deadline);
    try {
      const references = jobs.map(({ jobId, token }) => ({ jobId, token }));
      const { answers, sentAt } = await this.client.start(references, deadline.signal);
      const answerOf = new Map(answers.map((answer) => [answer.jobId, answer]));
      return jobs.flatMap((job) => {
        const answer = answerOf.get(job.jobId);
        if (answer?.ok) return [leases.hold(job, sentAt)];
        this.log.info({ jobId: job.jobId }, `not running ${job.task}: ${answer?.message ?? 'no answer'}`);
        return [];
      });
    } catch (error) {
      if (deadline.signal.aborted || error instanceof ServerRefusal) {
        this.log.warn({ err: error }, `could not start ${jobs.length} claimed jobs; the server takes them back`);
        return this.over.signal.aborted ? [] : jobs.map((job) => giveBack(leases.hold(job, performance.now())));
      }
      this.fail(error);
      return [];
    } finally {
      clearTimeout(timer);
      this.starting.delete(deadline);
    }
  }

  private async runHeld(held: HeldClaimedJob, runner: Runner, startedAt: number): Promise<void> {
    const { job } = held;
    const log = this.log.child({ jobId: job.jobId });
    if (this.canceled) this.cancelForStop(held);
    if (this.over.signal.aborted) held.lose('the agent can’t continue');
    log.info(`${job.task} started${job.attempt > 1 ? `, attempt ${job.attempt}` : ''}`);
    const executed = await this.execute(held, runner, log, startedAt);
    held.ended = true;
    const told = await runner.report(held, executed).catch((error: unknown) => {
      this.fail(error);
      return false;
    });
    runner.leases.release(held);
    const outcome = told
      ? describeEnd(executed.end)
      : `dropped: ${held.gone.reason?.message ?? 'the server rejected its result'}`;
    log.info(`${job.task} ${outcome} (${describeDuration(performance.now() - startedAt)})`);
    if (executed.cleanUp !== undefined) this.keepCleaning(executed.cleanUp());
    const succeeded = told && executed.end.exitCode === 0 && executed.end.reason === null;
    this.outcome = succeeded ? exits.done : exits.jobFailed;
    this.busy--;
    this.onSlot?.();
  }

  private async execute(held: HeldClaimedJob, runner: Runner, log: Log, startedAt: number): Promise<ExecutedJob> {
    const { job, stop, gone } = held;
    const client = this.client.jobClient(job, (message) => held.lose(message));
    const { clock } = this;
    try {
      const confirmLease = () => held.confirmLease();
      return await runner.execute(job, {
        client,
        settings: runner.settings,
        clock,
        log,
        startedAt,
        stop,
        gone,
        confirmLease,
      });
    } catch (error) {
      log.error({ err: error }, 'could not run the job');
      const message = error instanceof Error ? error.message : String(error);
      return { end: { exitCode: null, signal: null, reason: 'AGENT_ERROR', message }, logBytes: 0 };
    }
  }

  /** Removing a large working directory takes time; the slot is free meanwhile. */
  private keepCleaning(cleanUp: Promise<void>): void {
    const cleaning = cleanUp
      .catch((error: unknown) => this.log.warn({ err: error }, 'could not clean up a job'))
      .finally(() => this.cleaning.delete(cleaning));
    this.cleaning.add(cleaning);
  }

  private cancelForStop(held: HeldJob): void {
    held.cancel('AGENT_STOPPED', 'The agent was told to stop.');
  }

  private async slotFreed(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.onSlot = resolve;
    });
    this.onSlot = undefined;
  }

  /** Nothing of this agent runs anymore, so jobs that the server still assigns to it are lost. */
  private async leave(): Promise<void> {
    if (this.removed) return;
    try {
      await this.client.leave(AbortSignal.timeout(this.over.signal.aborted ? LEAVE_AT_ONCE_MS : LEAVE_MS));
      this.log.info('left');
    } catch (error) {
      this.log.warn({ err: error }, 'could not leave properly; the server will show this agent as offline');
    }
  }
}

/** The server may have accepted the start: a report that the command did not begin lets another agent have the job. */
function giveBack(held: HeldClaimedJob): HeldClaimedJob {
  held.cancel('AGENT_STOPPED', 'The server did not respond to its start in time.');
  return held;
}

type HeldClaimedJob = HeldJob<ClaimedJob>;

interface Runner {
  readonly settings: AgentSettings;
  readonly execute: Execute;
  readonly leases: Leases;
  readonly report: ReportEnd;
}

/**
 * After the agent is killed, its jobs must end before another agent can get them. At worst, the last renewal is
 * `renewMs` old.
 */
const watchdogGrace = ({ leaseMs, renewMs }: AgentSettings) =>
  Math.min(10, Math.max(1, Math.floor((leaseMs - 2 * renewMs) / 2000)));

function required(workplace: Workplace | undefined): Workplace {
  if (workplace === undefined) throw new Error('No directory to run jobs in.');
  return workplace;
}
