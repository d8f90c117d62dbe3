import type { Actor } from '../../access/actor';
import { findEnvironmentTargets } from '../../access/targets.store';
import { subjectFor } from '../../access/visible';
import { findFreezesOf } from '../../catalog/freezes/freezes.store';
import type { Freeze } from '../../catalog/freezes/freezes';
import { type Closed, closedAt, frozenText, withoutExceptions } from '../../catalog/freezes/freezeState';
import type { Execution } from '../../engine/execution';
import { frozenDetails } from '../../engine/freezes';
import type { Db } from '../../kernel/database/database';
import { Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { findExecution } from '../execution/executions.store';
import type { MayOverrideFreeze } from './overrideFreeze';

/** An environment to which something would deploy, and the services. */
export interface Deploying {
  readonly environmentId: string | null;
  readonly serviceIds: readonly string[];
}

export const deployingOf = ({ environmentId, images }: Pick<Execution, 'environmentId' | 'images'>): Deploying => ({
  environmentId,
  serviceIds: Object.keys(images),
});

/** An environment that is frozen for a deployment. */
export interface Frozen extends Closed<Freeze> {
  readonly environmentId: string;
  readonly environment: string;
}

/** Environments that are frozen for this actor at a moment, each once. */
export async function findFrozen(db: Db, actor: Actor, deploying: readonly Deploying[], at: Date): Promise<Frozen[]> {
  const wanted = deploying.filter(({ serviceIds }) => serviceIds.length > 0);
  const known = await findFreezesOf(db, [...new Set(wanted.flatMap(({ environmentId }) => environmentId ?? []))]);
  const isInGroup = (id: string) => actor.access.hasGroup(id);
  const found = new Map<string, Closed<Freeze>>();
  for (const { environmentId, serviceIds } of wanted) {
    const freezes = withoutExceptions(known.get(environmentId ?? '') ?? [], { serviceIds, isInGroup });
    const closed = closedAt(freezes, at);
    if (environmentId !== null && closed !== null) found.set(environmentId, closed);
  }
  if (found.size === 0) return [];
  const names = new Map((await findEnvironmentTargets(db, [...found.keys()])).map(({ id, name }) => [id, name]));
  return [...found].map(([environmentId, closed]) => ({
    ...closed,
    environmentId,
    environment: names.get(environmentId) ?? environmentId,
  }));
}

export function refuseFrozen(frozen: readonly Frozen[]): Refusal | null {
  const [first] = frozen;
  if (first === undefined) return null;
  const text = frozenText(first.environment, first);
  return new Refusal('ENVIRONMENT_FROZEN', `E${text.slice(1)}.`, frozenDetails(first.environmentId, first));
}

/** Freezes that something which begins would meet, for previews: none with an override. */
export async function previewFreezes(
  app: App,
  actor: Actor,
  deploying: readonly Deploying[],
  { overrideFreeze }: MayOverrideFreeze,
  onFreeze: 'WAIT' | 'REFUSE',
): Promise<{ readonly frozen: readonly Frozen[]; readonly refusal: Refusal | null }> {
  if (overrideFreeze != null) return { frozen: [], refusal: null };
  const frozen = await findFrozen(app.database, actor, deploying, app.clock.now());
  return { frozen, refusal: onFreeze === 'REFUSE' ? refuseFrozen(frozen) : null };
}

/** Requires the permission to override freezes, for each environment that would be deployed to. */
export async function requireOverride(
  db: Db,
  actor: Actor,
  execution: Execution,
  environments: readonly { readonly environmentId: string | null }[],
): Promise<void> {
  const subject = await subjectFor({ database: db }, 'Execution', execution);
  const ids = environments.flatMap(({ environmentId }) => environmentId ?? []);
  const targets = await findEnvironmentTargets(db, [...new Set(ids)]);
  actor.access.requireForEnvironments('OVERRIDE_FREEZE', 'Execution', subject, targets);
}

/**
 * Refuses what can't wait within a freeze: a restore, which has a deadline, and a retry of a task in an element that has
 * begun.
 */
export async function requireNotFrozen(
  app: App,
  db: Db,
  actor: Actor,
  execution: Execution,
  deploying: readonly Deploying[],
  { overrideFreeze }: MayOverrideFreeze,
): Promise<void> {
  if (overrideFreeze != null) return requireOverride(db, actor, execution, deploying);
  const refusal = refuseFrozen(await findFrozen(db, actor, deploying, app.clock.now()));
  if (refusal !== null) throw refusal;
}

/** The same for a retry within an attempt, which may have an override. That of an attempt does not count for a restore. */
export async function requireNotFrozenIn(
  ...[app, db, actor, execution, deploying, input]: Parameters<typeof requireNotFrozen>
): Promise<void> {
  const run = execution.id === execution.runId ? execution : await findExecution(db, execution.runId);
  if (input.overrideFreeze == null && run?.freezeOverride != null) return;
  await requireNotFrozen(app, db, actor, execution, deploying, input);
}
