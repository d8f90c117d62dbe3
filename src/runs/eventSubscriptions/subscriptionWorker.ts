import type { Actor } from '../../access/actor';
import { Unreadable } from '../../catalog/secrets/secretKeys';
import type { Listener } from '../../kernel/database/wakeups';
import { topic } from '../../kernel/database/wakeups';
import { Loaders } from '../../kernel/loaders';
import type { App } from '../app';
import { comparePlaces, type Place, placeBefore } from '../events/eventLog';
import { type CommittedEvent, findCommitted } from '../events/eventLog.store';
import { type Attempted, addDeliveries, findDeliveredEvents, findDue, recordAttempts } from './deliveries.store';
import type { EventDelivery } from './eventDeliveries';
import { eventFacts } from './eventFacts';
import type { Replay } from './eventSubscriptions';
import { attempted, type Result } from './outcome';
import { ownerNow } from './owner';
import { type Receiver, sendDelivery } from './sendDelivery';
import { subscribedEvents } from './subscribedEvents';
import {
  endLease,
  findLeased,
  type LiveSubscription,
  lockState,
  noteHealth,
  renewLease,
  setPlace,
  setReplay,
} from './subscriptions.store';
import { switchOff } from './switchOff';
import { retryPeriod } from './retryPeriod';
import { openTarget } from './target';

const PAGE = 200;
/** Deliveries of one subscription that are sent at the same time, each of another run. */
const MOST_IN_FLIGHT = 20;
/** Minimum time between two reads of the log: commits can follow each other faster. */
const REST_MS = 50;
/** Delay before the log is read again for events that wait for an older transaction. */
const WAITING_MS = 50;
const RETRY_MS = 1000;
/** The position is stored at least this often while no event matches. */
const KEEP_PLACE_MS = 10_000;
const MOST_REPLAY_FAILURES = 3;
const HOUR_MS = 3_600_000;

/** Thrown when another server has taken the lease: what this one did since then is undone. */
class LeaseLost extends Error {}

/**
 * The one reader and sender of a subscription, while this server holds its lease. One loop does all that changes
 * deliveries; only the requests run in parallel with it. A server that dies leaves the deliveries as they are: the next
 * one repeats the requests that were in progress.
 */
export class SubscriptionWorker {
  private readonly stopping = new AbortController();
  private readonly inFlight = new Map<string, Promise<void>>();
  private results: { readonly delivery: EventDelivery; readonly result: Result; readonly at: Date }[] = [];
  private owner: Actor | undefined;
  private place: Place | undefined;
  private placeKeptAt = 0;
  private replayFailures = 0;
  private readonly listener: Listener;
  readonly ended: Promise<void>;

  constructor(
    private readonly app: App,
    private readonly id: string,
    private readonly server: string,
    private readonly leaseMs: number,
  ) {
    this.listener = app.database.wakeups.listen([topic.events, topic.subscriptions]);
    this.ended = this.serve().finally(() => this.listener.close());
  }

  /** Ends after the requests that are on their way have been cut off. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.listener.wake();
    await this.ended;
  }

  private get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private async serve(): Promise<void> {
    let failing = false;
    for (let wait: number | null = 0; wait !== null && !this.stopped; ) {
      if (wait > 0) await this.listener.wait(wait, this.stopping.signal);
      try {
        wait = await this.turn();
        failing = false;
      } catch (error) {
        if (error instanceof LeaseLost) return this.end(false);
        if (!failing && !this.stopped) {
          this.app.log.warn({ err: error, subscription: this.id }, 'events could not be delivered; retrying');
        }
        failing = true;
        wait = RETRY_MS;
      }
    }
    await this.end(true);
  }

  /** Requests are cut off if the server stops or has lost the lease; otherwise they end, and their results count. */
  private async end(leased: boolean): Promise<void> {
    if (!leased) this.stopping.abort();
    await Promise.all(this.inFlight.values());
    if (!leased) return;
    try {
      if (this.results.length > 0) await this.record();
      await endLease(this.app.database, this.id, this.server);
      this.app.database.wakeups.signal([topic.subscriptions]);
    } catch (error) {
      // Another server takes the lease when its time is over.
      if (!(error instanceof LeaseLost)) this.app.log.debug({ err: error }, 'a lease of a subscription was not ended');
    }
  }

