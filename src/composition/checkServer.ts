import type { Client } from 'pg';
import { migrations } from '../../migrations';
import { version } from '../../package.json';
import { SecretKeys } from '../catalog/secrets/secretKeys';
import { systemClock } from '../kernel/clock';
import { readServerConfig, type ServerConfig, unknownVariables } from '../kernel/config';
import type { Log } from '../kernel/log';
import { StartError } from '../kernel/startError';
import { connect } from './backup/connect';
import { findKeys, findDatabaseTime, migrationsOf } from './backup/copies.store';
import { contentStore, secretKeyFile } from './createApp';
import { freeBytes } from './health';
import { joinDatabase } from './joinDatabase';
import { requireDataDir } from './startFaults';

export interface Finding {
  readonly what: 'configuration' | 'data folder' | 'artifacts' | 'database' | 'clock' | 'schema' | 'keys';
  readonly ok: boolean;
  /** What was found, or what is wrong and what to do. */
  readonly text: string;
}

/** Clocks that differ by more make leases and schedules surprising. */
const MOST_SKEW_MS = 2_000;
const LEAST_FREE_BYTES = 64 * 1024 ** 2;
/** Digest of nothing. Asking for it shows whether the store answers. */
const ANY_DIGEST = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Looks at everything that a server needs. What can't be looked at, because something before it is wrong, is left out. */
export async function checkServer(log: Log): Promise<Finding[]> {
  const findings: Finding[] = [];
  const note = (what: Finding['what'], ok: boolean, text: string) => findings.push({ what, ok, text });
  /** What `work` found; undefined if it failed. */
  const look = async <T>(what: Finding['what'], work: () => T | Promise<T>, text: (found: T) => string) => {
    try {
      const found = await work();
      note(what, true, text(found));
      return found;
    } catch (error) {
      note(what, false, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  };
  const config = await look(
    'configuration',
    readServerConfig,
    () => `valid (Slipway ${version}, Node ${process.version})`,
  );
  for (const line of unknownVariables()) note('configuration', false, line);
  if (config === undefined) return findings;
  await look(
    'data folder',
    () => checkFolder(config),
    (free) => `${config.SLIPWAY_DATA_DIR}, ${mebibytes(free)} MiB free`,
  );
  await look(
    'artifacts',
    () => checkStore(config),
    () => config.SLIPWAY_S3_BUCKET ?? 'in the data folder',
  );
  const database = await look(
    'database',
    () => joinDatabase(config, log),
    ({ url }) => `reached at ${new URL(url).host}`,
  );
  if (database === undefined) return findings;
  const client = await connect(database.url);
  try {
    await look(
      'clock',
      () => checkClock(client),
      () => 'this machine and the database agree',
    );
    const ready = await look(
      'schema',
      async () => checkSchema(await migrationsOf(client)),
      (text) => text,
    );
    if (ready !== undefined)
      await look(
        'keys',
        () => checkKeys(config, client),
        (text) => text,
      );
    return findings;
  } finally {
    await client.end();
    await database.stop();
  }
}

async function checkFolder(config: ServerConfig): Promise<number> {
  await requireDataDir(config);
  const free = await freeBytes(config);
  if (free >= LEAST_FREE_BYTES) return free;
  throw new StartError(`${config.SLIPWAY_DATA_DIR} has only ${mebibytes(free)} MiB free. Free space on its disk.`);
}

const mebibytes = (bytes: number): string => Math.floor(bytes / 1024 ** 2).toLocaleString('en-US');

async function checkStore(config: ServerConfig): Promise<void> {
  const store = await contentStore(config);
  try {
    await store.has(ANY_DIGEST);
  } catch (error) {
    const bucket = config.SLIPWAY_S3_BUCKET ?? config.SLIPWAY_DATA_DIR;
    throw new StartError(`${bucket} does not answer: ${error instanceof Error ? error.message : String(error)}.`);
  } finally {
    store.close();
  }
}

async function checkClock(client: Client): Promise<void> {
  const asked = systemClock.now().getTime();
  const nowMs = await findDatabaseTime(client);
  const answered = systemClock.now().getTime();
  // The time of the database lies between the two times of this machine, if both clocks agree.
  const skew = Math.max(asked - nowMs, nowMs - answered);
  if (skew <= MOST_SKEW_MS) return;
  const seconds = Math.round(skew / 1000);
  throw new StartError(`this machine and the database differ by ${seconds} s. Synchronize both with a time server.`);
}

function checkSchema(applied: readonly string[]): string {
  const known = migrations.map((migration) => new migration().name);
  if (applied.length === 0) throw new StartError('not there yet. The server creates it when it starts.');
  const unknown = applied.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new StartError(
      `${unknown} is unknown to Slipway ${version}. Start the version that made it, or a newer one.`,
    );
  const missing = known.filter((name) => !applied.includes(name));
  return missing.length === 0 ? 'up to date' : `${missing.length} migrations run at the next start`;
}

async function checkKeys(config: ServerConfig, client: Client): Promise<string> {
  const known = await new SecretKeys(config.SLIPWAY_SECRET_KEY ?? [], secretKeyFile(config)).knownIds();
  const needed = await findKeys(client);
  const missing = needed.filter((id) => !known.includes(id));
  if (missing.length > 0)
    throw new StartError(`secrets are encrypted with ${missing.join(', ')}, which is not in SLIPWAY_SECRET_KEY.`);
  return needed.length === 0 ? 'nothing is encrypted yet' : `all secrets can be read (${needed.join(', ')})`;
}
