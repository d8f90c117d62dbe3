import { createHash } from 'node:crypto';
import { type Application, applications } from '../../catalog/applications/applications';
import type { Environment } from '../../catalog/environments/environments';
import { dependenciesAmong, inLevels, qualifiedName, type ServiceGraph } from '../../catalog/language/serviceGraph';
import { findDependencies } from '../../catalog/services/serviceDependencies.store';
import { services } from '../../catalog/services/services';
import type { Db } from '../../kernel/database/database';
import { Refusal, type RefusalCode } from '../../kernel/errors';
import type { App } from '../app';
import { findStanding } from '../deployments/deployments.store';
import { byPlace, keyOf } from '../deployments/places';
import { findStates } from '../deployments/states.store';
import { findSteps, type PlannedPlace, type RollbackStep, type StartablePlan, underWay } from './planRollback';

/** Environments to bring back to a moment. */
export interface EnvironmentsQuestion {
  readonly environments: readonly Environment[];
  readonly time: Date;
  /** True to bring back what can be brought back, and leave the rest as it is. */
  readonly leaveOut: boolean;
  readonly overrule: boolean;
}

/** A service that can't be brought back to the moment, and why. */
export interface LeftPlace {
  readonly environmentId: string;
  readonly environment: string;
  readonly serviceId: string;
  readonly service: string;
  readonly code: RefusalCode;
  readonly reason: string;
}

/** Everything that `restoreEnvironments` would do now, and everything that prevents it. */
export interface EnvironmentsPlan extends StartablePlan {
  readonly time: Date;
  readonly environments: readonly Environment[];
  /** Applications of the places, in the order in which they have to be brought back. */
  readonly applications: readonly Application[];
  readonly left: readonly LeftPlace[];
  /** Steps in stages: a service comes after those that it depends on. */
  readonly stages: readonly (readonly RollbackStep[])[];
}

export async function planEnvironments(app: App, db: Db, question: EnvironmentsQuestion): Promise<EnvironmentsPlan> {
  const { environments, time, leaveOut, overrule } = question;
  const names = new Map(environments.map(({ id, name }) => [id, name]));
  const { candidates, differing, left } = await comparePlaces(db, question);
  const { steps, gone } = await findSteps(app, db, differing);
  for (const { place, refusal } of gone) {
    if (left.some((one) => keyOf(one) === keyOf(place))) continue;
    left.push(leftOut(place, names, refusal.code, `t${refusal.message.slice(1, -1)}`));
  }
  const places = differing.filter((place) => !gone.some((one) => one.place === place));
  const { stages, inOrder } = await inOrderOfDependencies(db, places, steps);
  const refusals = [
    ...nothingToDo(places),
    ...severalApplications(inOrder),
    ...(leaveOut ? [] : notPossible(left)),
    ...underWay(names, places, overrule),
  ];
  const parts = partsOf(places, left, steps);
  const named = candidates.map((one) => ({
    key: keyOf(one),
    name: `${one.service} in ${names.get(one.environmentId) ?? one.environmentId}`,
  }));
  return {
    ...{ time, environments, applications: inOrder, places, left, stages, refusals },
    token: tokenOf(question, parts),
    changesSince: (token) => changesSince(token, parts, named),
  };
}

type NamedPlace = Pick<PlannedPlace, 'environmentId' | 'serviceId' | 'service'>;

const leftOut = (
  { environmentId, serviceId, service }: NamedPlace,
  names: ReadonlyMap<string, string>,
  code: RefusalCode,
  reason: string,
): LeftPlace => ({
  ...{ environmentId, serviceId, service, code, reason },
  environment: names.get(environmentId) ?? environmentId,
});

/** Services of the environments, and those whose images differ from the moment. */
async function comparePlaces(db: Db, { environments, time }: EnvironmentsQuestion) {
  const ids = environments.map(({ id }) => id);
  const names = new Map(environments.map(({ id, name }) => [id, name]));
  const [known, standing, states] = await Promise.all([
    services.ofApplications(db, [...new Set(environments.map(({ applicationId }) => applicationId))]),
    findStanding(db, 'environmentId', ids),
    findStates(
      db,
      ids.map((environmentId) => ({ environmentId, at: time })),
    ),
  ]);
  const now = byPlace(standing.filter(({ status }) => status === 'SUCCEEDED'));
  const open = byPlace(standing.filter(({ status }) => status !== 'SUCCEEDED'));
  const wanted = byPlace(
    states.filter(({ status, endedAt }) => status === 'SUCCEEDED' && endedAt !== null && endedAt <= time),
  );
  const candidates = environments.flatMap(({ id: environmentId, applicationId }) =>
    known
      .filter((service) => service.applicationId === applicationId)
      .map(({ id: serviceId, name: service }): NamedPlace => ({ environmentId, serviceId, service })),
  );
  const differing: PlannedPlace[] = [];
  const left: LeftPlace[] = [];
  for (const place of candidates) {
    const key = keyOf(place);
    const [current = null, unsettled = null, to] = [now.get(key), open.get(key), wanted.get(key)];
    if (to !== undefined) {
      if (unsettled !== null || current?.image !== to.image) differing.push({ ...place, now: current, unsettled, to });
    } else if (current !== null || unsettled !== null)
      left.push(leftOut(place, names, 'NOTHING_TO_ROLL_BACK', 'nothing of it was deployed at that time'));
  }
  return { candidates, differing, left };
}