  /** Does everything that can be done now. Returns the time until the next turn; null if the work is over. */
  private async turn(): Promise<number | null> {
    const { database, clock } = this.app;
    const begun = performance.now();
    if (this.results.length > 0) await this.record();
    const live = await findLeased(database, this.id, this.server);
    if (live === undefined) return null;
    const { subscription, state } = live;
    const now = clock.now();
    if (state.leasedUntil === null || state.leasedUntil.getTime() - now.getTime() < (this.leaseMs * 2) / 3) {
      const until = new Date(now.getTime() + this.leaseMs);
      if (!(await renewLease(database, this.id, this.server, until))) return null;
    }
    const owner = await ownerNow(this.app, subscription, this.owner);
    if (owner === null) {
      const [next] = await findDue(database, this.id, [], 1);
      const reason = `${subscription.ownerName} is deleted, revoked or expired. The person who switches it on becomes its owner.`;
      await switchOff(this.app, subscription, 'OWNER_GONE', reason, next ?? null);
      return null;
    }
    this.owner = owner;
    const read = await this.readLog(live, owner);
    const replayed = state.replay === null ? false : await this.tryReplay(live, state.replay, owner);
    const next = await this.sendDue(live, owner);
    if (read.more || replayed) return 0;
    const waits = [this.app.config.SLIPWAY_POLL_MS, this.leaseMs / 3, next];
    if (read.waiting) waits.push(WAITING_MS);
    await this.rest(begun);
    return Math.max(1, Math.min(...waits));
  }

  /** Leaves time between two reads, unless there are results to record. */
  private async rest(begun: number): Promise<void> {
    const left = REST_MS - (performance.now() - begun);
    if (left <= 0 || this.results.length > 0 || this.stopped) return;
    await new Promise((resolve) => setTimeout(resolve, left));
  }

  /** A transaction that changes deliveries: it fails if another server has the lease. */
  private change(work: Parameters<App['database']['transaction']>[0]): Promise<unknown> {
    return this.app.database.transaction(async (db) => {
      if (!(await lockState(db, this.id, this.server))) throw new LeaseLost();
      return work(db);
    });
  }

  /** Reads the next page of the log and adds its deliveries, together with the new position. */
  private async readLog(live: LiveSubscription, owner: Actor): Promise<{ more: boolean; waiting: boolean }> {
    const { database } = this.app;
    const { transactionId, runId, sequence } = live.state;
    const stored = { transactionId, runId, sequence };
    // A person may have moved the position forward.
    const after = this.place !== undefined && comparePlaces(this.place, stored) > 0 ? this.place : stored;
    const where = (parameters: unknown[]) => subscribedEvents(live.subscription, owner, parameters);
    const { events, horizon, waiting } = await findCommitted(database, after, where, PAGE);
    const more = events.length === PAGE;
    const end = more ? placeOf(events.at(-1)) : placeBefore(horizon);
    const place = end !== undefined && comparePlaces(end, after) > 0 ? end : after;
    if (events.length > 0 || performance.now() - this.placeKeptAt > KEEP_PLACE_MS) {
      await this.change(async (db) => {
        await addDeliveries(db, this.id, events, retryPeriod(this.app));
        await setPlace(db, this.id, place);
      });
      this.placeKeptAt = performance.now();
    }
    this.place = place;
    return { more, waiting };
  }

