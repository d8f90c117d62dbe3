import { access, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { Readable, type Writable } from 'node:stream';
import type { Client } from 'pg';
import { version } from '../../../package.json';
import { type ServerConfig, visibleSettings } from '../../kernel/config';
import { systemClock } from '../../kernel/clock';
import { absent } from '../../kernel/errno';
import type { Log } from '../../kernel/log';
import { StartError } from '../../kernel/startError';
import { CONTENTS_LOCK, findUsed } from '../../runs/contents/contents.store';
import { ContentMissing, type ContentStore } from '../../runs/contents/contentStore';
import { contentStore, secretKeyFile } from '../createApp';
import { joinDatabase } from '../joinDatabase';
import { ArchiveWriter, type End, FORMAT, type Header, hashed, sha256 } from './archive';
import { connect } from './connect';
import * as copies from './copies.store';

export interface BackupOptions {
  /** False to leave out artifacts, if their disk or bucket is backed up on its own. */
  readonly artifacts: boolean;
  /** False to leave out `secret.key`. */
  readonly key: boolean;
  /** Called with what has been written. */
  readonly progress: (line: string) => void;
}

export interface BackupReport {
  readonly tables: number;
  readonly rows: number;
  readonly artifacts: End['artifacts'];
  /** Artifacts that are listed, but that the store has lost or damaged. */
  readonly missing: readonly string[];
  /** Keys that a restored server needs. */
  readonly keys: readonly string[];
  readonly hasKey: boolean;
}

/** Tables are written in pieces of about this size, because the length of an entry comes before its bytes. */
const PIECE = 4 * 1024 ** 2;
/** Content up to this size is checked in memory; larger content is read twice. */
const IN_MEMORY = 16 * 1024 ** 2;
const PAGE = 1000;

/**
 * Writes one consistent archive of the database, the artifacts and the settings, while servers run. The database is
 * read in one snapshot; content never changes, and none is deleted until the end.
 */
export async function writeBackup(
  config: ServerConfig,
  log: Log,
  target: Writable,
  options: BackupOptions,
): Promise<BackupReport> {
  const database = await joinDatabase(config, log);
  const store = await contentStore(config);
  const clients: Client[] = [];
  try {
    for (let n = 0; n < 2; n++) clients.push(await connect(database.url));
    const [hold, client] = clients as [Client, Client];
    await copies.holdContents(hold, CONTENTS_LOCK);
    await copies.beginSnapshot(client);
    return await new Backup(config, client, store, new ArchiveWriter(target), options).write();
  } finally {
    store.close();
    await Promise.all(clients.map((client) => client.end()));
    await database.stop();
  }
}

/** Writes to a file that appears when it is whole. */
export async function writeBackupFile(
  config: ServerConfig,
  log: Log,
  path: string,
  options: BackupOptions,
): Promise<BackupReport & { readonly bytes: number }> {
  if ((await access(path).then(() => true, absent)) === true)
    throw new StartError(`${path} exists. Name a file that doesn’t exist yet, so that no backup is overwritten.`);
  const partial = `${path}.partial`;
  const file = await open(partial, 'w', 0o600).catch((error: unknown) => {
    throw new StartError(`${path} can’t be written: ${error instanceof Error ? error.message : String(error)}.`);
  });
  try {
    const report = await writeBackup(config, log, file.createWriteStream({ flush: true }), options);
    await rename(partial, path);
    return { ...report, bytes: (await stat(path)).size };
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  } finally {
    await file.close().catch(() => undefined);
  }
}

class Backup {
  constructor(
    private readonly config: ServerConfig,
    private readonly client: Client,
    private readonly store: ContentStore,
    private readonly archive: ArchiveWriter,
    private readonly options: BackupOptions,
  ) {}

  async write(): Promise<BackupReport> {
    const { client, archive, options } = this;
    const migrations = await copies.migrationsOf(client);
    if (migrations.length === 0)
      throw new StartError('The database has no Slipway schema. Start the server once, or name its database.');
    const tables = await copies.listTables(client);
    const keys = await copies.findKeys(client);
    const key = options.key ? await this.readKey() : undefined;
    const header: Header = {
      ...{ format: FORMAT, slipway: version, createdAt: systemClock.now().toISOString(), migrations, tables, keys },
      ...{ artifacts: options.artifacts, hasKey: key !== undefined, settings: visibleSettings() },
    };
    await archive.add('backup.json', json(header));
    if (key !== undefined) await archive.add('secret.key', key);
    const end: End = { tables: {}, sequences: [], artifacts: { count: 0, bytes: 0 }, missing: [] };
    for (const [index, table] of tables.entries()) {
      options.progress(`database: table ${index + 1} of ${tables.length} (${table.name})`);
      end.tables[table.name] = await this.writeTable(table);
    }
    const rows = Object.values(end.tables).reduce((sum, table) => sum + table.rows, 0);
    options.progress(`database: ${tables.length} tables, ${rows} rows`);
    if (options.artifacts) await this.writeContents(end);
    // Sequences ignore snapshots: read after all rows, each is past every row.
    end.sequences.push(...(await copies.listSequences(client)));
    await archive.add('end.json', json(end));
    await archive.end();
    const { artifacts, missing } = end;
    return { tables: tables.length, rows, artifacts, missing, keys, hasKey: header.hasKey };
  }

  private async readKey(): Promise<Buffer | undefined> {
    const file = secretKeyFile(this.config);
    return file === null ? undefined : readFile(file).catch(absent);
  }

  private async writeTable(table: copies.CopiedTable): Promise<{ rows: number; sha256: string }> {
    const hash = sha256();
    let rows = 0;
    let pieces = 0;
    let parts: Buffer[] = [];
    let size = 0;
    const flush = async () => {
      if (size === 0) return;
      const bytes = Buffer.concat(parts);
      [parts, size] = [[], 0];
      pieces++;
      await this.archive.add(`tables/${table.name}/${String(pieces).padStart(6, '0')}`, bytes);
    };
    // PostgreSQL sends whole rows, and each ends with the only line feed in it.
    for await (const part of hashed(copies.copyOut(this.client, table), hash)) {
      rows += linesIn(part);
      parts.push(part);
      size += part.length;
      if (size >= PIECE && part.at(-1) === LINE_FEED) await flush();
    }
    await flush();
    return { rows, sha256: hash.digest('hex') };
  }

  private async writeContents(end: End): Promise<void> {
    const lost: string[] = [];
    for (let after = ''; ; ) {
      const page = await copies.listContents(this.client, after, PAGE);
      for (const content of page) {
        if (!(await this.writeContent(content))) lost.push(content.sha256);
        else {
          end.artifacts.count++;
          end.artifacts.bytes += content.size;
        }
        this.options.progress(`artifacts: ${end.artifacts.count}`);
      }
      after = page.at(-1)?.sha256 ?? '';
      if (page.length < PAGE) break;
    }
    // Content without a reference is that of an upload in progress, or about to be deleted.
    end.missing.push(...(await findUsed(copies.asDb(this.client), lost)));
  }

  /** False if the store doesn't have exactly this content. */
  private async writeContent({ sha256: digest, size }: copies.StoredFile): Promise<boolean> {
    const hash = sha256();
    const parts: Buffer[] = [];
    let read = 0;
    try {
      for await (const part of hashed(await this.store.open(digest), hash)) {
        read += part.length;
        if (size <= IN_MEMORY && read <= size) parts.push(part);
      }
    } catch (error) {
      if (error instanceof ContentMissing) return false;
      throw error;
    }
    if (read !== size || hash.digest('hex') !== digest) return false;
    const source = size <= IN_MEMORY ? Readable.from(parts) : await this.store.open(digest);
    await this.archive.stream(`artifacts/${digest}`, size, source);
    return true;
  }
}

const LINE_FEED = 10;
function linesIn(part: Buffer): number {
  let lines = 0;
  for (let at = part.indexOf(LINE_FEED); at !== -1; at = part.indexOf(LINE_FEED, at + 1)) lines++;
  return lines;
}

const json = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
