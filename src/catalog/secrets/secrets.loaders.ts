import { type BatchLoad, groupBy } from '../../kernel/loaders';
import type { SecretEntry } from './secrets';
import { findEntriesOfApplications, findEntriesOfEnvironments } from './secrets.store';

export const secretsOfApplication: BatchLoad<SecretEntry[]> = async (app, ids) =>
  groupBy(await findEntriesOfApplications(app.database, ids), (row) => row.applicationId);

export const secretsOfEnvironment: BatchLoad<SecretEntry[]> = async (app, ids) =>
  groupBy(await findEntriesOfEnvironments(app.database, ids), (row) => row.environmentId ?? '');