  /** A replay that fails again and again ends, so that it does not hold up new events. */
  private async tryReplay(live: LiveSubscription, replay: Replay, owner: Actor): Promise<boolean> {
    try {
      const more = await this.replay(live, replay, owner);
      this.replayFailures = 0;
      return more;
    } catch (error) {
      if (error instanceof LeaseLost || this.stopped) throw error;
      const gaveUp = ++this.replayFailures >= MOST_REPLAY_FAILURES;
      this.app.log.warn({ err: error, subscription: this.id, gaveUp }, 'events could not be replayed');
      if (!gaveUp) return false;
      this.replayFailures = 0;
      await this.change(async (db) => setReplay(db, this.id, null));
      return false;
    }
  }

  /** Adds the next page of a range that is delivered again. True if there may be more. */
  private async replay(live: LiveSubscription, replay: Replay, owner: Actor): Promise<boolean> {
    const { database } = this.app;
    const { until, from, to } = replay;
    const where = (parameters: unknown[]) => {
      const bind = (value: unknown, type: string) => `$${parameters.push(value)}::${type}`;
      const end = `(${bind(until.transactionId, 'bigint')}, ${bind(until.runId, 'uuid')}, ${bind(until.sequence, 'int')})`;
      return [
        subscribedEvents(live.subscription, owner, parameters),
        `(event.transaction_id, event.run_id, event.sequence) <= ${end}`,
        ...(from === null ? [] : [`event.at >= ${bind(from, 'timestamptz')}`]),
        ...(to === null ? [] : [`event.at < ${bind(to, 'timestamptz')}`]),
      ].join(' AND ');
    };
    const { events } = await findCommitted(database, replay.after, where, PAGE);
    const last = events.length === PAGE ? placeOf(events.at(-1)) : undefined;
    await this.change(async (db) => {
      await addDeliveries(db, this.id, events, retryPeriod(this.app), replay.failedOnly ? 'FAILED' : 'ALL');
      await setReplay(db, this.id, last === undefined ? null : { ...replay, after: last });
    });
    return last !== undefined;
  }

  /** Begins to send what is due. Returns the time until something else becomes due. */
  private async sendDue({ subscription, state }: LiveSubscription, owner: Actor): Promise<number> {
    const { app } = this;
    const now = app.clock.now();
    const held = state.heldUntil === null ? 0 : state.heldUntil.getTime() - now.getTime();
    if (held > 0) return held;
    const free = MOST_IN_FLIGHT - this.inFlight.size;
    if (free <= 0) return Number.POSITIVE_INFINITY;
    const next = await findDue(app.database, this.id, [...this.inFlight.keys()], free);
    const due = next.filter(({ dueAt }) => dueAt !== null && dueAt <= now);
    const later = next.find(({ dueAt }) => dueAt !== null && dueAt > now)?.dueAt;
    if (due.length > 0) {
      const target = await openTarget(app.secretKeys, subscription, state).catch((error: unknown) => {
        if (error instanceof Unreadable) return null;
        throw error;
      });
      if (target === null) {
        // Each attempt counts, so that the subscription is switched off when this lasts.
        for (const delivery of due) {
          this.inFlight.set(delivery.id, Promise.resolve());
          this.results.push({ delivery, result: unreadable, at: now });
        }
        this.listener.wake();
        return 0;
      }
      const receiver = { app, subscription, target, until: this.stopping.signal };
      const events = await findDeliveredEvents(app.database, due);
      const loaders = new Loaders(app);
      for (const delivery of due) {
        const work = async (): Promise<Result> => {
          const event = events.get(delivery.id);
          if (event === undefined) return notSent('NOT_READABLE', 'The event was deleted from the log.');
          const facts = await eventFacts(app, loaders, owner, delivery, event);
          if (facts === null) return notSent('NOT_READABLE', 'The owner of the subscription may not read the event.');
          return sendDelivery(receiver, delivery.id, facts);
        };
        this.inFlight.set(delivery.id, this.attempt(receiver, delivery, work));
      }
    }
    return later == null ? Number.POSITIVE_INFINITY : later.getTime() - now.getTime();
  }

