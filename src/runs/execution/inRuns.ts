import type { Actor } from '../../access/actor';
import type { Changes } from '../../engine/changes';
import { Facts, Missing } from '../../engine/facts';
import { placeEvents } from '../../engine/placeEvents';
import { decide } from '../../engine/settleTasks';
import { sqlState, type Transaction, type TransactionOptions } from '../../kernel/database/database';
import { newId } from '../../kernel/ids';
import { topic } from '../../kernel/database/wakeups';
import type { App } from '../app';
import { apply } from '../apply';
import { type Begins, RunSlice } from '../../engine/runSlice';
import { logRunChanges } from '../events/logRunChanges';
import { load } from '../load';
import { lockRuns, type PendingEvent, writeEvents, writePlacedEvents } from './runs.store';
import type { RunTransaction } from './runTransaction';

/** SQLSTATE of `move_slots`: something that was assumed to begin may not. */
const HINDERED = 'SL001';

/** Limit on the number of loads: a decision that never stops asking for facts is a defect. */
const ROUNDS = 100;

/**
 * Common frame for every change of runs. It locks the rows of the runs first, in the order of their ids, so that two
 * batches can't deadlock. Each decision then loads its facts and sends its changes with its events; other events are sent
 * last, with the COMMIT. The locks keep event sequences free of gaps and in commit order. Work that began something that may not
 * begin is repeated, and looks first.
 */
export async function inRuns<T>(...given: RunsWork<T>): Promise<T> {
  const [, , , , options] = given;
  for (const begins of options?.looks ? (['LOOK', 'LOOK'] as const) : (['ASSUME', 'LOOK', 'LOOK'] as const)) {
    try {
      return await tryRuns(begins, ...given);
    } catch (error) {
      if (sqlState(error) !== HINDERED) throw error;
    }
  }
  return tryRuns('ASK', ...given);
}

type RunsWork<T> = [
  app: App,
  runs: readonly string[] | ((db: Transaction) => Promise<unknown>),
  actor: Actor,
  work: (db: RunTransaction) => Promise<T>,
  options?: TransactionOptions & {
    /** True if the work begins what may be hindered: it looks at once. */
    readonly looks?: boolean;
  },
];

async function tryRuns<T>(begins: Begins, ...[app, runs, actor, work, options]: RunsWork<T>): Promise<T> {
  let committed: readonly PendingEvent[] = [];
  let changes: Changes[] = [];
  const result = await app.database.transaction(async (db) => {
    const locked = typeof runs === 'function' ? runs(db) : runs.length > 0 ? lockRuns(db, runs) : undefined;
    if (locked !== undefined) sendOnly([locked]);
    const events: PendingEvent[] = [];
    committed = events;
    // Events whose places in the logs are found in the database.
    const unplaced: PendingEvent[] = [];
    // The transaction may be repeated.
    changes = [];
    let now: Date | undefined;
    let facts = new Facts();
    const reads: (() => Promise<void>)[] = [];
    const run: RunTransaction = {
      ...db,
      app,
      // Read once the locks are held, so that the times of a run are in the order of its events.
      get now() {
        now ??= app.clock.now();
        return now;
      },
      actor,
      load: (wants) => load(db, app, facts, wants),
      last: (read) => {
        const answer = new Promise<Awaited<ReturnType<typeof read>>>((resolve, reject) => {
          reads.push(() => read().then((value) => resolve(value as Awaited<typeof value>), reject));
        });
        // If the transaction fails, its error is the one to report.
        answer.catch(() => undefined);
        return answer;
      },
      decide: async (decision) => {
        const taken = await decideOn(db, app, begins, actor, facts, decision);
        if (taken.run.refusal !== null) throw taken.run.refusal;
        // Facts are stale after the changes.
        facts = new Facts();
        events.push(...taken.run.changes.events);
        changes.push(taken.run.changes);
        // Events are written in order, so none is placed while others wait for their places.
        const placed = unplaced.length === 0 ? placeEvents(taken.run) : null;
        if (placed === null) unplaced.push(...taken.run.changes.events);
        sendOnly(await apply(db, app, taken.run.changes, actor, taken.run.now));
        if (placed !== null) sendOnly([writePlacedEvents(db, placed, actor, taken.run.now)]);
        return taken.result;
      },
      sent: sendOnly,
      event: ({ runId, executionId }, type, data) => {
        events.push({ runId, executionId, type, data });
        unplaced.push({ runId, executionId, type, data });
      },
    };
    const worked = await work(run);
    if (unplaced.length > 0) sendOnly([writeEvents(db, unplaced, actor, app.clock.now())]);
    if (events.length > 0) {
      db.wake(topic.events, ...new Set(events.map((event) => topic.run(event.runId))));
    }
    sendOnly(reads.map((read) => read()));
    return worked;
  }, options);
  logRunChanges(app.log, committed, actor, app.tracing !== null);
  for (const observer of app.observers) observer.committed({ events: committed, changes, actor });
  return result;
}

/** Nothing waits for these statements. If one fails, the COMMIT fails and reports its error. */
function sendOnly(sent: readonly Promise<unknown>[]): void {
  for (const one of sent) one.catch(() => undefined);
}

/** Decides, loads missing facts and decides again, until the decision is complete. */
async function decideOn<T>(
  db: Transaction,
  app: App,
  begins: Begins,
  actor: Actor,
  facts: Facts,
  decision: (run: RunSlice) => T,
): Promise<{ readonly run: RunSlice; readonly result: T }> {
  for (let round = 0; ; round++) {
    const run = new RunSlice(facts, { now: app.clock.now(), actor, newId, random: Math.random, begins });
    try {
      return { run, result: decide(run, decision) };
    } catch (error) {
      if (!(error instanceof Missing) || round === ROUNDS) throw error;
      await load(db, app, facts, error.wants);
    }
  }
}
