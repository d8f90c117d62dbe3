import type { Actor } from '../../access/actor';
import type { App } from '../app';
import type { AvailableAction } from '../views/availableActions';
import type { Execution } from '../../engine/execution';
import { findAttempts } from '../execution/executions.store';
import { type Refusal, refusalOf } from '../../kernel/errors';
import { requireAnyStage } from '../execution/requireStages';
import { refuseExtension } from '../../engine/extension';
import { consumed, noPoint, notRestoring, refuseRestore } from './restorePlan';
import { requireCreator } from './restoreRights';
import { findConsumers, findRestorePoints } from './restores.store';

/** Availability of extend and restore for the caller, as far as a cheap read can tell; the previews check the rest. */
export async function availableRestores(app: App, actor: Actor, run: Execution): Promise<AvailableAction[]> {
  if (run.kind !== 'PIPELINE') return [];
  const attempts = await findAttempts(app.database, [run.id]);
  const extension = refuseExtension(
    run,
    attempts.some((attempt) => attempt.status === 'SUCCESS'),
  );
  const extend = extension ?? (await refusalOf(() => requireAnyStage(app.database, actor, run)));
  const caller = await refusalOf(() => requireCreator(actor, run));
  const restore = refuseRestore(run) ?? (await refusePoint(app, run)) ?? caller;
  const cancel = run.status === 'RESTORING' ? caller : notRestoring(run);
  const answer = (action: AvailableAction['action'], refusal: Refusal | null) => {
    return { action, allowed: refusal === null, code: refusal?.code ?? null, message: refusal?.message ?? null };
  };
  return [answer('extend', extend), answer('restore', restore), answer('cancelRestore', cancel)];
}

async function refusePoint(app: App, { id }: Execution): Promise<Refusal | null> {
  const [point] = await findRestorePoints(app.database, [id]);
  if (point === undefined) return noPoint();
  const [consumer] = await findConsumers(app.database, [point.id]);
  return consumer === undefined ? null : consumed(consumer);
}
