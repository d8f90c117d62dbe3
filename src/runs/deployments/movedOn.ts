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
import { keyOf, placesOf } from './places';

/** Deployments that a workflow would make: its images, limited to those that the tasks which would run deploy. */
export interface Aim extends Pick<Execution, 'environmentId' | 'images'> {
  readonly revisionId: string | null;
  /** Names of the tasks that would run; read only if tasks declare what they deploy. Defaults to all tasks. */
  readonly tasks?: () => Promise<readonly string[]> | readonly string[];
}

/** An image that a later run has deployed, and the image that would replace it. */
export interface Replacement {
  /** Run that would replace it. */
  readonly runId: string;
  readonly environmentId: string;
  readonly environment: string;
  readonly serviceId: string;
  readonly service: string;
  readonly now: RecordedDeployment;
  readonly image: string;
}

/** Places among the targets of this run to which later runs have deployed since. */
export const findMovedOn = (
  app: App,
  db: Db,
  { runId }: Pick<Execution, 'runId'>,
  aims: readonly Aim[],
): Promise<Replacement[]> =>
  findReplaced(
    app,
    db,
    aims.map((aim) => ({ ...aim, runId })),
  );

/** The same for several runs; each replacement names its run. */
export async function findReplaced(
  app: App,
  db: Db,
  aims: readonly (Aim & Pick<Execution, 'runId'>)[],
): Promise<Replacement[]> {
  const deploying = aims.filter((aim) => aim.revisionId !== null && deploys(aim));
  if (deploying.length === 0) return [];
  const names = once(() => namesOf(db, deploying));
  const [images, later] = await Promise.all([
    Promise.all(deploying.map((aim) => imagesOf(app, db, aim, names))),
    findLaterDeployments(
      db,
      deploying.flatMap((aim) => placesOf([aim]).map((place) => ({ ...place, runId: aim.runId }))),
    ),
  ]);
  const planned = new Map<string, string>();
  for (const [index, { runId, environmentId }] of deploying.entries())
    for (const { serviceId, image } of images[index] ?? [])
      planned.set(`${runId} ${keyOf({ environmentId: environmentId ?? '', serviceId })}`, image);
  const replaced = new Map(
    later.flatMap((now) => {
      const key = `${now.olderRunId} ${keyOf(now)}`;
      const image = planned.get(key);
      return image === undefined ? [] : [[key, { now, image }] as const];
    }),
  );
  if (replaced.size === 0) return [];
  const rows = [...replaced.values()];
  const [environmentRows, serviceRows] = await Promise.all([
    environments.findWithDeleted(db, [...new Set(rows.map(({ now }) => now.environmentId))]),
    services.findWithDeleted(db, [...new Set(rows.map(({ now }) => now.serviceId))]),
  ]);
  const nameOf = (named: readonly { id: string; name: string }[], id: string) =>
    named.find((row) => row.id === id)?.name ?? id;
  return rows.map(({ now, image }) => ({
    runId: now.olderRunId,
    environmentId: now.environmentId,
    environment: nameOf(environmentRows, now.environmentId),
    serviceId: now.serviceId,
    service: nameOf(serviceRows, now.serviceId),
    now,
    image,
  }));
}

type Names = ReadonlyMap<string, string>;

/** Names of all services that any of them has an image of. */
async function namesOf(db: Db, aims: readonly Aim[]): Promise<Names> {
  const rows = await findServiceNames(db, [...new Set(aims.flatMap(({ images }) => Object.keys(images)))]);
  return new Map(rows.map(({ id, name }) => [id, name]));
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= work();
    return made;
  };
}

/** Images of the services that the tasks which would run deploy. */
async function imagesOf(app: App, db: Db, { images, revisionId, tasks }: Aim, names: () => Promise<Names>) {
  const all = Object.entries(images).map(([serviceId, image]) => ({ serviceId, image }));
  const { definition } = await app.workflowRevisions.get(db, revisionId ?? '');
  if (!isMarked(definition)) return all;
  const running = tasks === undefined ? Object.keys(definition.tasks) : await tasks();
  const marks = [...new Set(running.map(baseName))].map((name) => definition.tasks[name]?.deploys ?? []);
  if (marks.includes(true)) return all;
  const named = marks.flatMap((mark) => (mark === true ? [] : mark));
  if (named.length === 0) return [];
  const known = await names();
  const own = new Map(all.map(({ serviceId }) => [serviceId, known.get(serviceId) ?? '']));
  const deployed = new Set(deployedServices(named, definition.services, own));
  return all.filter(({ serviceId }) => deployed.has(serviceId));
}

/** The replacement in the form that errors list. */
const asConflict = ({ environment, service, now, image }: Replacement) => ({
  ...{ environment, service, deployed: now.image, runId: now.runId, image },
});

/** Text that lists which image is deployed where. */
export const inWords = (
  conflicts: readonly { readonly service: string; readonly deployed: string | null; readonly environment: string }[],
): string => conflicts.map((one) => `${one.service} ${one.deployed} in ${one.environment}`).join(', ');

/** Null unless it would replace something and the caller has not overruled that. */
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
