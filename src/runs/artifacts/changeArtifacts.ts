import { type Actor, actorRef } from '../../access/actor';
import type { SubjectRows } from '../../access/subjects';
import { auditDetail } from '../../access/audit/auditDetail';
import { invalidInput, Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { releaseContents } from '../contents/contents.store';
import type { Artifact, ArtifactHold } from './artifact';
import { deleteArtifacts, findArtifact, findHolds, writePin } from './artifacts.store';
import { readArtifact } from './artifacts.queries';

const LONGEST_NOTE = 1000;

/** Keeps an artifact, regardless of the retention, until it is unpinned. Pinning again changes the note. */
export async function pinArtifact(
  app: App,
  actor: Actor,
  input: { readonly artifactId: string; readonly note?: string | null },
): Promise<Artifact> {
  const note = input.note?.trim() || null;
  if ((note?.length ?? 0) > LONGEST_NOTE) {
    const message = `note may have at most ${LONGEST_NOTE} characters.`;
    throw invalidInput([{ field: 'note', value: input.note, rule: 'LENGTH', message }]);
  }
  const artifact = await changeable(app, actor, input.artifactId);
  return writePinOf(app, artifact, { at: app.clock.now().toISOString(), by: actorRef(actor), note });
}

/** Leaves an artifact to the retention again. */
export async function unpinArtifact(
  app: App,
  actor: Actor,
  { artifactId }: { readonly artifactId: string },
): Promise<Artifact> {
  return writePinOf(app, await changeable(app, actor, artifactId), null);
}

/** Deletes an artifact now. Its name, size and digest stay readable. Repeating it changes nothing. */
export async function deleteArtifact(
  app: App,
  actor: Actor,
  { artifactId }: { readonly artifactId: string },
): Promise<Artifact> {
  const artifact = await authorized(app, actor, artifactId);
  if (artifact.deletedAt !== null) return artifact;
  const now = app.clock.now();
  await app.database.transaction(async (db) => {
    const deletion = { by: actorRef(actor), reason: 'PERSON' } as const;
    const [gone] = await deleteArtifacts(db, [artifact.id], deletion, now);
    if (gone === undefined) {
      const holds = (await findHolds(db, [artifact.id])).map(({ hold }) => hold);
      // Without one, another request has deleted it.
      if (holds.length > 0) throw held(artifact, holds);
      return;
    }
    await releaseContents(db, [gone.sha256], now);
    auditDetail(db, { ...objectOf(gone), before: factsOf(gone) });
  });
  // The sweep repeats it if it fails.
  await app.contents.remove(artifact.sha256);
  return (await findArtifact(app.database, artifact.id)) ?? artifact;
}

export const objectOf = ({ id, name, applicationId }: Artifact) => ({ kind: 'artifact', id, name, applicationId });

/** Facts for the audit trail. */
export const factsOf = ({ runId, executionId, jobId, size, sha256, createdAt }: Artifact) => ({
  runId,
  executionId,
  jobId,
  size,
  sha256,
  createdAt,
});

async function writePinOf(app: App, artifact: Artifact, pin: Artifact['pin']): Promise<Artifact> {
  await app.database.transaction(async (db) => {
    if (!(await writePin(db, artifact.id, pin))) throw deleted((await findArtifact(db, artifact.id)) ?? artifact);
    auditDetail(db, { ...objectOf(artifact), before: { pin: artifact.pin }, after: { pin } });
  });
  return { ...artifact, pin };
}

async function changeable(app: App, actor: Actor, id: string): Promise<Artifact> {
  const artifact = await authorized(app, actor, id);
  if (artifact.deletedAt !== null) throw deleted(artifact);
  return artifact;
}

async function authorized(app: App, actor: Actor, id: string): Promise<Artifact> {
  const { artifact, subject } = await readArtifact(app, actor, id);
  actor.access.require(changeRight(subject), 'Execution', subject);
  return artifact;
}

/** The right to run an execution includes the right to keep and to delete its files. */
const changeRight = ({ kind, parentStageExecutionId }: SubjectRows['Execution']) =>
  kind === 'PIPELINE' || parentStageExecutionId !== null ? 'EXECUTE_PIPELINE' : 'EXECUTE_WORKFLOW';

/**
 * Changes that the caller can make to an artifact now, by the rules of the commands. One that would change nothing is
 * not offered, although the command accepts it.
 */
export function availableArtifactActions(
  { access }: Actor,
  artifact: Artifact,
  holds: readonly ArtifactHold[],
  subject: SubjectRows['Execution'],
) {
  const right = access.explain(changeRight(subject), 'Execution', subject);
  const gone = artifact.deletedAt === null ? null : deleted(artifact);
  const answers = {
    [artifact.pin === null ? 'pin' : 'unpin']: gone,
    delete: gone ?? (holds.length > 0 ? held(artifact, holds) : null),
  };
  return Object.entries(answers).map(([action, refusal]) => ({
    action,
    allowed: right.allowed && refusal === null,
    code: right.code ?? refusal?.code ?? null,
    message: right.message ?? refusal?.message ?? null,
  }));
}

/** Distinguishes a deleted artifact from one that never existed, by its name and the time. */
export function deleted({ id, name, deletedAt, deletion }: Artifact): Refusal {
  const at = deletedAt?.toISOString() ?? '';
  const by = deletion?.reason === 'PERSON' ? `by ${deletion.by.name}` : 'by the retention';
  return new Refusal('ARTIFACT_DELETED', `The artifact "${name}" was deleted at ${at} ${by}.`, {
    artifactId: id,
    name,
    deletedAt: at,
    reason: deletion?.reason ?? null,
  });
}

const held = ({ name }: Artifact, holds: readonly string[]): Refusal =>
  new Refusal('ARTIFACT_HELD', `The artifact "${name}" can’t be deleted now: it is held by ${holds.join(', ')}.`, {
    holds,
  });
