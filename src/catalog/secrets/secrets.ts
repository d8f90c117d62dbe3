import { oneOf, references, tableOf } from '../../kernel/database/table';
import { field, guarded, listOf, optional, orNull, type ShapeOf } from '../../kernel/fields';
import { type CredentialDetails, secretType, secretTypes } from './credentials';

/** A value that commands get and nobody may read. It belongs to an application, or to one of its environments. */
export const secretFields = {
  id: field.id('ID, kept when the value is replaced.'),
  applicationId: field.uuid(),
  /** Null for a secret of the application. */
  environmentId: orNull(field.uuid()),
  name: field.text('Name of the environment variable that commands see, such as `DEPLOY_TOKEN`.'),
  version: field.integer('Number of times that it was set.'),
  keyId: field.key('ID of the key that it is encrypted with, such as `5f0c2a91`. It reveals nothing about the key.'),
  /** The encrypted value. */
  sealed: { ...field.json<Buffer>(), column: { type: 'bytea' } as const },
  secretType: {
    ...field.oneOf(secretType, 'Kind of the secret.'),
    column: { type: 'text', default: 'ENCRYPTED_TEXT' } as const,
  },
  /** Of a credential. */
  details: orNull(field.json<CredentialDetails>()),
  agents: listOf(
    field.text(
      'Conditions on the labels of agents, such as `tier=production`. Only agents that meet all of them get jobs that use the secret.',
    ),
  ),
  setAt: field.time('Time at which the value was last set.'),
  setById: field.key('ID of the user or API key that set it last.'),
  setBy: field.text('Name, at that time, of the user or API key that set it last.'),
};
export type Secret = ShapeOf<typeof secretFields>;

/** A secret without its value. */
export type SecretEntry = Omit<Secret, 'sealed'>;

export const secretTable = tableOf('secret', secretFields, {
  foreignKeys: [references('application', 'applicationId'), references('environment', 'environmentId')],
  checks: [{ name: 'secret_type', expression: oneOf('secret_type', secretTypes) }],
  indices: [
    {
      name: 'secret_of_application',
      columns: ['applicationId', 'name'],
      unique: true,
      where: 'environment_id IS NULL',
    },
    {
      name: 'secret_of_environment',
      columns: ['environmentId', 'name'],
      unique: true,
      where: 'environment_id IS NOT NULL',
    },
    { name: 'secret_environments', columns: ['applicationId', 'environmentId'] },
  ],
});

/** Place at which a secret is looked up. */
export type SecretPlace = Pick<Secret, 'applicationId' | 'environmentId'>;

/** Secrets that count at one place, by name: those of the environment override those of the application. */
export function secretsAt(secrets: readonly Secret[], place: SecretPlace): ReadonlyMap<string, Secret> {
  const own = secrets.filter(({ applicationId }) => applicationId === place.applicationId);
  const general = own.filter(({ environmentId }) => environmentId === null);
  const special = own.filter(({ environmentId }) => environmentId !== null && environmentId === place.environmentId);
  return new Map([...general, ...special].map((secret) => [secret.name, secret]));
}

/** Input fields that name a secret. */
export const secretToChange = {
  applicationId: field.uuid('Application.'),
  environmentId: optional(
    field.uuid(
      'Environment of the secret. Its jobs get this secret instead of the application’s. Null for a secret of the application.',
    ),
  ),
  name: field.text(
    'Name: letters, digits and underscores, not beginning with a digit. Names that the system or Slipway uses, such as PATH, are refused.',
  ),
};
export type SecretToChange = ShapeOf<typeof secretToChange>;

/** The name `secretValue` keeps the value, and its length, out of the audit trail (audit/redact.ts). */
export const newSecret = {
  ...secretToChange,
  secretValue: guarded(
    'CHECKED',
    optional(
      field.text(
        'Value: 1 to 16,384 bytes without NUL. Logs mask each of its lines. Values of fewer than 4 characters are not masked. Null keeps the value of an existing secret.',
      ),
    ),
  ),
  agents: optional(
    listOf(
      field.text(
        'Conditions on the labels of agents that may get jobs that use the secret: `key=value`, `key!=value`, `key in (a, b)`, `key notin (a, b)`, `key`, `!key`, or `key version RANGE`, such as `["tier=production"]`. The complete list, replacing the previous one; an empty list allows every agent, null keeps it. Applies at once, also to jobs that wait or that no agent has started.',
      ),
    ),
  ),
};
export type SetSecret = ShapeOf<typeof newSecret>;

export const resealedFields = {
  keyId: field.key('ID of the key that encrypts now. Remove the other keys once `unreadable` is empty.'),
  resealed: field.integer('Number of secrets that another key encrypted before.'),
  unreadable: listOf(
    field.text('Names of secrets that could not be decrypted: set them again, or give the server their key.'),
  ),
};
export type Resealed = ShapeOf<typeof resealedFields>;
