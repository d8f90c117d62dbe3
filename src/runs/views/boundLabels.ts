import { baseName } from '../../catalog/language/matrix';
import { secretsNeeded } from '../../catalog/language/workflow';
import { secretsAt } from '../../catalog/secrets/secrets';
import { findSecretsFor } from '../../catalog/secrets/secrets.store';
import type { App } from '../app';
import { boundLabels } from '../queue/boundJobs';
import { findQueuedPlaces } from '../queue/boundJobs.store';

/**
 * Labels that these jobs require, of those in the queue that do not require all of them there: an offer to an agent
 * that lacks one puts them where they belong, and until then nobody has tried.
 */
export async function findBoundLabels(
  app: App,
  jobIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const db = app.database;
  const places = await findQueuedPlaces(db, jobIds);
  const revisionIds = [...new Set(places.map(({ revisionId }) => revisionId))];
  const revisions = await app.workflowRevisions.getAll(db, revisionIds);
  const definitions = new Map(revisions.map(({ id, definition }) => [id, definition]));
  const jobs = places.map((place) => {
    const definition = definitions.get(place.revisionId);
    const task = definition?.tasks[baseName(place.task)];
    return { place, names: definition && task ? secretsNeeded(definition, task) : [] };
  });
  const names = [...new Set(jobs.flatMap((job) => job.names))];
  const secrets = names.length === 0 ? [] : await findSecretsFor(db, places, names);
  return new Map(
    jobs.flatMap(({ place, names: own }): [string, readonly string[]][] => {
      const labels = boundLabels(place.labels, place.ofEnvironment, own, secretsAt(secrets, place));
      return labels.length === place.labels.length ? [] : [[place.jobId, labels]];
    }),
  );
}
