import { join } from 'node:path';
import type { ServerConfig } from '../kernel/config';
import { joinEmbeddedPostgres } from '../kernel/embedded/embeddedPostgres';
import type { Log } from '../kernel/log';
import { waitForDatabase } from './startFaults';

/** The server's database, for a command on its machine, whether or not the server runs. Never creates one. */
export async function joinDatabase(config: ServerConfig, log: Log): Promise<{ readonly url: string; stop(): unknown }> {
  const { DATABASE_URL: given } = config;
  const dataDir = join(config.SLIPWAY_DATA_DIR, 'postgres');
  const own =
    given === undefined ? await joinEmbeddedPostgres({ dataDir, log }) : { url: given, stop: () => undefined };
  try {
    await waitForDatabase(own.url, config, log);
    return own;
  } catch (error) {
    await own.stop();
    throw error;
  }
}
