import type { Actor } from '../../access/actor';
import { broken } from '../../access/permissionInput';
import type { Transaction } from '../../kernel/database/database';
import { topic } from '../../kernel/database/wakeups';
import { invalidInput, notFound } from '../../kernel/errors';
import { isId, newId } from '../../kernel/ids';
import type { App } from '../app';
import { readNameAndDescription } from '../../kernel/naming';
import { refusingTakenName } from '../nameTaken';
import { type FreezeValues, readFreeze } from './freezeInput';
import { type Freeze, type FreezeChanges, freezes, type NewFreeze } from './freezes';
import { requireFreeze } from './freezes.queries';
import { findUnknownIds, lockFreezeRow } from './freezes.store';

const blank = {
  kind: 'FREEZE',
  ...{ applicationIds: null, environmentIds: null, environmentTypes: null },
  ...{ endsAt: null, timeZone: 'UTC', recurrence: null, exceptGroupIds: [], exceptServiceIds: [] },
} as const;

/**
 * Creates a freeze. It counts for every element that begins after this commits, also of runs that have started. Each
 * change wakes what waits to begin.
 */
export async function createFreeze(app: App, actor: Actor, input: NewFreeze): Promise<Freeze> {
  actor.access.requireAccount('MANAGE_FREEZES');
  const { name, from: startsAt, reason } = input;
  const values = readFreeze(input, { ...blank, name, startsAt, reason });
  const work = app.database.transaction(async (db) => {
    await requireKnownIds(db, values);
    const now = app.clock.now();
    const freeze = { ...values, id: newId(), createdAt: now, createdBy: actor.id, updatedAt: now, deletedAt: null };
    await freezes.insert(db, [freeze]);
    db.wake(topic.slots);
    return freeze;
  });
  return refusingTakenName('freeze', name, work);
}

export async function updateFreeze(app: App, actor: Actor, id: string, changes: FreezeChanges): Promise<Freeze> {
  readNameAndDescription({ name: changes.name });
  const work = app.database.transaction(async (db) => {
    const before = await lockFreeze(db, actor, id);
    const values = readFreeze(changes, before);
    await requireKnownIds(db, values);
    const after = { ...before, ...values, updatedAt: app.clock.now() };
    await freezes.update(db, id, { ...values, updatedAt: after.updatedAt });
    db.wake(topic.slots);
    return after;
  });
  return refusingTakenName('freeze', changes.name ?? '', work);
}

/** Deletes a freeze. Elements that wait for it begin, unless another one holds them back. */
export async function deleteFreeze(app: App, actor: Actor, id: string): Promise<void> {
  await app.database.transaction(async (db) => {
    await lockFreeze(db, actor, id);
    await freezes.delete(db, id, app.clock.now());
    db.wake(topic.slots);
  });
}

/** A freeze that the actor may change, as it is while no other transaction changes it. */
async function lockFreeze(db: Transaction, actor: Actor, id: string): Promise<Freeze> {
  await requireFreeze(db, actor, id);
  actor.access.requireAccount('MANAGE_FREEZES');
  const freeze = isId(id) ? await lockFreezeRow(db, id) : undefined;
  if (freeze === undefined) throw notFound('freeze', id);
  return freeze;
}

async function requireKnownIds(db: Transaction, values: FreezeValues): Promise<void> {
  const unknown = await findUnknownIds(db, values);
  if (unknown.length === 0) return;
  throw invalidInput(unknown.map(({ field, id }) => broken(field, id, 'UNKNOWN', `nothing has the id "${id}".`)));
}
