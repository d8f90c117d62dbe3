import type { ObservedService, Observer } from '../../engine/observation';
import { type BatchLoad, groupBy } from '../../kernel/loaders';
import { findObserved, findObservers } from './observations.store';

/** Workflows that observe an environment, by name. */
export const observersOfEnvironment: BatchLoad<Observer[]> = async (app, ids) =>
  groupBy(await findObservers(app.database, ids), ({ environmentId }) => environmentId);

/** Newest observations of the services of an environment. */
export const observedInEnvironment: BatchLoad<ObservedService[]> = async (app, ids) =>
  groupBy(await findObserved(app.database, ids), ({ environmentId }) => environmentId);
