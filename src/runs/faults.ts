import { systemActor } from '../access/actor';
import { giveUpRun } from '../engine/giveUpRun';
import { sqlState } from '../kernel/database/database';
import { isOutage } from '../kernel/database/outage';
import { Refusal } from '../kernel/errors';
import { newId } from '../kernel/ids';
import { groupBy } from '../kernel/loaders';
import type { App } from './app';
import { inRuns } from './execution/inRuns';
import type { RunTransaction } from './execution/runTransaction';

/** Number of failures in a row, each for the same purpose, after which the server gives up a run. */
const LIMIT = 5;

/** Conflict with another transaction, no resources, shutdown, disk: the run is not at fault. */
const PASSING = /^(08|40|53|55|57|58)/;
const isPassing = (error: unknown): boolean => isOutage(error) || PASSING.test(sqlState(error) ?? '');

/**
 * Moves all runs in one transaction. If that fails, each run is moved alone, so that a run that can't be moved does not
 * block the others. Returns the first error, which is already logged and counted.
 */
export async function moveRuns<Item extends { readonly runId: string }>(
  app: App,
  purpose: string,
  items: readonly Item[],
  move: (items: readonly Item[]) => Promise<unknown>,
): Promise<{ readonly moved: number; readonly error: unknown }> {
  const groups = groupBy(items, ({ runId }) => runId);
  const moved = new Set<string>();
  let first: unknown;
  const attempt = async (own: readonly Item[], alone: boolean) => {
    try {
      await move(own);
      for (const { runId } of own) {
        moved.add(runId);
        app.faults.delete(`${purpose} ${runId}`);
      }
    } catch (error) {
      if (error instanceof Refusal || isPassing(error)) throw error;
      if (!alone) return;
      first ??= error;
      await note(app, purpose, own[0]?.runId ?? '', error);
    }
  };
  if (items.length > 0) await attempt(items, groups.size === 1);
  if (groups.size > 1 && moved.size === 0) for (const own of groups.values()) await attempt(own, true);
  return { moved: items.filter(({ runId }) => moved.has(runId)).length, error: first };
}

/** The same for one run. */
export const moveRun = (app: App, purpose: string, runId: string, move: (db: RunTransaction) => Promise<void>) =>
  moveRuns(app, purpose, [{ runId }], () => inRuns(app, [runId], systemActor, move));

export const runsOf = (items: readonly { readonly runId: string }[]): string[] => items.map(({ runId }) => runId);

/** Counts a failure; the last one gives up the run. */
async function note(app: App, purpose: string, runId: string, error: unknown): Promise<void> {
  const key = `${purpose} ${runId}`;
  const count = (app.faults.get(key) ?? 0) + 1;
  app.faults.set(key, count);
  if (count === 1) app.log.error({ err: error, runId, purpose }, 'a run could not be advanced; retrying');
  if (count < LIMIT) return;
  const errorId = newId();
  app.log.error({ err: error, runId, purpose, errorId }, 'a run could not be advanced; giving up');
  const text = `The server could not carry out the execution. Its log has the error under the id ${errorId}.`;
  await inRuns(app, [runId], systemActor, (db) => db.decide((run) => giveUpRun(run, runId, text)));
  app.faults.delete(key);
}
