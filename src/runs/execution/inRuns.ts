import type { Actor } from '../../access/actor';
import { Facts, Missing } from '../../engine/facts';
import { RunSlice } from '../../engine/runSlice';
import { decide } from '../../engine/settleTasks';
import type { Transaction, TransactionOptions } from '../../kernel/database/database';
import { newId } from '../../kernel/ids';
import { topic } from '../../kernel/database/wakeups';
import type { App } from '../app';
import { apply } from '../apply';
import { logRunChanges } from '../events/logRunChanges';
import { load } from '../load';
import { lockRuns, type PendingEvent, writeEvents } from './runs.store';
import type { RunTransaction } from './runTransaction';

/** So many loads at most: a decision that asks for ever is a defect. */
const ROUNDS = 100;

/**
 * The one shape of a change of runs. The rows of the runs are locked first, in the order of their ids so that two
 * batches cannot deadlock. Then decisions are taken: what they need is loaded, and what they change is sent. The events
 * of all of it are sent last, with the COMMIT. The locks make the sequences of events gap-free, and the order of
 * commits theirs.
 */
export async function inRuns<T>(
  app: App,
  runs: readonly string[] | ((db: Transaction) => Promise<unknown>),
  actor: Actor,
  work: (db: RunTransaction) => Promise<T>,
  options?: TransactionOptions,
): Promise<T> {
  let committed: readonly PendingEvent[] = [];
  const result = await app.database.transaction(async (db) => {
    const locked = typeof runs === 'function' ? runs(db) : runs.length > 0 ? lockRuns(db, runs) : undefined;
    if (locked !== undefined) sendOnly([locked]);
    const events: PendingEvent[] = [];
    committed = events;
    let now: Date | undefined;
    let facts = new Facts();
    const reads: (() => Promise<void>)[] = [];
    const run: RunTransaction = {
      ...db,
      app,
      // Asked for once the locks are held, so that the times of a run are in the order of its events.
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
        // If the transaction fails, its error is the one to tell.
        answer.catch(() => undefined);
        return answer;
      },
      decide: async (decision) => {
        const taken = await decideOn(db, app, actor, facts, decision);
        // What was changed is not known any more.
        facts = new Facts();
        events.push(...taken.run.changes.events);
        sendOnly(await apply(db, app, taken.run.changes, actor, taken.run.now));
        return taken.result;
      },
      sent: sendOnly,
      event: ({ runId, executionId }, type, data) => events.push({ runId, executionId, type, data }),
    };
    const worked = await work(run);
    if (events.length > 0) {
      sendOnly([writeEvents(db, events, actor, app.clock.now())]);
      db.wake(topic.events, ...new Set(events.map((event) => topic.run(event.runId))));
    }
    sendOnly(reads.map((read) => read()));
    return worked;
  }, options);
  logRunChanges(app.log, committed, actor);
  return result;
}

/** Nobody waits for these statements: one that fails makes the COMMIT fail, which tells its error. */
function sendOnly(sent: readonly Promise<unknown>[]): void {
  for (const one of sent) one.catch(() => undefined);
}

/** Decides, loads what was missing and decides again, until the decision is complete. */
async function decideOn<T>(
  db: Transaction,
  app: App,
  actor: Actor,
  facts: Facts,
  decision: (run: RunSlice) => T,
): Promise<{ readonly run: RunSlice; readonly result: T }> {
  for (let round = 0; ; round++) {
    const run = new RunSlice(facts, { now: app.clock.now(), actor, newId, random: Math.random });
    try {
      return { run, result: decide(run, decision) };
    } catch (error) {
      if (!(error instanceof Missing) || round === ROUNDS) throw error;
      await load(db, app, facts, error.wants);
    }
  }
}
