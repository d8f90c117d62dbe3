import type { Actor } from '../../access/actor';
import { visible } from '../../access/visible';
import { type Environment, environments } from '../../catalog/environments/environments';
import { readPart } from '../../catalog/parts.queries';
import { secretsOfEnvironment } from '../../catalog/secrets/secrets.loaders';
import { services } from '../../catalog/services/services';
import type { RecordedDeployment } from '../../engine/deployment';
import type { Loaders } from '../../kernel/loaders';
import type { App } from '../app';
import { type ComparedValue, comparedValues } from '../views/comparisons';
import { momentKey, type ServiceState, servicesAt, variablesAt } from './environmentStates';
import { findImageAges } from './states.store';

/** An environment and a time; null: now. A time in the future is now. */
export interface AskedMoment {
  readonly environmentId: string;
  readonly at: Date | null;
}

export interface ComparedService {
  readonly serviceId: string;
  readonly name: string;
  readonly a: RecordedDeployment | null;
  readonly b: RecordedDeployment | null;
  /** Side that has the newer image: the one that was first deployed anywhere later than the other. */
  readonly newer: 'A' | 'B' | null;
}

export interface EnvironmentComparison {
  readonly a: { readonly environment: Environment; readonly at: Date };
  readonly b: { readonly environment: Environment; readonly at: Date };
  readonly services: readonly ComparedService[];
  readonly variables: readonly ComparedValue[];
  /** Names of secrets that only one of them has now. */
  readonly secrets: readonly { readonly name: string; readonly a: boolean; readonly b: boolean }[];
}

interface Reading {
  readonly app: App;
  readonly actor: Actor;
  readonly loaders: Loaders;
}

export const pastOrNow = ({ clock }: App, at: Date | null): Date => {
  const now = clock.now();
  return at === null || at > now ? now : at;
};

/** Differences between two environments, or between two moments of one. Services are matched by name. */
export async function compareEnvironments(
  reading: Reading,
  first: AskedMoment,
  second: AskedMoment,
  includeEqual = false,
): Promise<EnvironmentComparison> {
  const [a, b] = await Promise.all([readSide(reading, first), readSide(reading, second)]);
  const names = [...new Set([...a.services.keys(), ...b.services.keys()])].sort();
  const different = names.flatMap((name) => {
    const [one, other] = [a.services.get(name), b.services.get(name)];
    const state = one ?? other;
    const [image, otherImage] = [one?.deployment?.image, other?.deployment?.image];
    if (state === undefined || (image === otherImage && (!includeEqual || image === undefined))) return [];
    return [{ name, serviceId: state.serviceId, a: one?.deployment ?? null, b: other?.deployment ?? null }];
  });
  const ages = await imageAges(
    reading.app,
    different.flatMap((row) => [row.a ?? [], row.b ?? []].flat()),
  );
  const [own, others] = [new Map(Object.entries(a.variables)), new Map(Object.entries(b.variables))];
  const values = comparedValues(own, others, includeEqual);
  const secrets = [...new Set([...a.secrets, ...b.secrets])]
    .sort()
    .map((name) => ({ name, a: a.secrets.has(name), b: b.secrets.has(name) }));
  return {
    a: a.moment,
    b: b.moment,
    services: different.map((row) => ({ ...row, newer: newerOf(row.a, row.b, ages) })),
    variables: values.listed,
    secrets: secrets.filter((one) => includeEqual || one.a !== one.b),
  };
}

const ageKey = (one: Pick<RecordedDeployment, 'serviceId' | 'image'>): string => `${one.serviceId} ${one.image}`;

export type ImageAges = ReadonlyMap<string, number>;

/** Ages of the images of these deployments. */
export async function imageAges(app: Pick<App, 'database'>, of: readonly RecordedDeployment[]): Promise<ImageAges> {
  if (of.length === 0) return new Map();
  const images = new Map(of.map(({ serviceId, image }) => [ageKey({ serviceId, image }), { serviceId, image }]));
  return new Map((await findImageAges(app.database, [...images.values()])).map((one) => [ageKey(one), one.number]));
}

export function newerOf(a: RecordedDeployment | null, b: RecordedDeployment | null, ages: ImageAges): 'A' | 'B' | null {
  if (a === null || b === null || a.image === b.image) return null;
  return (ages.get(ageKey(a)) ?? 0) > (ages.get(ageKey(b)) ?? 0) ? 'A' : 'B';
}

async function readSide({ app, actor, loaders }: Reading, { environmentId, at }: AskedMoment) {
  const environment = await readPart(app, actor, environments, environmentId);
  const moment = { environmentId, at: pastOrNow(app, at) };
  const key = momentKey(moment);
  const [states = [], variables = {}, secrets = []] = await Promise.all([
    loaders.load(servicesAt, key),
    loaders.load(variablesAt, key),
    loaders.load(secretsOfEnvironment, environmentId),
  ]);
  const named = await Promise.all(
    states.map(async (state): Promise<[string, ServiceState][]> => {
      const row = await loaders.load(services.byId, state.serviceId);
      const seen = await visible(actor.access, loaders, 'Service', row);
      return seen === null ? [] : [[seen.name, state]];
    }),
  );
  return {
    moment: { environment, at: moment.at },
    services: new Map(named.flat()),
    variables,
    secrets: new Set(secrets.map(({ name }) => name)),
  };
}
