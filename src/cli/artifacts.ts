import { createHash } from 'node:crypto';
import { chmod, mkdir, open, rename } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import {
  ApplicationIdDocument,
  ArtifactLinkDocument,
  ArtifactsDocument,
  type ArtifactFilterInput,
  DeleteArtifactDocument,
  type ListedArtifactFragment,
  PinArtifactDocument,
  UnpinArtifactDocument,
} from '../client/generated';
import { allPages } from './deployed';
import { exit, Failure, usage } from './failure';
import { findRun } from './runs';
import type { Session } from './session';
import { moment, refuseUnlessConfirmed } from './ui';

export interface ArtifactsOptions {
  readonly application?: string;
  readonly run?: string;
  readonly search?: string;
  readonly sha256?: string;
  readonly pinned?: boolean;
  readonly deleted?: boolean;
  readonly limit: number;
}

/** `slipway artifacts`: lists files that jobs left, newest first. */
export async function listArtifacts(session: Session, name: string | undefined, options: ArtifactsOptions) {
  const { api, ui } = session;
  const filters = [await filterOf(session, name, options)];
  const variables = { filters, search: options.search ?? null, first: options.limit };
  const { nodes } = (await api.ask(ArtifactsDocument, variables)).artifacts;
  ui.answer(nodes);
  if (ui.json) return;
  if (nodes.length === 0) return ui.say('No artifacts found.');
  ui.table(
    ['ID', 'NAME', 'SIZE', 'STORED', 'TASK', 'EXECUTION', ''],
    nodes.map((one) => [
      one.id,
      one.name,
      bytes(one.size),
      moment(one.createdAt),
      one.task.name,
      one.execution.id,
      ui.paint.dim(stateOf(one)),
    ]),
  );
}

export interface DownloadOptions {
  readonly run?: string;
  readonly dir: string;
}

/** `slipway artifacts download`: one artifact by its id, or the files of a run that match a name. */
export async function downloadArtifacts(session: Session, named: readonly string[], options: DownloadOptions) {
  const { api, ui } = session;
  const found = await findNamed(session, named, options.run);
  for (const artifact of found) {
    if (artifact.type === 'FOLDER') {
      await mkdir(placeOf(artifact.name, options.dir), { recursive: true });
      continue;
    }
    const { signedLink } = (await api.ask(ArtifactLinkDocument, { id: artifact.id })).artifact;
    // On its own, an artifact gets its last name; several keep their directories.
    const path = placeOf(found.length === 1 ? basename(artifact.name) : artifact.name, options.dir);
    await download(new URL(signedLink.url, api.url).href, path, artifact);
    ui.say(`${path} ${ui.paint.dim(bytes(artifact.size))}`);
  }
  ui.answer(found);
}

export async function pinArtifact({ api, ui }: Session, id: string, { note }: { readonly note?: string }) {
  const { artifact } = (await api.ask(PinArtifactDocument, { input: { artifactId: id, note } })).pinArtifact;
  ui.say(`Pinned ${artifact.name}. ${ui.paint.dim(`slipway artifacts unpin ${id}`)}`);
  ui.answer(artifact);
}

export async function unpinArtifact({ api, ui }: Session, id: string) {
  const { artifact } = (await api.ask(UnpinArtifactDocument, { input: { artifactId: id } })).unpinArtifact;
  ui.say(`Unpinned ${artifact.name}.`);
  ui.answer(artifact);
}

export async function deleteArtifact({ api, ui }: Session, id: string, { yes }: { readonly yes?: boolean }) {
  const { artifact: before } = await api.ask(ArtifactLinkDocument, { id });
  ui.say(`${before.name}, ${bytes(before.size)}, of ${before.execution.id}`);
  if (!yes) await refuseUnlessConfirmed(ui, 'Delete its content forever?', false);
  const { artifact } = (await api.ask(DeleteArtifactDocument, { input: { artifactId: id } })).deleteArtifact;
  ui.say(`Deleted ${artifact.name}.`);
  ui.answer(artifact);
}