  private async attempt({ app }: Receiver, delivery: EventDelivery, work: () => Promise<Result>): Promise<void> {
    const at = app.clock.now();
    try {
      const result = await work();
      this.results.push({ delivery, result, at });
    } catch (error) {
      if (this.stopped) return;
      // An error of the database, or a defect. The attempt counts, so that retries end.
      app.log.warn({ err: error, delivery: delivery.id }, 'an event could not be sent');
      const message = 'The server could not prepare the request.';
      const result = {
        is: 'REFUSED',
        code: 'INTERNAL',
        message,
        responseStatus: null,
        retryAfter: null,
        gone: false,
      } as const;
      this.results.push({ delivery, result, at });
    } finally {
      // The delivery leaves the set when its result is recorded.
      if (this.stopped) this.inFlight.delete(delivery.id);
      this.listener.wake();
    }
  }

  private async record(): Promise<void> {
    const { app, id } = this;
    const live = await findLeased(app.database, id, this.server);
    // Requests end while this waits: their results are those of the next turn.
    const results = this.results;
    this.results = [];
    const now = app.clock.now();
    const failures = results.filter(({ result }) => result.is === 'REFUSED');
    const works = results.some(({ result }) => result.is === 'ACCEPTED');
    const before = live?.state.failingSince ?? null;
    const { SLIPWAY_WEBHOOK_BACKOFF_MS: backoffMs, SLIPWAY_WEBHOOK_RETRY_HOURS: hours } = app.config;
    const common = { now, failingSince: works ? null : before, backoffMs, retryMs: hours * HOUR_MS };
    const attempts: Attempted[] = results.map(({ delivery, result, at }) =>
      attempted(delivery, result, { ...common, at, random: Math.random() }),
    );
    const failingSince = works ? null : failures.length > 0 ? (before ?? now) : before;
    const holds = failures.flatMap(({ result }) =>
      result.is === 'REFUSED' && result.retryAfter !== null ? [result.retryAfter] : [],
    );
    const heldUntil = holds.length === 0 ? null : new Date(Math.max(...holds.map((time) => time.getTime())));
    try {
      await this.change(async (db) => {
        await recordAttempts(db, id, attempts, now);
        await noteHealth(db, id, failingSince, heldUntil);
      });
    } catch (error) {
      this.results = [...results, ...this.results];
      throw error;
    }
    for (const { delivery } of results) this.inFlight.delete(delivery.id);
    for (const observer of app.observers)
      for (const { state } of attempts) observer.delivered(state === 'PENDING' ? 'RETRIED' : state);
    if (live !== undefined) await this.switchOffIfHopeless(live, failures, failingSince, now);
  }

  private async switchOffIfHopeless(
    { subscription }: LiveSubscription,
    failures: readonly { readonly delivery: EventDelivery; readonly result: Result }[],
    failingSince: Date | null,
    now: Date,
  ): Promise<void> {
    const gone = failures.find(({ result }) => result.is === 'REFUSED' && result.gone);
    if (gone !== undefined) {
      return switchOff(this.app, subscription, 'GONE', 'The receiver responded with 410 Gone.', gone.delivery);
    }
    const hours = this.app.config.SLIPWAY_WEBHOOK_SWITCH_OFF_HOURS;
    const last = failures.at(-1);
    if (last === undefined || failingSince === null || now.getTime() - failingSince.getTime() < hours * HOUR_MS) return;
    const why = last.result.is === 'REFUSED' ? ` The last one: ${last.result.message}` : '';
    const reason = `No delivery has succeeded since ${failingSince.toISOString()}.${why}`;
    await switchOff(this.app, subscription, 'FAILING', reason, last.delivery);
  }
}

const unreadable: Result = {
  is: 'REFUSED',
  code: 'SECRET_UNREADABLE',
  message: 'The keys of secrets of this server can’t decrypt the address or the secret of the subscription.',
  ...{ responseStatus: null, retryAfter: null, gone: false },
};

const notSent = (code: string, message: string): Result => ({ is: 'NOT_SENT', code, message });

const placeOf = (event: CommittedEvent | undefined): Place | undefined =>
  event && { transactionId: event.transactionId, runId: event.runId, sequence: event.runSequence };
