import { statfs } from 'node:fs/promises';
import { STORAGE_FULL } from '../api/graphql/errors';
import { isStorageFull } from '../kernel/database/outage';
import { Refusal } from '../kernel/errors';
import type { App } from '../runs/app';

/** Below this, the next artifact or the embedded database would fill the disk. */
const LEAST_FREE_BYTES = 16 * 1024 ** 2;

/** Check behind `/readyz`: the database responds, and both it and the data folder have space. */
export async function checkHealth({ database, config }: App): Promise<void> {
  await database.check().catch((error: unknown) => {
    throw isStorageFull(error) ? full('DATABASE_STORAGE') : error;
  });
  const { bavail, bsize } = await statfs(config.SLIPWAY_DATA_DIR);
  if (bavail * bsize < LEAST_FREE_BYTES) throw full('STORAGE');
}

const full = (reason: string): Refusal => new Refusal('STORAGE_FULL', STORAGE_FULL, { reason });