/** Steps in stages, and applications in order: a service comes after those that it depends on. */
async function inOrderOfDependencies(db: Db, places: readonly PlannedPlace[], steps: readonly RollbackStep[]) {
  const [rows, dependencies] = await Promise.all([
    services.findWithDeleted(db, [...new Set(places.map(({ serviceId }) => serviceId))]),
    findDependencies(db),
  ]);
  const ownerOf = new Map(rows.map(({ id, applicationId }) => [id, applicationId]));
  const owners = await applications.findWithDeleted(db, [...new Set(ownerOf.values())]);
  const applicationNames = new Map(owners.map(({ id, name }) => [id, name]));
  const nameOf = ({ serviceId, service }: PlannedPlace) =>
    qualifiedName(applicationNames.get(ownerOf.get(serviceId) ?? '') ?? '', service);
  const graph: ServiceGraph = new Map(
    dependencies.map(({ application, name, dependsOn }) => [
      qualifiedName(application, name),
      dependsOn.map((one) => qualifiedName(application, one)),
    ]),
  );
  const needed = dependenciesAmong(graph, new Set(places.map(nameOf)));
  const needs = (own: readonly PlannedPlace[], others: readonly PlannedPlace[]) =>
    own.some((one) => others.some((other) => needed.get(nameOf(one))?.has(nameOf(other)) === true));
  const placesOf = (id: string) => places.filter(({ serviceId }) => ownerOf.get(serviceId) === id);
  const byName = [...owners].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    stages: inLevels(
      steps,
      (step, other) => step.environmentId === other.environmentId && needs(step.places, other.places),
    ),
    inOrder: inLevels(byName, (one, other) => needs(placesOf(one.id), placesOf(other.id))).flat(),
  };
}

function nothingToDo(places: readonly PlannedPlace[]): Refusal[] {
  if (places.length > 0) return [];
  return [
    new Refusal('NOTHING_TO_ROLL_BACK', 'No service that can be brought back differs from its state at that time.'),
  ];
}

/** An execution belongs to one application: the rights to see, abort or resume it are those of that application. */
function severalApplications(inOrder: readonly Application[]): Refusal[] {
  if (inOrder.length < 2) return [];
  const names = inOrder.map(({ name }) => name).join(', ');
  const message = `Services of ${inOrder.length} applications differ, but an execution belongs to one application. Restore one application after another: ${names}.`;
  const details = { applications: inOrder.map(({ id, name }) => ({ id, name })) };
  return [new Refusal('SEVERAL_APPLICATIONS', message, details)];
}

function notPossible(left: readonly LeftPlace[]): Refusal[] {
  if (left.length === 0) return [];
  const texts = left.map(({ service, environment, reason }) => `${service} in ${environment}: ${reason}`);
  const message = `Services can’t be brought back to that time: ${texts.join('; ')}. Send leaveOut: true to leave them as they are.`;
  const details = { services: left.map(({ environment, service, code }) => ({ environment, service, code })) };
  return [new Refusal('PARTLY_GONE', message, details)];
}

const hash = (value: unknown, length: number): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, length);

const WHOLE = 22;
const PART = 6;
/** Tokens name as many places; of further ones it is only known that something changed. */
const MOST_PARTS = 500;

/** A hash for each place of what happens to it. */
function partsOf(
  places: readonly PlannedPlace[],
  left: readonly LeftPlace[],
  steps: readonly RollbackStep[],
): ReadonlyMap<string, string> {
  const stepsOf = (place: PlannedPlace) =>
    steps
      .filter((step) => step.places.includes(place))
      .map(({ workflowId, attempt }) => [workflowId, attempt.executionId, attempt.attempt]);
  return new Map([
    ...places.map((place): [string, string] => {
      const { now, unsettled, to } = place;
      return [keyOf(place), hash([now?.id, unsettled?.id, unsettled?.status, to.id, stepsOf(place)], PART)];
    }),
    ...left.map((place): [string, string] => [keyOf(place), hash(place.code, PART)]),
  ]);
}

/** A hash of the whole plan, then one of each place and of what happens to it. */
function tokenOf({ time, environments }: EnvironmentsQuestion, parts: ReadonlyMap<string, string>): string {
  const all = [...parts].sort(([a], [b]) => (a < b ? -1 : 1));
  const whole = hash([time.toISOString(), environments.map(({ id }) => id).sort(), all], WHOLE);
  return (
    whole +
    all
      .slice(0, MOST_PARTS)
      .map(([key, part]) => hash(key, PART) + part)
      .join('')
  );
}

function changesSince(
  token: string,
  parts: ReadonlyMap<string, string>,
  named: readonly { readonly key: string; readonly name: string }[],
): string[] {
  const before = new Map<string, string>();
  for (let at = WHOLE; at + 2 * PART <= token.length; at += 2 * PART)
    before.set(token.slice(at, at + PART), token.slice(at + PART, at + 2 * PART));
  return named.flatMap(({ key, name }) => {
    const [then, now] = [before.get(hash(key, PART)), parts.get(key)];
    if (then === now) return [];
    return [now === undefined ? `${name} no longer differs from that time` : `${name} has changed`];
  });
}
