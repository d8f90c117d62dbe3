import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { version } from '../../../package.json';
import { type ServerConfig, visibleSettings } from '../../kernel/config';
import { startEmbeddedPostgres } from '../../kernel/embedded/embeddedPostgres';
import { isErrno } from '../../kernel/errno';
import type { Log } from '../../kernel/log';
import { StartError } from '../../kernel/startError';
import type { ContentStore } from '../../runs/contents/contentStore';
import { Incoming } from '../../runs/contents/incoming';
import { SecretKeys } from '../../catalog/secrets/secretKeys';
import { contentStore, incomingFolder, secretKeyFile } from '../createApp';
import { migrate } from '../migrate';
import { requireDataDir, waitForDatabase } from '../startFaults';
import {
  archiveFault,
  damaged,
  type End,
  endShape,
  type Entry,
  FORMAT,
  hashed,
  type Header,
  headerShape,
  readArchive,
  readJson,
  sha256,
  textOf,
} from './archive';
import { connect } from './connect';
import * as copies from './copies.store';

export interface RestoreOptions {
  /** False to continue without a key of the secrets: their values have to be set again. */
  readonly needsKeys: boolean;
  readonly progress: (line: string) => void;
}

export interface RestoreReport {
  readonly createdAt: string;
  readonly rows: number;
  readonly artifacts: End['artifacts'];
  readonly missing: readonly string[];
  /** Variables that were set when the backup was made, and are not, or are different, now. */
  readonly otherSettings: Readonly<Record<string, string>>;
  readonly missingKeys: readonly string[];
}

/**
 * Brings a backup into an empty database. All rows come in one transaction, which is committed when everything was
 * checked: digests, numbers of rows, every foreign key and constraint. If anything is wrong, the database stays empty.
 */
export async function restoreBackup(
  config: ServerConfig,
  log: Log,
  source: Readable,
  options: RestoreOptions,
): Promise<RestoreReport> {
  const entries = readArchive(source);
  try {
    const header = await readHeader(entries);
    await requireDataDir(config);
    return await withNewDatabase(config, log, async (url) => {
      await migrate(url);
      const client = await connect(url);
      const store = await contentStore(config);
      try {
        return await new Restore(config, client, store, header, options).from(entries);
      } finally {
        store.close();
        await client.end();
      }
    });
  } catch (error) {
    throw archiveFault(error);
  } finally {
    await entries.return(undefined);
  }
}

/** Opens a backup; "-" is standard input. */
export async function openBackup(path: string): Promise<Readable> {
  if (path === '-') return process.stdin;
  const file = await open(path).catch((error: unknown) => {
    throw new StartError(`${path} can’t be read: ${error instanceof Error ? error.message : String(error)}.`);
  });
  return file.createReadStream({ highWaterMark: 256 * 1024 });
}

async function readHeader(entries: AsyncGenerator<Entry>): Promise<Header> {
  const first = await next(entries);
  if (first?.name !== 'backup.json') throw damaged('it does not begin with backup.json');
  const header = await readJson(first, headerShape);
  if (header.format !== FORMAT)
    throw new StartError(
      `The backup has format ${header.format}, and Slipway ${version} reads format ${FORMAT}. Use Slipway ${header.slipway}.`,
    );
  return header;
}

async function next(entries: AsyncGenerator<Entry>): Promise<Entry | undefined> {
  const { value, done } = await entries.next();
  return done ? undefined : value;
}

class Restore {
  private readonly tables: ReadonlyMap<string, copies.CopiedTable & { hash: ReturnType<typeof sha256>; rows: number }>;
  private readonly artifacts = { count: 0, bytes: 0 };
  private readonly incoming: Incoming;
  /** Content that this restore added, for the case that it fails. */
  private readonly added: string[] = [];

  constructor(
    private readonly config: ServerConfig,
    private readonly client: Client,
    private readonly store: ContentStore,
    private readonly header: Header,
    private readonly options: RestoreOptions,
  ) {
    this.incoming = new Incoming(incomingFolder(config));
    this.tables = new Map(header.tables.map((table) => [table.name, { ...table, hash: sha256(), rows: 0 }]));
  }

  async from(entries: AsyncGenerator<Entry>): Promise<RestoreReport> {
    const { client, header, options } = this;
    await this.requireSameSchema();
    const first = header.hasKey ? await next(entries) : undefined;
    const key = first === undefined ? undefined : await textOf(first);
    const missingKeys = await this.findMissingKeys(key);
    if (missingKeys.length > 0 && options.needsKeys) throw this.keysNeeded(missingKeys);
    try {
      await client.query('BEGIN');
      const back = await copies.suspendRules(client);
      // The tables are locked now: what is empty stays empty for others.
      await this.requireEmpty();
      const end = await this.readEntries(entries);
      options.progress('checking all rows');
      for (const statement of back) await client.query(statement);
      await copies.setSequences(client, end.sequences);
      await this.keepKey(key);
      await client.query('COMMIT');
      const rows = [...this.tables.values()].reduce((sum, table) => sum + table.rows, 0);
      await client.query('ANALYZE');
      const { createdAt } = header;
      const report = { createdAt, rows, artifacts: this.artifacts, missing: end.missing, missingKeys };
      return { ...report, otherSettings: otherSettings(header.settings) };
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      for (const digest of this.added) await this.store.remove(digest).catch(() => undefined);
      throw error;
    }
  }

