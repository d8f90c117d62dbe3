import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EndReason } from '../../contract/agentProtocol';
import type { JobContainer, JobService } from '../../contract/jobContainer';
import { plainArgument } from './policy';
import { ask, type ContainerRuntime, lastLineOf } from './runtime';

/** A container or its image could not be had. */
export class ContainerProblem extends Error {
  constructor(
    readonly reason: EndReason,
    message: string,
  ) {
    super(message);
  }
}

export interface Image {
  readonly id: string;
  /** Empty while only a node of the cluster knows it. */
  readonly digest: string;
  /** Names of its variables; null if the agent does not know them. */
  readonly variables: readonly string[] | null;
  /** File with the credentials of its registry, for a node of the cluster. */
  readonly authFile?: string | undefined;
}

/** Runs a program of the agent, whose output is part of the job’s log. Returns its last line and its exit code. */
export type RunVisibly = (
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
) => Promise<{ readonly exitCode: number | null; readonly lines: string }>;

/** Finds an image, or pulls it. */
export async function takeImage(
  runtime: ContainerRuntime,
  wanted: Pick<JobContainer | JobService, 'image' | 'pull' | 'credentials'>,
  folder: string,
  run: RunVisibly,
  signal: AbortSignal,
): Promise<Image> {
  const name = plainArgument(wanted.image, 'an image');
  if (runtime.kind === 'kubernetes') return leftToNode(name, wanted.credentials, folder);
  const here = wanted.pull === 'always' ? undefined : await inspect(runtime, name, signal);
  if (here !== undefined) return here;
  if (wanted.pull === 'never') {
    throw new ContainerProblem('IMAGE_NOT_FOUND', `The image ${name} is not on this agent, and "pull" is never.`);
  }
  await pull(runtime, name, wanted.credentials, folder, run);
  const pulled = await inspect(runtime, name, signal);
  if (pulled === undefined) throw new ContainerProblem('IMAGE_PULL_FAILED', `${name} is missing after it was pulled.`);
  return pulled;
}

/** In a cluster, the node on which the pod runs pulls the image. */
async function leftToNode(name: string, credentials: JobContainer['credentials'], folder: string): Promise<Image> {
  if (credentials === null) return { id: name, digest: '', variables: null };
  const authFile = await writeCredentials(await mkdtemp(join(folder, 'auth-')), name, credentials);
  return { id: name, digest: '', variables: null, authFile };
}

/** Credentials are in a file of the agent alone, never among arguments. */
async function writeCredentials(
  folder: string,
  name: string,
  { username, password, registry }: NonNullable<JobContainer['credentials']>,
): Promise<string> {
  const file = join(folder, 'config.json');
  const encoded = Buffer.from(`${username}:${password}`).toString('base64');
  await writeFile(file, JSON.stringify({ auths: { [registry ?? registryOf(name)]: { auth: encoded } } }), {
    mode: 0o600,
  });
  return file;
}

async function inspect(runtime: ContainerRuntime, name: string, signal: AbortSignal): Promise<Image | undefined> {
  const { code, stdout, stderr } = await ask(runtime, ['image', 'inspect', name], { signal });
  signal.throwIfAborted();
  if (code === null) throw new ContainerProblem('CONTAINER_UNAVAILABLE', unavailable(runtime, stderr));
  if (code !== 0) {
    if (/no such (?:image|object)|not known|unable to find|does not exist/i.test(stderr)) return undefined;
    throw new ContainerProblem('CONTAINER_UNAVAILABLE', unavailable(runtime, stderr));
  }
  const [found]: { Id?: string; Digest?: string; RepoDigests?: string[]; Config?: { Env?: string[] } }[] =
    JSON.parse(stdout);
  const id = found?.Id?.replace(/^sha256:/, '') ?? '';
  const listed = found?.RepoDigests?.[0]?.split('@')[1];
  const variables = (found?.Config?.Env ?? []).map((one) => one.slice(0, one.indexOf('=')));
  return { id, digest: found?.Digest || listed || `sha256:${id}`, variables };
}

const unavailable = ({ command }: ContainerRuntime, stderr: string): string =>
  `${command[0]} does not work on this agent: ${lastLineOf(stderr)}`;

/** The file with the credentials exists only as long as the pull takes. */
async function pull(
  runtime: ContainerRuntime,
  name: string,
  credentials: JobContainer['credentials'],
  folder: string,
  run: RunVisibly,
): Promise<void> {
  const auth = join(folder, 'auth');
  const before: string[] = [];
  const after: string[] = [];
  try {
    if (credentials !== null) {
      await mkdir(auth, { mode: 0o700 });
      const file = await writeCredentials(auth, name, credentials);
      if (runtime.kind === 'podman') after.push(`--authfile=${file}`);
      else before.push(`--config=${auth}`);
    }
    const argv = [...runtime.command, ...before, 'pull', '--quiet', ...after, name];
    const { exitCode, lines } = await run(argv, runtime.environment);
    if (exitCode !== 0) throw pullProblem(name, lines);
  } finally {
    await rm(auth, { recursive: true, force: true });
  }
}

/** Registry of an image: the part before the first slash, if it looks like a host. */
export function registryOf(name: string): string {
  const [first = '', ...rest] = name.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  return isHost ? first : 'docker.io';
}

/** Sorts the errors of runtimes, which have no codes. */
export function pullProblem(name: string, output: string): ContainerProblem {
  const why = lastLineOf(output);
  const reason = /unauthori[sz]ed|denied|authentication required|forbidden|invalid username/i.test(output)
    ? 'IMAGE_PULL_REFUSED'
    : /manifest unknown|not found|name unknown|no such image|did not resolve|not present|no unqualified-search|repository .* does not exist/i.test(
          output,
        )
      ? 'IMAGE_NOT_FOUND'
      : 'IMAGE_PULL_FAILED';
  return new ContainerProblem(reason, `Could not pull ${name}: ${why}`);
}
