import { nextTick } from '../../catalog/language/cron';
import type { Trigger } from '../../catalog/triggers/triggers';
import { lockDueTriggers, setNextTick } from '../../catalog/triggers/triggers.store';
import { decideSchedule } from '../../engine/firing';
import type { Transaction } from '../../kernel/database/database';
import type { App } from '../app';
import { insertFiring } from './firings.store';
import type { Firing } from './firings.table';
import { newFiring } from './newFiring';
import { noteFired } from './noteFired';

const BATCH = 50;
/** A tick that is later than this was missed: every server sweeps several times a second. */
const ON_TIME_MS = 60_000;
const FAULT_DELAY_MS = 60_000;

/**
 * Fires the triggers whose time has come. The lock of the row and the key of the firing make it once a tick, with any
 * number of servers: the firing and the next time are written together. Returns false if nothing was due.
 */
export async function tickSchedules(app: App): Promise<boolean> {
  const now = app.clock.now();
  const { found, fired } = await app.database.transaction(async (db) => {
    const due = await lockDueTriggers(db, now, BATCH);
    const firings: Firing[] = [];
    for (const trigger of due) firings.push(...(await tick(app, db, trigger, now)));
    return { found: due.length > 0, fired: firings };
  });
  for (const firing of fired) noteFired(app, firing);
  return found;
}

/** A schedule that has no next time, because of an unknown time zone for example, holds up no other one. */
async function tick(app: App, db: Transaction, trigger: Trigger, now: Date): Promise<Firing[]> {
  let ticked: ReturnType<typeof plan>;
  try {
    ticked = plan(trigger, now);
  } catch (error) {
    app.log.error({ err: error, triggerId: trigger.id }, 'a schedule could not fire');
    await setNextTick(db, trigger.id, new Date(now.getTime() + FAULT_DELAY_MS));
    return [];
  }
  const isNew = await insertFiring(db, ticked.firing);
  await setNextTick(db, trigger.id, ticked.nextAt);
  return isNew ? [ticked.firing] : [];
}

function plan(trigger: Trigger, now: Date): { readonly firing: Firing; readonly nextAt: Date | null } {
  const { id, name, definition, nextAt } = trigger;
  const { schedule } = definition.on;
  if (schedule === null || nextAt === null) throw new Error(`the trigger ${id} is due without a schedule`);
  const late = now.getTime() - nextAt.getTime() > ON_TIME_MS;
  const time = nextAt.toISOString();
  const decision =
    late && schedule.missed === 'SKIP'
      ? ({ is: 'SKIPPED', code: 'MISSED_TICK', reason: `No server ran at ${time}.` } as const)
      : decideSchedule(definition, { trigger: { id, name }, time: now }, nextAt);
  const event = { kind: 'SCHEDULE', event: null, delivery: time, dedupeKey: time, bodyHash: null } as const;
  const firing = newFiring(trigger, { ...event, payload: null, facts: { tick: time } }, decision, now);
  // After missed ticks the schedule continues with the next one in the future: one firing stands for all of them.
  return { firing, nextAt: nextTick(schedule, late ? now : nextAt) };
}
