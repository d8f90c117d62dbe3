import { artifactSource } from '../../catalog/language/artifactSource';
import { baseName } from '../../catalog/language/matrix';
import { secretsOfTask } from '../../catalog/language/workflow';
import { SHORTEST_SECRET } from '../../contract/secretParts';
import type { JobInput } from '../../contract/agentProtocol';
import { hashSecret } from '../../kernel/ids';
import { invalidInput, notFound, Refusal, staleClaim } from '../../kernel/errors';
import type { App } from '../app';
import { type Claim, findLeases, type LeaseWithJob } from '../queue/jobs.store';
import { openSecrets } from '../queue/openSecrets';
import { findRestoredAttempt } from '../restores/restores.store';
import { findJobPlace } from './artifacts.store';
import { requireLease } from './artifactUpload';
import { globPattern } from './globPattern';
import { findListed, findTaken, MOST_LISTED } from './takenArtifacts.store';

const PREFIX = 'swj_';

/** Token for the command of a claimed job: for files of this job, as long as the claim lasts. */
export const artifactToken = async ({ signing }: App, { jobId, tokenHash }: Claim): Promise<string> =>
  PREFIX + (await signing.sign('job token', jobId, tokenHash));

export const isArtifactToken = (token: string): boolean => token.startsWith(PREFIX);

/**
 * Claim that a token stands for: a claim token, or the token of a command. The latter is bound to the claim, so it ends
 * with it.
 */
export async function claimOfToken(app: App, jobId: string, token: string): Promise<Claim> {
  if (!isArtifactToken(token)) return { jobId, tokenHash: hashSecret(token) };
  const [lease] = await findLeases(app.database, [jobId]);
  const given = token.slice(PREFIX.length);
  const holds = lease !== undefined && (await app.signing.isSigned(given, 'job token', jobId, lease.tokenHash));
  if (!holds) throw staleClaim();
  return { jobId, tokenHash: lease.tokenHash };
}

/** Files that a running job may download: of one source, as in `artifacts.from`, or of all tasks that have succeeded. */
export async function listForJob(
  app: App,
  claim: Claim,
  { from, name }: { readonly from: string | null; readonly name: string | null },
): Promise<JobInput[]> {
  const lease = await requireLease(app.database, claim);
  const pattern = name === null ? null : globPattern(name);
  if (pattern === undefined) {
    const message = 'name must be a relative path, in which * and ** are special.';
    throw invalidInput([{ field: 'name', value: name, rule: 'GLOB', message }]);
  }
  const found =
    from === null ? await findListed(app.database, lease, pattern) : await takenFrom(app, lease, from, pattern);
  if (found.length > MOST_LISTED) {
    const message = `There are more than ${MOST_LISTED} files; name those to download.`;
    throw new Refusal('TOO_LARGE', message, { limit: MOST_LISTED });
  }
  return found;
}

async function takenFrom(app: App, lease: LeaseWithJob, from: string, pattern: string | null): Promise<JobInput[]> {
  const { definition, type } = await definitionOf(app, lease);
  const restored = type === 'restore' ? await findRestoredAttempt(app.database, lease.taskExecutionId) : null;
  const source = artifactSource(from, definition.tasks);
  const { inputs } = await findTaken(app.database, { ...lease, restored }, source, definition.tasks, pattern);
  return [...inputs];
}

/**
 * Refuses names and targets that contain a secret of the job: they are visible to anyone who may see the execution.
 * For uploads by the command itself; an agent checks its own.
 */
export async function refuseSecretNames(app: App, claim: Claim, texts: readonly string[]): Promise<void> {
  const lease = await requireLease(app.database, claim);
  const { definition, task, place } = await definitionOf(app, lease);
  const own = definition.tasks[baseName(task)];
  const names = own === undefined ? [] : secretsOfTask(definition, own);
  const [opened] = await openSecrets(app, [{ place, names }]);
  const values = Object.values(opened?.values ?? {}).filter((value) => value.length >= SHORTEST_SECRET);
  if (!texts.some((text) => values.some((value) => text.includes(value)))) return;
  const message = 'The name of the artifact contains a secret.';
  throw invalidInput([{ field: 'name', value: null, rule: 'SECRET', message }]);
}

async function definitionOf(app: App, { jobId }: LeaseWithJob) {
  const place = await findJobPlace(app.database, jobId);
  if (place === undefined) throw notFound('job', jobId);
  const { definition } = await app.workflowRevisions.get(app.database, place.revisionId);
  return { definition, task: place.task, type: place.type, place };
}
