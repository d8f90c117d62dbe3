import { environments } from '../../catalog/environments/environments';
import { baseName } from '../../catalog/language/matrix';
import { services } from '../../catalog/services/services';
import type { RecordedDeployment } from '../../engine/deployment';
import { deployedServices, deploys, isMarked } from '../../engine/deployments';
import type { Execution } from '../../engine/execution';
import type { Db } from '../../kernel/database/database';
import { Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { findLaterDeployments, findServiceNames } from './deployments.store';
import { byPlace, keyOf, placesOf } from './places';

/** What a workflow would deploy: its images, as far as the tasks that would run deploy them. */
export interface Aim extends Pick<Execution, 'environmentId' | 'images'> {
  readonly revisionId: string | null;
  /** Names of the tasks that would run; asked for only where tasks say what they deploy. Without it: all. */
  readonly tasks?: () => Promise<readonly string[]> | readonly string[];
}

/** An image that a run which started later has brought somewhere, and the one that would replace it. */
export interface Replacement {
  readonly environmentId: string;
  readonly environment: string;
  readonly serviceId: string;
  readonly service: string;
  readonly now: RecordedDeployment;
  readonly image: string;
}

/** Where runs that started later than this one have deployed since, of all places that it would deploy to. */
export async function findMovedOn(
  app: App,
  db: Db,
  { runId }: Pick<Execution, 'runId'>,
  aims: readonly Aim[],
): Promise<Replacement[]> {
  const deploying = aims.filter((aim) => aim.revisionId !== null && deploys(aim));
  if (deploying.length === 0) return [];
  const [images, later] = await Promise.all([
    Promise.all(deploying.map((aim) => imagesOf(app, db, aim))),
    findLaterDeployments(db, runId, placesOf(deploying)),
  ]);
  const planned = byPlace(
    deploying.flatMap(({ environmentId }, index) =>
      (images[index] ?? []).map((one) => ({ ...one, environmentId: environmentId ?? '' })),
    ),
  );
  const replaced = later.filter((one) => planned.has(keyOf(one)));
  if (replaced.length === 0) return [];
  const [environmentRows, serviceRows] = await Promise.all([
    environments.findWithDeleted(db, [...new Set(replaced.map((one) => one.environmentId))]),
    services.findWithDeleted(db, [...new Set(replaced.map((one) => one.serviceId))]),
  ]);
  const nameOf = (rows: readonly { id: string; name: string }[], id: string) =>
    rows.find((row) => row.id === id)?.name ?? id;
  return replaced.map((now) => ({
    environmentId: now.environmentId,
    environment: nameOf(environmentRows, now.environmentId),
    serviceId: now.serviceId,
    service: nameOf(serviceRows, now.serviceId),
    now,
    image: planned.get(keyOf(now))?.image ?? '',
  }));
}

/** Images of the services that the tasks which would run deploy. */
async function imagesOf(app: App, db: Db, { images, revisionId, tasks }: Aim) {
  const all = Object.entries(images).map(([serviceId, image]) => ({ serviceId, image }));
  const { definition } = await app.workflowRevisions.get(db, revisionId ?? '');
  if (!isMarked(definition)) return all;
  const running = tasks === undefined ? Object.keys(definition.tasks) : await tasks();
  const marks = [...new Set(running.map(baseName))].map((name) => definition.tasks[name]?.deploys ?? []);
  if (marks.includes(true)) return all;
  const named = marks.flatMap((mark) => (mark === true ? [] : mark));
  if (named.length === 0) return [];
  const rows = await findServiceNames(
    db,
    all.map(({ serviceId }) => serviceId),
  );
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  const deployed = new Set(deployedServices(named, definition.services, names));
  return all.filter(({ serviceId }) => deployed.has(serviceId));
}

/** As errors list it. */
const asConflict = ({ environment, service, now, image }: Replacement) => ({
  ...{ environment, service, deployed: now.image, runId: now.runId, image },
});

/** In words: what is deployed where. */
export const inWords = (
  conflicts: readonly { readonly service: string; readonly deployed: string | null; readonly environment: string }[],
): string => conflicts.map((one) => `${one.service} ${one.deployed} in ${one.environment}`).join(', ');

/** Null unless something would be replaced that the caller did not say may be. */
export function refuseMovedOn(replaced: readonly Replacement[], overrule: boolean | null | undefined): Refusal | null {
  if (replaced.length === 0 || overrule === true) return null;
  const conflicts = replaced.map(asConflict);
  const message = `Runs that started later have deployed where this one would deploy: ${inWords(conflicts)}. Send overrule: true to replace it.`;
  return new Refusal('ENVIRONMENT_MOVED_ON', message, { conflicts });
}

export async function requireNotMovedOn(
  app: App,
  db: Db,
  run: Pick<Execution, 'runId'>,
  aims: readonly Aim[],
  overrule: boolean | null | undefined,
): Promise<void> {
  if (overrule === true) return;
  const refusal = refuseMovedOn(await findMovedOn(app, db, run, aims), overrule);
  if (refusal !== null) throw refusal;
}
