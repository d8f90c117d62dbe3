import { environments } from '../../catalog/environments/environments';
import { baseName } from '../../catalog/language/matrix';
import { services } from '../../catalog/services/services';
import type { RecordedDeployment } from '../../engine/deployment';
import { deployedServices, isMarked } from '../../engine/deployments';
import type { Execution } from '../../engine/execution';
import type { Db } from '../../kernel/database/database';
import { Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { findExecutions } from '../execution/executions.store';
import { findNewestDeployments, findServiceNames } from './deployments.store';
import { byPlace, keyOf } from './places';

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
  const images = await Promise.all(aims.map((aim) => imagesOf(app, db, aim)));
  const places = aims.flatMap(({ environmentId }, index) =>
    environmentId === null ? [] : (images[index] ?? []).map((one) => ({ ...one, environmentId })),
  );
  if (places.length === 0) return [];
  const others = (await findNewestDeployments(db, [...byPlace(places).values()])).filter(
    (one) => one.status === 'SUCCEEDED' && one.runId !== runId,
  );
  if (others.length === 0) return [];
  const ids = (key: 'environmentId' | 'serviceId') => [...new Set(others.map((one) => one[key]))];
  const [runs, environmentRows, serviceRows] = await Promise.all([
    findExecutions(db, [...new Set([runId, ...others.map((one) => one.runId)])]),
    environments.findWithDeleted(db, ids('environmentId')),
    services.findWithDeleted(db, ids('serviceId')),
  ]);
  const startOf = (id: string) => runs.find((run) => run.id === id)?.createdAt.getTime() ?? 0;
  const nameOf = (rows: readonly { id: string; name: string }[], id: string) =>
    rows.find((row) => row.id === id)?.name ?? id;
  const planned = byPlace(places);
  return others
    .filter((one) => startOf(one.runId) > startOf(runId))
    .map((now) => ({
      environmentId: now.environmentId,
      environment: nameOf(environmentRows, now.environmentId),
      serviceId: now.serviceId,
      service: nameOf(serviceRows, now.serviceId),
      now,
      image: planned.get(keyOf(now))?.image ?? '',
    }));
}

async function imagesOf(app: App, db: Db, { environmentId, images, revisionId, tasks }: Aim) {
  const all = Object.entries(images).map(([serviceId, image]) => ({ serviceId, image }));
  if (environmentId === null || all.length === 0 || revisionId === null) return [];
  const { definition } = await app.workflowRevisions.get(db, revisionId);
  if (!isMarked(definition)) return all;
  const running = tasks === undefined ? Object.keys(definition.tasks) : await tasks();
  const marks = [...new Set(running.map(baseName))].map((name) => definition.tasks[name]?.deploys ?? []);
  if (marks.includes(true)) return all;
  const rows = await findServiceNames(
    db,
    all.map(({ serviceId }) => serviceId),
  );
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  const named = marks.flatMap((mark) => (mark === true ? [] : mark));
  const deployed = new Set(named.length === 0 ? [] : deployedServices(named, definition.services, names));
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
