import { setTimeout as pause } from 'node:timers/promises';
import type { App } from '../app';
import type { AuditLink } from './audit';
import { findHead, insertLinks, mayAddLinks, takeUnsealed } from './audit.store';
import { AUDIT_WRITTEN } from './audited';
import { beginning, linkHash } from './chain';

const BATCH = 500;
/** Records that are written together are sealed together. */
const COLLECT_MS = 200;

/**
 * Adds records to the chain shortly after they were committed. Not in the transaction that makes them: each link needs
 * the one before it, so every change of configuration and every start would wait for the previous commit. Every server
 * of a database has a sealer; a lock lets one at a time add links.
 */
export class AuditSealer {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private failing = false;

  constructor(private readonly app: App) {}

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    // Records of the last requests. A server that is killed leaves them to the next one.
    await this.seal();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    const listener = this.app.database.wakeups.listen([AUDIT_WRITTEN]);
    while (!signal.aborted) {
      await this.seal();
      await listener.wait(this.app.config.SLIPWAY_POLL_MS, signal);
      await pause(COLLECT_MS, undefined, { signal }).catch(() => undefined);
    }
    listener.close();
  }

  private async seal(): Promise<void> {
    try {
      while ((await sealRecords(this.app)) === BATCH);
      this.failing = false;
    } catch (error) {
      if (!this.failing && !this.stopping.signal.aborted) {
        this.app.log.error({ err: error }, 'could not seal audit records; retrying');
      }
      this.failing = true;
    }
  }
}

/**
 * Adds at most one batch of records to the chain. Returns their number, which is 0 if another server is adding some.
 */
export function sealRecords(app: App): Promise<number> {
  return app.database.transaction(async (db) => {
    if (!(await mayAddLinks(db))) return 0;
    const records = await takeUnsealed(db, BATCH);
    if (records.length === 0) return 0;
    const head = await findHead(db);
    let previousHash = head?.hash ?? beginning;
    let sequence = head?.sequence ?? 0;
    const links: AuditLink[] = [];
    for (const record of records) {
      sequence += 1;
      const hash = linkHash({ sequence, previousHash }, record);
      links.push({ sequence, recordId: record.id, previousHash, hash });
      previousHash = hash;
    }
    await insertLinks(db, links);
    return records.length;
  });
}