async function filterOf(
  session: Session,
  name: string | undefined,
  options: Partial<ArtifactsOptions>,
): Promise<ArtifactFilterInput> {
  const equals = (value: string) => ({ operator: 'EQUALS' as const, values: [value] });
  const { application, run, sha256, pinned, deleted } = options;
  const ofApplication =
    application && (await session.api.ask(ApplicationIdDocument, { name: application })).applicationByName.id;
  const execution = run && (await findRun(session, run)).id;
  return {
    deleted: deleted ?? false,
    name,
    ...(pinned && { pinned }),
    ...(ofApplication && { application: equals(ofApplication) }),
    ...(execution && { execution: equals(execution) }),
    ...(sha256 && { sha256: equals(sha256) }),
  };
}

async function findNamed(session: Session, named: readonly string[], run: string | undefined) {
  const { api } = session;
  if (run === undefined) {
    if (named.length === 0) throw usage('Give the IDs of artifacts, or a run with --run.');
    return Promise.all(named.map(async (id) => (await api.ask(ArtifactLinkDocument, { id })).artifact));
  }
  const lists = await Promise.all(
    (named.length === 0 ? [undefined] : named).map(async (name) => {
      const filters = [await filterOf(session, name, { run })];
      return allPages(async (after) => (await api.ask(ArtifactsDocument, { filters, first: 500, after })).artifacts);
    }),
  );
  // Newest first: of several with one name, the newest attempt counts.
  const byName = new Map(
    lists
      .flat()
      .reverse()
      .map((one) => [one.name, one]),
  );
  if (byName.size === 0) throw new Failure(exit.refused, 'NOT_FOUND', 'The run has no such artifacts.');
  return [...byName.values()];
}

/** A name comes from a job: it must stay within the directory. */
function placeOf(name: string, dir: string): string {
  const path = resolve(dir, name);
  if (!path.startsWith(join(resolve(dir), '/'))) throw usage(`"${name}" leads out of ${dir}.`);
  return path;
}

const TRIES = 5;

/** Downloads into a file next to the target, which appears only when complete and verified. Continues after a cut. */
async function download(url: string, path: string, { name, size, sha256, type, mode }: ListedArtifactFragment) {
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  const file = await open(part, 'w');
  const hash = createHash('sha256');
  let got = 0;
  try {
    for (let tries = 1; got < size; tries++) {
      try {
        const response = await fetch(url, { headers: got > 0 ? { range: `bytes=${got}-` } : {} });
        if (!response.ok || response.body === null) throw await refusalOf(response);
        for await (const chunk of response.body) {
          await file.write(chunk, 0, chunk.length, got);
          hash.update(chunk);
          got += chunk.length;
        }
      } catch (error) {
        if (error instanceof Failure) throw error;
        if (tries === TRIES) {
          const reason = error instanceof Error ? error.message : String(error);
          throw new Failure(exit.unreachable, 'UNREACHABLE', `the download of ${name} was interrupted: ${reason}`);
        }
      }
    }
  } finally {
    await file.close();
  }
  if (hash.digest('hex') !== sha256) {
    throw new Failure(exit.failed, 'ARTIFACT_MISMATCH', `${part} does not have the SHA-256 ${sha256}.`);
  }
  if (type === 'FILE') await chmod(part, Number.parseInt(mode, 8));
  await rename(part, path);
}

export async function refusalOf(response: Response): Promise<Failure> {
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  return new Failure(exit.refused, error.code, error.message);
}

function stateOf({ deletedAt, deletion, pin }: ListedArtifactFragment): string {
  if (deletedAt != null) return `deleted ${moment(deletedAt)} (${deletion?.reason ?? ''})`;
  return pin === null || pin === undefined ? '' : `pinned by ${pin.by.name}${pin.note ? `: ${pin.note}` : ''}`;
}

export function bytes(size: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  const unit = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(size, 1)) / 10)));
  return `${(size / 1024 ** unit).toFixed(unit === 0 ? 0 : 1)} ${units[unit]}`;
}
