import { Readable } from 'node:stream';
import type { App } from '../app';
import { findChunks, type StoredChunk } from './jobLogs.store';
import { type ChunkPlace, type MovedLog, moveChunks, takeOldLog } from './moveLogs.store';

const DAY_MS = 86_400_000;
const STEP_BYTES = 4 * 1024 ** 2;

/**
 * Moves the bytes of larger logs that ended more than `SLIPWAY_LOG_MOVE_DAYS` ago to the content store: one file for
 * each log. Its rows stay as an index of the file, so all reads work as before. They change in one transaction, after the
 * file is stored.
 */
export async function moveLogs(app: App, until?: AbortSignal): Promise<number> {
  const before = new Date(app.clock.now().getTime() - app.config.SLIPWAY_LOG_MOVE_DAYS * DAY_MS);
  for (let moved = 0; ; moved++) {
    if (until?.aborted) return moved;
    const log = await takeOldLog(app.database, before, app.clock.now());
    if (log === undefined) return moved;
    await moveLog(app, log);
  }
}

async function moveLog({ database, contents }: App, log: MovedLog): Promise<void> {
  const places: ChunkPlace[] = [];
  const { sha256 } = await contents.put(Readable.from(fileOf(database, log, places)));
  await database.transaction(async (db) => moveChunks(db, log.jobId, sha256, places));
}

/** Compressed bytes of all rows, a few megabytes at a time. */
async function* fileOf(database: App['database'], log: MovedLog, places: ChunkPlace[]): AsyncGenerator<Buffer> {
  let end = 0;
  for (let position = 0; position < log.bytes; ) {
    const chunks: StoredChunk[] = await findChunks(database, log.jobId, position, STEP_BYTES);
    if (chunks.length === 0) return;
    for (const { start, length, data } of chunks) {
      position = start + length;
      if (data === null) continue;
      places.push({ start, place: end, packed: data.length });
      end += data.length;
      yield data;
    }
  }
}
