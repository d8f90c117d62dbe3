import type { Actor, ActorRef } from '../../access/actor';
import type { Db } from '../../kernel/database/database';
import type { Execution } from '../../engine/execution';
import { requireStages } from '../execution/requireStages';
import { Refusal } from '../../kernel/errors';
import type { RestorePlan } from './restorePlan';

/** Only the user who started a run, under any of their keys, or an administrator may restore it. */
export function requireCreator(
  actor: Actor,
  { cause, applicationId }: Pick<Execution, 'cause' | 'applicationId'>,
): void {
  if (actor.access.administrator || isSame(actor, cause)) return;
  const missing = 'having started the run, or membership of Account Administrator';
  throw new Refusal('FORBIDDEN', `Only the user who started the run or an administrator may restore it.`, {
    missing,
    applicationId,
  });
}

const isSame = (actor: Actor, cause: ActorRef): boolean =>
  (actor.kind === cause.kind && actor.id === cause.id) ||
  (cause.personId != null && cause.personId === actor.access.personId);

/**
 * The creator must still be allowed to run the restored configuration: an old run does not give back revoked rights.
 */
export async function requireRestore(
  db: Db,
  actor: Actor,
  run: Execution,
  { reversals, steps }: RestorePlan,
): Promise<void> {
  requireCreator(actor, run);
  const environments = [
    ...reversals.map((one) => one.environmentId),
    ...steps.flat().flatMap(({ member }) => member.environmentId ?? []),
  ];
  if (environments.length === 0) return;
  await requireStages(
    db,
    actor,
    run,
    [...new Set(environments)].map((environmentId) => ({ environmentId })),
  );
}
