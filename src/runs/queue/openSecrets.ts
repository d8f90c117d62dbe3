import type { App } from '../app';
import { type SecretPlace, secretsAt } from '../../catalog/secrets/secrets';
import { variablesOf } from '../../catalog/secrets/credentials';
import { Unreadable } from '../../catalog/secrets/secretKeys';
import { findSecretsFor } from '../../catalog/secrets/secrets.store';
import { missingSecrets } from '../../engine/missingSecrets';

type Values = Readonly<Record<string, string>>;

/** Plaintext secrets of one job; they are sent only to the agent that claimed it. */
export interface OpenedSecrets {
  /** Conditions on the agents that may get the job. */
  readonly agents: readonly string[];
  /** Values by the name of their variable. A credential has several variables, under the name of their secret. */
  readonly values: Readonly<Record<string, string>>;
  readonly parts: Readonly<Record<string, { readonly hidden: Values; readonly shown: Values }>>;
  readonly refused: { readonly reason: 'SECRET_MISSING' | 'SECRET_UNREADABLE'; readonly message: string } | null;
}

interface Wanted {
  readonly place: SecretPlace;
  readonly names: readonly string[];
}

/**
 * Decrypts the secrets of each job, in the same order, with one statement for all jobs, or none if no job needs any.
 * All of them existed when the job was created.
 */
export async function openSecrets(app: App, jobs: readonly Wanted[]): Promise<OpenedSecrets[]> {
  const wanted = jobs.filter(({ names }) => names.length > 0);
  if (wanted.length === 0) return [];
  const names = [...new Set(wanted.flatMap((job) => job.names))];
  const places = wanted.map(({ place }) => place);
  const found = await findSecretsFor(app.database, places, names);
  return Promise.all(
    jobs.map(async (job): Promise<OpenedSecrets> => {
      const secrets = secretsAt(found, job.place);
      const agents = job.names.flatMap((name) => secrets.get(name)?.agents ?? []);
      const missing = job.names.filter((name) => !secrets.has(name));
      if (missing.length > 0) {
        return {
          agents,
          values: {},
          parts: {},
          refused: { reason: 'SECRET_MISSING', message: missingSecrets(missing) },
        };
      }
      try {
        const values: [string, string][] = [];
        const parts: [string, OpenedSecrets['parts'][string]][] = [];
        for (const name of job.names) {
          const secret = secrets.get(name);
          if (secret === undefined) continue;
          const { hidden, shown } = variablesOf(secret, await app.secretKeys.open(secret));
          values.push([name, hidden[name] ?? '']);
          if (secret.details !== null) parts.push([name, { hidden, shown }]);
        }
        return { agents, values: Object.fromEntries(values), parts: Object.fromEntries(parts), refused: null };
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        app.log.error({ reason: error.message }, 'a job can’t get its secrets');
        return { agents, values: {}, parts: {}, refused: { reason: 'SECRET_UNREADABLE', message: error.message } };
      }
    }),
  );
}
