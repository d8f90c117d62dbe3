import type { Actor } from '../../access/actor';
import { auditDetail } from '../../access/audit/auditDetail';
import type { Db } from '../../kernel/database/database';
import { topic } from '../../kernel/database/wakeups';
import { type InputError, invalidInput, notFound } from '../../kernel/errors';
import { isId } from '../../kernel/ids';
import type { App } from '../app';
import { nameTaken } from '../nameTaken';
import { lockPlace, sealValue, withoutValue } from './changeSecrets';
import {
  type CredentialDetails,
  type CredentialValue,
  parseCredential,
  type SecretType,
  type SshInput,
  type TextInput,
  type WinRmInput,
} from './credentials';
import { requireSecretPlace } from './readSecrets.queries';
import { checkSecret } from './secretInput';
import type { Secret, SecretEntry, SecretPlace } from './secrets';
import { findSecret, findSecretById, putSecret } from './secrets.store';
import { placeOfScope, type UsageScope } from './usageScope';

/** Exactly the input of the type is given. */
export interface TypedSecretInput {
  readonly secretType: SecretType;
  readonly encryptedText?: (TextInput & Scoped) | null | undefined;
  readonly sshCredential?: (SshInput & Scoped) | null | undefined;
  readonly winRMCredential?: (WinRmInput & Scoped) | null | undefined;
}
interface Scoped {
  readonly usageScope?: UsageScope | null | undefined;
}

/** Value and shown parts of a secret; undefined keeps what is stored. */
interface Content {
  readonly value: string | undefined;
  readonly details: CredentialDetails | null;
}

/** Creates a secret. Unlike `setSecret`, it refuses a name that the place has already. */
export async function createSecret(app: App, actor: Actor, input: TypedSecretInput): Promise<SecretEntry> {
  const { key, given } = inputOf(input);
  const name = given.name ?? '';
  const place = placeOfScope(given.usageScope, key);
  checkName(name, key);
  return app.database.transaction(async (db) => {
    const locked = await lockPlace(db, actor, { ...place, name });
    if ((await findSecret(db, locked, name)) !== undefined) throw nameTaken('secret', name);
    const content = await contentOf(app, db, actor, input, undefined);
    if (content.value === undefined) throw missing(`${key}.${input.secretType === 'ENCRYPTED_TEXT' ? 'value' : '…'}`);
    const sealed = await sealValue(app, actor, { ...locked, name, before: undefined, value: content.value });
    const secret: Secret = { ...sealed, agents: [], secretType: input.secretType, details: content.details };
    return write(db, secret, undefined);
  });
}

/** Changes the name, the value or parts of a secret, or its environment within the application. */
export async function updateSecret(
  app: App,
  actor: Actor,
  input: TypedSecretInput & { readonly secretId: string },
): Promise<SecretEntry> {
  const { key, given } = inputOf(input);
  if (given.name != null) checkName(given.name, key);
  return app.database.transaction(async (db) => {
    const seen = isId(input.secretId) ? await findSecretById(db, input.secretId) : undefined;
    if (seen === undefined) throw notFound('secret', input.secretId);
    await requireSecretPlace(db, actor, seen, 'UPDATE');
    await lockPlace(db, actor, seen);
    const before = (await findSecretById(db, seen.id)) ?? seen;
    if (before.secretType !== input.secretType) throw notFound('secret', input.secretId);
    const place = given.usageScope == null ? before : placeOfScope(given.usageScope, key);
    if (place.applicationId !== before.applicationId) throw otherApplication(key);
    const to: SecretPlace =
      place.environmentId === before.environmentId
        ? before
        : await lockPlace(db, actor, { ...place, name: before.name });
    const name = given.name ?? before.name;
    const taken = await findSecret(db, to, name);
    if (taken !== undefined && taken.id !== before.id) throw nameTaken('secret', name);
    const content = await contentOf(app, db, actor, input, before);
    // The value is bound to the place and the name, so it is encrypted anew even if it stays the same.
    const value = content.value ?? (await app.secretKeys.open(before));
    const { applicationId, environmentId } = to;
    const sealed = await sealValue(app, actor, { applicationId, environmentId, name, before, value });
    const { agents, secretType } = before;
    if (name !== before.name || environmentId !== before.environmentId) db.wake(topic.queue);
    return write(db, { ...sealed, agents, secretType, details: content.details }, before);
  });
}

async function write(db: Db, secret: Secret, before: Secret | undefined): Promise<SecretEntry> {
  await putSecret(db, secret);
  const { sealed: _, ...entry } = secret;
  const { id, name, applicationId } = secret;
  auditDetail(db, { kind: 'secret', id, name, applicationId, before: withoutValue(before), after: entry });
  return entry;
}

function inputOf(input: TypedSecretInput): {
  readonly key: string;
  readonly given: Scoped & { readonly name?: string | null | undefined };
} {
  const inputs = {
    ENCRYPTED_TEXT: ['encryptedText', input.encryptedText],
    SSH_CREDENTIAL: ['sshCredential', input.sshCredential],
    WINRM_CREDENTIAL: ['winRMCredential', input.winRMCredential],
    ENCRYPTED_FILE: ['encryptedFile', null],
  } as const;
  const [key, given] = inputs[input.secretType];
  const others = Object.values(inputs).filter(([other, one]) => other !== key && one != null);
  const errors = others.map(([other]): InputError => {
    const message = `"${other}" does not belong to a secret of the type ${input.secretType}.`;
    return { field: other, value: null, rule: 'EXCLUSIVE', message };
  });
  if (input.secretType === 'ENCRYPTED_FILE') {
    throw unsupported('secretType', 'Files are no type of secrets here: store the content as ENCRYPTED_TEXT.');
  }
  if (given == null) errors.push(missingError(key));
  if (errors.length > 0 || given == null) throw invalidInput(errors);
  return { key, given };
}

