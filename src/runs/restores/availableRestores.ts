import type { Actor } from '../../access/actor';
import { findExecutionTargets } from '../../access/targets.store';
import type { App } from '../app';
import type { AvailableAction } from '../views/availableActions';
import type { Execution } from '../../engine/execution';
import { findAttempts } from '../execution/executions.store';
import { Refusal } from '../../kernel/errors';
import { refuseExtension } from '../../engine/extension';
import { consumed, noPoint, notRestoring, refuseRestore } from './restorePlan';
import { requireCreator } from './restoreRights';
import { findConsumers, findRestorePoints } from './restores.store';

/** Whether the caller can extend or restore a run now, as far as that shows without reading all of it; the previews say the rest. */
export async function availableRestores(app: App, actor: Actor, run: Execution): Promise<AvailableAction[]> {
  if (run.kind !== 'PIPELINE') return [];
  const attempts = await findAttempts(app.database, [run.id]);
  const extension = refuseExtension(
    run,
    attempts.some((attempt) => attempt.status === 'SUCCESS'),
  );
  const environments = (await findExecutionTargets(app.database, [run.id])).get(run.id) ?? [];
  const allowed = actor.access.explain('EXECUTE_PIPELINE', 'Execution', { ...run, environments });
  const restore = refuseRestore(run) ?? (await refusePoint(app, run)) ?? refuseCaller(actor, run);
  const cancel = run.status === 'RESTORING' ? refuseCaller(actor, run) : notRestoring(run);
  return [
    { action: 'extend', ...(extension === null ? told(allowed) : told(extension)) },
    { action: 'restore', ...(restore === null ? yes : told(restore)) },
    { action: 'cancelRestore', ...(cancel === null ? yes : told(cancel)) },
  ];
}

const yes = { allowed: true, code: null, message: null };

const told = (answer: Omit<AvailableAction, 'action'> | Refusal): Omit<AvailableAction, 'action'> =>
  answer instanceof Refusal
    ? { allowed: false, code: answer.code, message: answer.message }
    : { allowed: answer.allowed, code: answer.code, message: answer.message };

async function refusePoint(app: App, { id }: Execution): Promise<Refusal | null> {
  const [point] = await findRestorePoints(app.database, [id]);
  if (point === undefined) return noPoint();
  const [consumer] = await findConsumers(app.database, [point.id]);
  return consumer === undefined ? null : consumed(consumer);
}

function refuseCaller(actor: Actor, run: Execution): Refusal | null {
  try {
    requireCreator(actor, run);
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}
