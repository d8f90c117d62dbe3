import { statfs } from 'node:fs/promises';
import { STORAGE_FULL } from '../api/graphql/errors';
import { isStorageFull } from '../kernel/database/outage';
import type { ServerConfig } from '../kernel/config';
import { Refusal } from '../kernel/errors';
import type { App } from '../runs/app';

/** Below this, the next artifact or the embedded database would fill the disk. */
const LEAST_FREE_BYTES = 16 * 1024 ** 2;

/** Check behind `/readyz`: the database responds, and both it and the data folder have space. */
export async function checkHealth({ database, config }: App): Promise<void> {
  await database.check().catch((error: unknown) => {
    throw isStorageFull(error) ? full('DATABASE_STORAGE') : error;
  });
  if ((await freeBytes(config)) < LEAST_FREE_BYTES) throw full('STORAGE');
}

/** Free space of the data folder's disk, for users without special rights. */
export async function freeBytes({ SLIPWAY_DATA_DIR: folder }: ServerConfig): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

const full = (reason: string): Refusal => new Refusal('STORAGE_FULL', STORAGE_FULL, { reason });
