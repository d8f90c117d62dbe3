import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { parseSecretKey } from '../../kernel/config';
import { Refusal } from '../../kernel/errors';
import type { Secret } from './secrets';

interface Key {
  readonly id: string;
  readonly bytes: Buffer;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

type Row = Pick<Secret, 'id' | 'applicationId' | 'environmentId' | 'name' | 'version'>;
type Sealed = Pick<Secret, 'keyId' | 'sealed'>;

/** A value that can't be decrypted; the message explains what to do. */
export class Unreadable extends Error {}

/**
 * AES-256-GCM keys of secrets. The first key encrypts, all keys decrypt; each secret stores the id of its key. The id
 * is derived from the key, so names and keys can't get mixed up. The value is bound to its row and version: a copy in
 * another row, or an older value in the same row, is rejected.
 */
export class SecretKeys {
  private readonly configured: readonly Key[];
  private fromFile: Promise<Key | undefined> | undefined;

  /** `file`: path at which a key is created if none is configured; null: no key is created. */
  constructor(
    configured: readonly Buffer[],
    private readonly file: string | null,
  ) {
    this.configured = configured.map(toKey);
  }

  /** Id of the key that encrypts. Refused if there is none. */
  async currentId(): Promise<string> {
    return (await this.current()).id;
  }

  /** Ids of all keys that can decrypt. Creates none. */
  async knownIds(): Promise<string[]> {
    const own = await this.readFile();
    return [...this.configured, ...(own === undefined ? [] : [own])].map(({ id }) => id);
  }

  /** Id of a key as its file holds it. */
  static idOf(text: string): string {
    const bytes = parseSecretKey(text.trim());
    return bytes === undefined ? '' : toKey(bytes).id;
  }

  async seal(row: Row, value: string): Promise<Sealed> {
    const key = await this.current();
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key.bytes, iv).setAAD(boundTo(row, key.id));
    const encrypted = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
    return { keyId: key.id, sealed: Buffer.concat([iv, cipher.getAuthTag(), encrypted]) };
  }

  async open(row: Row & Sealed): Promise<string> {
    const { keyId, sealed } = row;
    const key = this.configured.find(({ id }) => id === keyId) ?? (await this.readFile());
    if (key?.id !== keyId) {
      throw new Unreadable(
        `the secret ${row.name} is encrypted with the key ${keyId}, which this server does not have`,
      );
    }
    try {
      const decipher = createDecipheriv('aes-256-gcm', key.bytes, sealed.subarray(0, IV_BYTES))
        .setAAD(boundTo(row, keyId))
        .setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      return decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      throw new Unreadable(`what is stored of the secret ${row.name} was changed; set it again`);
    }
  }

  private async current(): Promise<Key> {
    const [first] = this.configured;
    const key = first ?? (await this.readFile()) ?? (await this.makeFile());
    if (key !== undefined) return key;
    const message = 'This server has no key to encrypt secrets with: set SLIPWAY_SECRET_KEY, the same on all servers.';
    throw new Refusal('SECRETS_NOT_CONFIGURED', message);
  }

  private async readFile(): Promise<Key | undefined> {
    if (this.file === null) return undefined;
    const { file } = this;
    this.fromFile ??= readFile(file, 'utf8').then((text) => {
      const bytes = parseSecretKey(text.trim());
      if (bytes === undefined) throw new Error(`${file} does not contain a key of 32 bytes`);
      return toKey(bytes);
    }, noneYet);
    const key = await this.fromFile;
    if (key === undefined) this.fromFile = undefined;
    return key;
  }

  private making: Promise<Key | undefined> | undefined;

  /** Runs once, at first use. The file gets its name when it is complete. */
  private makeFile(): Promise<Key | undefined> {
    const { file } = this;
    if (file === null) return Promise.resolve(undefined);
    this.making ??= (async () => {
      const unfinished = `${file}.new`;
      await writeFile(unfinished, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flush: true });
      await rename(unfinished, file);
      return this.readFile();
    })().finally(() => {
      this.making = undefined;
    });
    return this.making;
  }
}

const toKey = (bytes: Buffer): Key => ({
  id: createHash('sha256').update('slipway secret key\0').update(bytes).digest('hex').slice(0, 8),
  bytes,
});

const boundTo = ({ id, applicationId, environmentId, name, version }: Row, keyId: string): Buffer =>
  Buffer.from(JSON.stringify(['slipway secret', 1, keyId, id, applicationId, environmentId, name, version]));

function noneYet(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
