import { partNamed } from '../loadNamed';
import { type BatchLoad, byKey, groupBy } from '../../kernel/loaders';
import type { Deployment, Environment } from './environment';
import { environments, findCurrentDeployments } from './environments.store';

/** Deleted ones too: an execution still aims at its environment. */
export const environmentById: BatchLoad<Environment> = async (app, ids) =>
  byKey(await environments.findWithDeleted(app.database, ids), (row) => row.id);

export const deploymentsOfEnvironment: BatchLoad<Deployment[]> = async (app, ids) =>
  groupBy(await findCurrentDeployments(app.database, ids), (row) => row.environmentId);

export const environmentNamed = partNamed(environments);
