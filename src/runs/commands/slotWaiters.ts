import type { Actor } from '../../access/actor';
import { withdrawBeginning } from '../../engine/beginAgain';
import type { Execution } from '../../engine/execution';
import type { Db } from '../../kernel/database/database';
import { topic } from '../../kernel/database/wakeups';
import { isId } from '../../kernel/ids';
import { notFound, Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { findWaitsOf, moveAhead } from '../slots/slots.store';
import { abortRight } from './abortExecution';
import { onRun, type RunCommand, type RunCommandInput } from './onRun';

export interface WithdrawSlotWaiter extends RunCommandInput {
  readonly applicationId: string;
  /** Run, or execution of a standalone workflow, that waits. */
  readonly executionId: string;
}

export interface MoveSlotWaiter extends WithdrawSlotWaiter {
  /** Execution that waits, too, and in front of which it moves. Defaults to all others. */
  readonly before?: string | null;
}

/** Moves what waits for slots ahead of others. It keeps its place relative to itself. */
export async function moveSlotWaiter(app: App, actor: Actor, input: MoveSlotWaiter): Promise<Execution> {
  const command: RunCommand = {
    ...{ verb: 'moveSlotWaiter', input, id: input.executionId },
    right: (access, subject) => access.require('ABORT_WORKFLOW', 'Execution', subject),
  };
  const { execution } = await onRun(app, actor, command, async (db, found) => {
    const waits = await queued(db, found);
    const before = input.before ?? null;
    if (before !== null && !(isId(before) && (await findWaitsOf(db, before)).some((one) => one.queued))) {
      throw notFound('waiting execution', before);
    }
    await moveAhead(
      db,
      waits.map(({ id }) => id),
      before,
    );
    db.wake(topic.slots);
    return { after: found, audit: { after: { movedBefore: before ?? 'all others' } } };
  });
  return execution;
}

/** Ends what waits for slots: it never begins, and its run ends ABORTED. */
export async function withdrawSlotWaiter(app: App, actor: Actor, input: WithdrawSlotWaiter): Promise<Execution> {
  const command: RunCommand = {
    ...{ verb: 'withdrawSlotWaiter', input, id: input.executionId },
    right: (access, subject, execution) => access.require(abortRight(access, subject, execution), 'Execution', subject),
  };
  const { execution } = await onRun(app, actor, command, async (db, found) => {
    const waits = await queued(db, found);
    const reason = input.reason?.trim() || null;
    const text = `withdrawn by ${actor.name}${reason === null ? '' : `: ${reason}`}`;
    await db.decide((run) => {
      for (const wait of waits) withdrawBeginning(run, wait, text);
    });
    return {};
  });
  return execution;
}

/** Waiting elements of an execution; refused if there are none. */
async function queued(db: Db, execution: Execution) {
  const waits = (await findWaitsOf(db, execution.id)).filter((one) => one.queued);
  if (waits.length === 0) throw notQueued(execution);
  return waits;
}

export const notQueued = ({ status }: Execution): Refusal =>
  new Refusal('NOT_WAITING', `The execution is ${status} and does not wait for a slot.`, { status });
