import { type ActorRef, actorRef, systemActor } from '../../access/actor';
import { audit } from '../../access/audit/audited';
import type { App } from '../app';
import { releaseContents } from '../contents/contents.store';
import type { Artifact, DeletionReason } from './artifact';
import { deleteArtifacts, findKept, type KeptArtifact, sumOfContent } from './artifacts.store';
import { factsOf, objectOf } from './changeArtifacts';

const DAY_MS = 86_400_000;
/** Artifacts in one transaction. */
const STEP = 200;
const START = { createdAt: new Date(0), id: '00000000-0000-0000-0000-000000000000' };

/** Time from which the retention deletes an artifact because of its age, unless something holds it. Null if it is gone. */
export const expiryOf = ({ config }: App, { createdAt, deletedAt }: Artifact): Date | null =>
  deletedAt === null ? new Date(createdAt.getTime() + config.SLIPWAY_ARTIFACT_RETENTION_DAYS * DAY_MS) : null;

/**
 * Deletes artifacts by age, by the number of newer runs, and by the size of all, oldest first. Nothing that is pinned,
 * or that a run, an approval or a restore point may still need. Walks the artifacts that have content once, a step per
 * transaction. Returns their number.
 */
export async function pruneArtifacts(app: App, until?: AbortSignal): Promise<number> {
  const {
    SLIPWAY_ARTIFACT_RETENTION_DAYS: days,
    SLIPWAY_ARTIFACT_RETENTION_RUNS: runs = null,
    SLIPWAY_ARTIFACT_RETENTION_BYTES: bytes,
  } = app.config;
  const before = new Date(app.clock.now().getTime() - days * DAY_MS);
  let excess = bytes === undefined ? 0 : (await sumOfContent(app.database)) - bytes;
  const reasonOf = ({ createdAt, newerRuns }: KeptArtifact): DeletionReason | undefined => {
    if (createdAt < before) return 'AGE';
    if (runs !== null && newerRuns >= runs) return 'COUNT';
    return excess > 0 ? 'SIZE' : undefined;
  };
  let place: { readonly createdAt: Date; readonly id: string } = START;
  let deleted = 0;
  for (;;) {
    const kept = await findKept(app.database, place, runs, STEP);
    const byReason = new Map<DeletionReason, string[]>();
    for (const one of kept) {
      const reason = one.isHeld ? undefined : reasonOf(one);
      if (reason === undefined) continue;
      // Content that another artifact shares stays, so the next pass may find more to delete.
      excess -= one.size;
      byReason.set(reason, [...(byReason.get(reason) ?? []), one.id]);
    }
    for (const [reason, ids] of byReason) deleted += await deleteOld(app, ids, reason);
    const last = kept.at(-1);
    // All that follow are newer.
    const isDone = byReason.size === 0 && runs === null && excess <= 0 && (last?.createdAt ?? before) >= before;
    if (last === undefined || kept.length < STEP || isDone || until?.aborted) return deleted;
    place = last;
  }
}

async function deleteOld(app: App, ids: readonly string[], reason: DeletionReason): Promise<number> {
  const actor: ActorRef = actorRef(systemActor);
  return app.database.transaction(async (db) => {
    const now = app.clock.now();
    // Looks again whether something holds them.
    const gone = await deleteArtifacts(db, ids, { by: actor, reason }, now);
    await releaseContents(
      db,
      gone.map(({ sha256 }) => sha256),
      now,
    );
    const attempt = { actor, address: null, requestId: null, action: 'artifact.delete', input: { reason } };
    for (const one of gone) await audit(app, db, attempt, { ...objectOf(one), before: factsOf(one) });
    return gone.length;
  });
}
