import { hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { systemActor } from '../../access/actor';
import type { App } from '../app';
import { findArtifactByName, findExecutionRows, insertArtifact } from './artifacts.store';
import { artifactMode, artifactTypes } from '../../contract/agentProtocol';
import type { Artifact } from './artifact';
import type { Db } from '../../kernel/database/database';
import { newId } from '../../kernel/ids';
import { type Claim, findLeases, type LeaseWithJob } from '../queue/jobs.store';
import { type InputError, invalidInput, notFound, Refusal, staleClaim } from '../../kernel/errors';
import { inRuns } from '../execution/inRuns';

export type NewArtifact = Pick<Artifact, 'name' | 'type' | 'mode' | 'size' | 'sha256'>;

/** No system supports longer targets. */
const MAX_TARGET_BYTES = 4096;

/** Result of a request that uploads a part of an artifact. `artifactId` is null while bytes are missing. */
export interface Uploaded {
  readonly artifactId: string | null;
  /** Number of bytes that have arrived. */
  readonly offset: number;
  readonly created: boolean;
}

/** Number of bytes of an artifact that have arrived, so that an upload can continue there. */
export async function uploadOffset(app: App, claim: Claim, artifact: NewArtifact): Promise<number> {
  checkArtifact(artifact, app.config.SLIPWAY_MAX_ARTIFACT_BYTES);
  await requireLease(app.database, claim);
  const before = await findArtifactByName(app.database, claim.jobId, artifact.name);
  if (before !== undefined) return isSame(before, artifact) ? artifact.size : 0;
  return app.contents.offsetOf(uploadId(claim.jobId, artifact));
}

/**
 * Takes the content of an artifact from `offset`. When all of it has arrived and was checked, writes the row that
 * promises it. Every request may be repeated, also when the artifact is complete.
 */
export async function uploadArtifact(
  app: App,
  claim: Claim,
  artifact: NewArtifact,
  offset: number,
  source: Readable,
): Promise<Uploaded> {
  checkArtifact(artifact, app.config.SLIPWAY_MAX_ARTIFACT_BYTES);
  const lease = await requireLease(app.database, claim);
  const { size, sha256 } = artifact;
  const before = await findArtifactByName(app.database, claim.jobId, artifact.name);
  if (before !== undefined) return { artifactId: sameContent(before, artifact), offset: size, created: false };
  const arrived = await app.contents.receive(uploadId(claim.jobId, artifact), { size, sha256 }, offset, source);
  if (arrived < size) return { artifactId: null, offset: arrived, created: false };
  return inRuns(app, [lease.runId], systemActor, async (db) => {
    const { executionId, taskExecutionId, runId } = await requireLease(db, claim);
    const [execution] = await findExecutionRows(db, executionId);
    if (execution === undefined) throw notFound('execution', executionId);
    const meanwhile = await findArtifactByName(db, claim.jobId, artifact.name);
    if (meanwhile !== undefined) return { artifactId: sameContent(meanwhile, artifact), offset: size, created: false };
    const id = newId();
    const { name, type, mode } = artifact;
    const { applicationId } = execution;
    await insertArtifact(db, {
      ...{ id, applicationId, runId, executionId, taskExecutionId, jobId: claim.jobId },
      ...{ name, type, mode, size, sha256, createdAt: db.now, pin: null, deletedAt: null, deletion: null },
    });
    db.event({ runId, executionId }, 'ARTIFACT_ADDED', {
      artifactId: id,
      taskExecutionId,
      name,
      artifactType: type,
      mode,
      size,
      sha256,
    });
    return { artifactId: id, offset: size, created: true };
  });
}

/** The same for every request that announces the same file of a job, at every server. */
const uploadId = (jobId: string, { name, type, mode, size, sha256 }: NewArtifact): string =>
  hash('sha256', JSON.stringify([jobId, name, type, mode, size, sha256]));

/** Lease of a claim, or the error that makes an agent drop the job. */
export async function requireLease(db: Db, claim: Claim): Promise<LeaseWithJob> {
  const [lease] = await findLeases(db, [claim.jobId]);
  if (lease === undefined || lease.tokenHash !== claim.tokenHash || !lease.started) {
    throw staleClaim();
  }
  return lease;
}

function sameContent(known: Artifact, artifact: NewArtifact): string {
  if (isSame(known, artifact)) return known.id;
  throw new Refusal('ARTIFACT_EXISTS', `This job already uploaded different content as "${artifact.name}".`);
}

const isSame = (known: Artifact, artifact: NewArtifact): boolean =>
  (['type', 'mode', 'size', 'sha256'] as const).every((key) => known[key] === artifact[key]);

function checkArtifact({ name, type, mode, size, sha256 }: NewArtifact, maxBytes: number): void {
  const errors: InputError[] = [];
  const refuse = (field: string, value: unknown, rule: string, message: string) =>
    errors.push({ field, value, rule, message });
  const parts = name.split('/');
  if (
    name.length === 0 ||
    name.length > 1000 ||
    /[\\\0]/.test(name) ||
    parts.some((part) => ['', '.', '..'].includes(part))
  ) {
    refuse(
      'name',
      name,
      'PATH',
      'The name of an artifact must be a relative path without empty parts, "..", backslash or NUL.',
    );
  }
  if (!/^[0-9a-f]{64}$/.test(sha256))
    refuse('sha256', sha256, 'SHA256', 'X-Slipway-Sha256 must be 64 lowercase hex digits.');
  if (!Number.isSafeInteger(size) || size < 0)
    refuse('size', size, 'SIZE', 'The size must be given, as X-Slipway-Size or Content-Length.');
  if (!artifactTypes.includes(type))
    refuse('type', type, 'TYPE', `X-Slipway-Type must be one of ${artifactTypes.join(', ')}.`);
  if (!artifactMode.safeParse(mode).success)
    refuse('mode', mode, 'MODE', 'X-Slipway-Mode must be three octal digits, such as 755.');
  if ((type === 'LINK' && (size === 0 || size > MAX_TARGET_BYTES)) || (type === 'FOLDER' && size > 0)) {
    const message = `The content of a link is its target, of 1 to ${MAX_TARGET_BYTES} bytes; a folder has none.`;
    refuse('size', size, 'SIZE', message);
  }
  if (errors.length > 0) throw invalidInput(errors);
  if (size > maxBytes) {
    throw new Refusal('TOO_LARGE', `The artifact has ${size} bytes; at most ${maxBytes} are allowed.`, {
      limit: maxBytes,
    });
  }
}
