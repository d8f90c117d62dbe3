import { type Secret, type SecretPlace, secretsAt } from '../../catalog/secrets/secrets';
import { findSecretsFor } from '../../catalog/secrets/secrets.store';
import { topic } from '../../kernel/database/wakeups';
import type { App } from '../app';
import { findBases, findBindings, holdBindings, returnToClasses } from './boundJobs.store';

/** A job that was offered to an agent to which its environment or its secrets are not bound. */
export interface BoundJob {
  readonly place: SecretPlace & { readonly jobId: string };
  /** Names of the secrets that it uses. */
  readonly names: readonly string[];
}

/** Labels that a job requires: those of its task, and those to which its environment and its secrets are bound. */
export const boundLabels = (
  ofTask: readonly string[],
  ofEnvironment: readonly string[],
  secretNames: readonly string[],
  secrets: ReadonlyMap<string, Pick<Secret, 'agents'>>,
): string[] =>
  [...new Set([...ofTask, ...ofEnvironment, ...secretNames.flatMap((name) => secrets.get(name)?.agents ?? [])])].sort();

/**
 * Returns jobs to their places in the queue, as jobs that require the labels to which their environments and secrets are
 * bound. A binding can't change meanwhile: a change moves the jobs that it finds in the queue to where they belong
 * without bindings (`rebind_jobs` in the database), and the next claim decides again.
 */
export async function returnBound(app: App, jobs: readonly BoundJob[]): Promise<void> {
  if (jobs.length === 0) return;
  const places = jobs.map(({ place }) => place);
  await app.database.transaction(async (db) => {
    await holdBindings(db, [...new Set(places.map(({ applicationId }) => applicationId))].sort());
    const [bases, environments, secrets] = await Promise.all([
      findBases(
        db,
        places.map(({ jobId }) => jobId),
      ),
      findBindings(
        db,
        places.flatMap(({ environmentId }) => environmentId ?? []),
      ),
      findSecretsFor(
        db,
        places,
        jobs.flatMap(({ names }) => names),
      ),
    ]);
    const required = jobs.map(({ place, names }) => {
      const environment = environments.get(place.environmentId ?? '') ?? [];
      return boundLabels(bases.get(place.jobId) ?? [], environment, names, secretsAt(secrets, place));
    });
    const classes = await app.requirementClasses.numbersOf(db, required);
    await returnToClasses(
      db,
      places.map(({ jobId }, index) => ({ jobId, classId: classes[index] ?? 0 })),
    );
    db.wake(topic.queue);
  });
}