  private async requireSameSchema(): Promise<void> {
    const own = await copies.migrationsOf(this.client);
    const { migrations, slipway } = this.header;
    if (own.join() === migrations.join()) return;
    throw new StartError(
      `The backup was made by Slipway ${slipway} and has its schema (${migrations.at(-1)}); this is Slipway ${version} (${own.at(-1)}). Restore it with Slipway ${slipway}, then upgrade.`,
    );
  }

  private async requireEmpty(): Promise<void> {
    const filled = await copies.findFilled(this.client, await copies.listTables(this.client));
    if (filled.length === 0) return;
    const names = filled.slice(0, 3).join(', ') + (filled.length > 3 ? ', …' : '');
    throw new StartError(
      `The database is not empty (${names}). A backup is restored into an empty one: set SLIPWAY_DATA_DIR to a new folder, or DATABASE_URL to a new database.`,
    );
  }

  private async findMissingKeys(key: string | undefined): Promise<string[]> {
    const found = new SecretKeys(this.config.SLIPWAY_SECRET_KEY ?? [], secretKeyFile(this.config));
    const ids = await found.knownIds();
    if (key !== undefined && secretKeyFile(this.config) !== null) ids.push(SecretKeys.idOf(key));
    return this.header.keys.filter((id) => !ids.includes(id));
  }

  private keysNeeded(missing: readonly string[]): StartError {
    const { hasKey } = this.header;
    const one = missing.length === 1;
    const where = hasKey
      ? 'The backup contains it: "tar -xzOf BACKUP secret.key" prints it. '
      : 'It is in the SLIPWAY_SECRET_KEY, or the file secret.key, of the server that was backed up. ';
    return new StartError(
      `The secrets of the backup are encrypted with the key${one ? '' : 's'} ${missing.join(', ')}. ${where}Set SLIPWAY_SECRET_KEY to it, or add --without-keys to continue without the secrets' values.`,
    );
  }

  /** Kept where the server looks for it. A key that is there stays: other secrets may need it. */
  private async keepKey(key: string | undefined): Promise<void> {
    const file = secretKeyFile(this.config);
    if (key === undefined || file === null) return;
    await writeFile(file, key, { mode: 0o600, flag: 'wx', flush: true }).catch((error: unknown) => {
      if (!isErrno(error, 'EEXIST')) throw error;
    });
  }

  private async readEntries(entries: AsyncGenerator<Entry>): Promise<End> {
    const { options, artifacts } = this;
    for (let entry = await next(entries); entry !== undefined; entry = await next(entries)) {
      const [kind = '', name = ''] = entry.name.split('/');
      if (entry.name === 'end.json') {
        const end = await readJson(entry, endShape);
        this.compare(end);
        // The rest of the gzipped stream has its checksum.
        if ((await next(entries)) !== undefined) throw damaged('something follows its end');
        return end;
      }
      if (kind === 'tables') {
        options.progress(`database: ${name}`);
        await this.readTable(name, entry);
      } else if (kind === 'artifacts') {
        await this.readContent(name, entry);
        options.progress(`artifacts: ${artifacts.count}`);
      } else throw damaged(`it contains ${entry.name}`);
    }
    throw damaged('its end is missing');
  }

  private async readTable(name: string, entry: Entry): Promise<void> {
    const table = this.tables.get(name);
    if (table === undefined) throw damaged(`it contains ${entry.name}`);
    const copy = copies.copyIn(this.client, table);
    await pipeline(hashed(entry.bytes, table.hash), copy);
    table.rows += Reflect.get(copy, 'rowCount') ?? 0;
  }

  private async readContent(digest: string, entry: Entry): Promise<void> {
    const { path, content } = await this.incoming.keep(entry.bytes, entry.size);
    if (content.sha256 !== digest) {
      await rm(path);
      throw damaged(`the artifact ${digest} has other bytes`);
    }
    this.artifacts.count++;
    this.artifacts.bytes += entry.size;
    if (await this.store.has(digest)) return rm(path);
    this.added.push(digest);
    await this.store.adopt(path, content);
  }

  private compare(end: End): void {
    for (const [name, { hash, rows }] of this.tables) {
      const told = end.tables[name];
      if (told?.rows !== rows || told.sha256 !== hash.digest('hex')) throw damaged(`the table ${name} is not whole`);
    }
    const { count, bytes } = end.artifacts;
    if (count !== this.artifacts.count || bytes !== this.artifacts.bytes) throw damaged('artifacts are missing');
  }
}

function otherSettings(settings: Header['settings']): Record<string, string> {
  const now = visibleSettings();
  const own = ['SLIPWAY_DATA_DIR', 'HOST', 'PORT'];
  return Object.fromEntries(
    Object.entries(settings).filter(([name, value]) => !own.includes(name) && now[name] !== value),
  );
}

async function withNewDatabase<T>(config: ServerConfig, log: Log, work: (url: string) => Promise<T>): Promise<T> {
  if (config.DATABASE_URL !== undefined) {
    await waitForDatabase(config.DATABASE_URL, config, log);
    return work(config.DATABASE_URL);
  }
  const own = await startEmbeddedPostgres({ dataDir: join(config.SLIPWAY_DATA_DIR, 'postgres'), log });
  try {
    return await work(own.url);
  } finally {
    await own.stop();
  }
}
