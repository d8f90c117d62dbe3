import { type Actor, actorRef } from '../../access/actor';
import { auditDetail } from '../../access/audit/auditDetail';
import { topic } from '../../kernel/database/wakeups';
import { type InputError, invalidInput, notFound } from '../../kernel/errors';
import { isId, newId } from '../../kernel/ids';
import type { App } from '../app';
import type { QueuePause } from './job';
import { findPauses, insertPause, removePause } from './queuePauses.store';

export interface PauseQueue {
  /** Labels as `key=value`. Jobs that require all of them are held back; all jobs without labels. */
  readonly labels: readonly string[];
  readonly note?: string | null;
  /** Time at which it ends. Null: until it is resumed. */
  readonly until?: Date | null;
}

const LARGEST_NOTE = 1000;
const MOST_PAUSES = 100;

/** Keeps waiting jobs from being claimed. Running jobs continue, and jobs keep arriving. */
export async function pauseQueue(app: App, actor: Actor, { note, until, ...given }: PauseQueue): Promise<QueuePause> {
  actor.access.requireAccount('MANAGE_DELEGATES');
  const now = app.clock.now();
  const labels = [...new Set(given.labels.map((label) => label.trim()))].sort();
  const pause = { id: newId(), labels, note: note?.trim() || null, until: until ?? null, by: actorRef(actor), at: now };
  const errors = errorsOf(pause, now);
  if (errors.length > 0) throw invalidInput(errors);
  await app.database.transaction(async (db) => {
    const known = await findPauses(db, now);
    if (known.length >= MOST_PAUSES) throw invalidInput([tooMany]);
    await insertPause(db, pause);
    auditDetail(db, { kind: 'queuePause', id: pause.id, name: nameOf(pause), after: pause });
    db.wake(topic.queue);
  });
  return pause;
}

/** Ends a pause before its time. */
export async function resumeQueue(app: App, actor: Actor, id: string): Promise<QueuePause> {
  actor.access.requireAccount('MANAGE_DELEGATES');
  if (!isId(id)) throw notFound('queue pause', id);
  return app.database.transaction(async (db) => {
    const pause = await removePause(db, id);
    if (pause === undefined) throw notFound('queue pause', id);
    auditDetail(db, { kind: 'queuePause', id, name: nameOf(pause), before: pause });
    db.wake(topic.queue);
    return pause;
  });
}

const nameOf = ({ labels }: QueuePause): string => (labels.length === 0 ? 'all jobs' : labels.join(', '));

const tooMany: InputError = {
  field: 'labels',
  value: null,
  rule: 'LIMIT',
  message: `There are already ${MOST_PAUSES} pauses; resume one first.`,
};

function errorsOf({ labels, note, until }: QueuePause, now: Date): InputError[] {
  const errors: InputError[] = [];
  for (const label of labels) {
    if (label !== '' && label.length <= 200) continue;
    const message = 'A label must have 1 to 200 characters, as `key=value`.';
    errors.push({ field: 'labels', value: label, rule: 'LABEL', message });
  }
  if (labels.length > 50) {
    const message = `"labels" may have up to 50 entries; it has ${labels.length}.`;
    errors.push({ field: 'labels', value: labels.length, rule: 'RANGE', message });
  }
  if (note !== null && note.length > LARGEST_NOTE) {
    const message = `"note" may have up to ${LARGEST_NOTE} characters; it has ${note.length}.`;
    errors.push({ field: 'note', value: note.length, rule: 'LENGTH', message });
  }
  if (until !== null && until <= now) {
    const message = `"until" must be in the future; it is ${until.toISOString()}.`;
    errors.push({ field: 'until', value: until.toISOString(), rule: 'FUTURE', message });
  }
  return errors;
}