function contentOf(
  app: App,
  db: Db,
  actor: Actor,
  input: TypedSecretInput,
  before: Secret | undefined,
): Promise<Content> {
  if (input.sshCredential) return sshContent(app, db, actor, input.sshCredential, before);
  if (input.winRMCredential) return winRmContent(app, db, actor, input.winRMCredential, before);
  return Promise.resolve(textContent(input.encryptedText ?? {}));
}

function textContent({ name, value, secretReference, scopedToAccount }: Partial<TextInput>): Content {
  if (secretReference != null) throw unsupported('encryptedText.secretReference', 'There are no secret managers.');
  if (scopedToAccount === true)
    throw unsupported('encryptedText.scopedToAccount', 'A secret belongs to an application or an environment.');
  if (value != null) checkSecret(name ?? 'VALUE', value);
  return { value: value ?? undefined, details: null };
}

async function sshContent(app: App, db: Db, actor: Actor, input: SshInput, before?: Secret): Promise<Content> {
  const { port, userName, sshAuthenticationMethod: method } = input.sshAuthentication ?? {};
  if (input.authenticationScheme === 'KERBEROS' || input.kerberosAuthentication != null)
    throw unsupported('sshCredential.authenticationScheme', 'Kerberos is not supported.');
  if (method?.sshCredentialType === 'SSH_KEY_FILE_PATH' || method?.sshKeyFile != null)
    throw unsupported('sshCredential.sshAuthentication', 'Give the key as a secret with "inlineSSHKey".');
  const details = {
    USER: required(userName ?? before?.details?.USER, 'sshCredential.sshAuthentication.userName'),
    PORT: portOf(port, before, 22, 'sshCredential.sshAuthentication.port'),
  };
  const keyId = method?.inlineSSHKey?.sshKeySecretFileId;
  const passwordId = method?.serverPassword?.passwordSecretId;
  const phraseId = method?.inlineSSHKey?.passphraseSecretId;
  if (keyId != null && passwordId != null) {
    const message = 'Give either "inlineSSHKey" or "serverPassword".';
    throw invalidInput([{ field: 'sshCredential.sshAuthentication', value: null, rule: 'EXCLUSIVE', message }]);
  }
  const secret = await referred(app, db, actor, keyId ?? passwordId);
  const passphrase = await referred(app, db, actor, phraseId);
  const known = before === undefined ? undefined : parseCredential(await app.secretKeys.open(before));
  if (secret === undefined && known === undefined)
    throw missing('sshCredential.sshAuthentication.sshAuthenticationMethod');
  // Another key or password makes the passphrase of the old key useless.
  const kept = secret === undefined ? known?.passphrase : undefined;
  return { value: sealable(secret ?? known?.secret ?? '', passphrase ?? kept), details };
}

async function winRmContent(app: App, db: Db, actor: Actor, input: WinRmInput, before?: Secret): Promise<Content> {
  const known = before?.details;
  const { domain, skipCertCheck, useSSL } = input;
  const details: CredentialDetails = {
    USER: required(input.userName ?? input.username ?? known?.USER, 'winRMCredential.userName'),
    PORT: portOf(input.port, before, 5986, 'winRMCredential.port'),
    DOMAIN: domain ?? known?.DOMAIN ?? '',
    USE_SSL: String(useSSL ?? known?.USE_SSL ?? true),
    SKIP_CERT_CHECK: String(skipCertCheck ?? known?.SKIP_CERT_CHECK ?? false),
  };
  const secret = await referred(app, db, actor, input.passwordSecretId);
  if (secret === undefined && before === undefined) throw missing('winRMCredential.passwordSecretId');
  return { value: secret === undefined ? undefined : sealable(secret, undefined), details };
}

const sealable = (secret: string, passphrase: string | undefined): string =>
  JSON.stringify({ secret, ...(passphrase !== undefined && { passphrase }) } satisfies CredentialValue);

/** Value of another secret, for a credential. Copying a secret requires permission to change it. */
async function referred(app: App, db: Db, actor: Actor, id: string | null | undefined): Promise<string | undefined> {
  if (id == null) return undefined;
  const secret = isId(id) ? await findSecretById(db, id) : undefined;
  if (secret === undefined) throw notFound('secret', id);
  await requireSecretPlace(db, actor, secret, 'UPDATE');
  const value = await app.secretKeys.open(secret);
  return secret.secretType === 'ENCRYPTED_TEXT' ? value : parseCredential(value).secret;
}

function portOf(port: number | null | undefined, before: Secret | undefined, otherwise: number, field: string): string {
  if (port == null) return before?.details?.PORT ?? String(otherwise);
  if (port >= 1 && port <= 65_535) return String(port);
  const message = `A port is from 1 to 65535; it is ${port}.`;
  throw invalidInput([{ field, value: port, rule: 'RANGE', message }]);
}

function required(value: string | undefined, field: string): string {
  if (value === undefined || value.trim() === '') throw missing(field);
  return value;
}

function checkName(name: string, key: string): void {
  if (name === '') throw missing(`${key}.name`);
  checkSecret(name, null);
}

const missingError = (field: string): InputError => ({
  ...{ field, value: null, rule: 'REQUIRED' },
  message: `"${field}" must be given.`,
});
const missing = (field: string) => invalidInput([missingError(field)]);
const unsupported = (field: string, message: string) =>
  invalidInput([{ field, value: null, rule: 'UNSUPPORTED', message }]);
const otherApplication = (key: string) => {
  const message = 'A secret can’t move to another application. Create it there, and delete this one.';
  return invalidInput([{ field: `${key}.usageScope`, value: null, rule: 'SCOPE', message }]);
};
