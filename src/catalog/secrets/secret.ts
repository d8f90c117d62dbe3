/** A value that commands get and nobody may read. It belongs to an application, or to one of its environments. */
export interface Secret {
  readonly id: string;
  readonly applicationId: string;
  /** null: of the application. */
  readonly environmentId: string | null;
  /** The name of the environment variable that commands see. */
  readonly name: string;
  /** How often it was set. */
  readonly version: number;
  /** Which key it is encrypted with. */
  readonly keyId: string;
  /** The encrypted value. */
  readonly sealed: Buffer;
  readonly setAt: Date;
  readonly setById: string;
  readonly setBy: string;
}

/** What people may know of a secret. */
export type SecretEntry = Omit<Secret, 'sealed'>;

/** Where a secret is looked for. */
export interface SecretPlace {
  readonly applicationId: string;
  readonly environmentId: string | null;
}

/** By name, as they count at one place: those of the environment come before those of the application. */
export function secretsAt(secrets: readonly Secret[], place: SecretPlace): ReadonlyMap<string, Secret> {
  const own = secrets.filter(({ applicationId }) => applicationId === place.applicationId);
  const general = own.filter(({ environmentId }) => environmentId === null);
  const special = own.filter(({ environmentId }) => environmentId !== null && environmentId === place.environmentId);
  return new Map([...general, ...special].map((secret) => [secret.name, secret]));
}
