import { type BatchLoad, groupBy } from '../../kernel/loaders';
import type { SecretEntry } from './secrets';
import { findEntriesOfApplications, findEntriesOfEnvironments, findWorkflowsOfSecrets } from './secrets.store';

export const secretsOfApplication: BatchLoad<SecretEntry[]> = async (app, ids) =>
  groupBy(await findEntriesOfApplications(app.database, ids), (row) => row.applicationId);

export const secretsOfEnvironment: BatchLoad<SecretEntry[]> = async (app, ids) =>
  groupBy(await findEntriesOfEnvironments(app.database, ids), (row) => row.environmentId ?? '');

/** IDs of the workflows that name a secret, sorted by the workflows' names. */
export const workflowsOfSecret: BatchLoad<string[]> = async (app, ids) =>
  new Map(
    (await findWorkflowsOfSecrets(app.database, ids)).map(({ secretId, workflowIds }) => [secretId, workflowIds]),
  );
