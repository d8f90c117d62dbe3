import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { quote } from '../containers/containerScript';
import { ApiProblem, type KubernetesApi } from './kubernetesApi';
import { NotInPods, type Pod, podOf, type RunOptions } from './podSpec';

const POLL_MS = 200;
/** Time in which a pod has to be scheduled and its image pulled. A job that is canceled or times out ends earlier. */
const START_MS = 15 * 60_000;
/** Number of times that a broken connection to the output of a running pod is opened again, without success in between. */
const MOST_ATTACHES = 10;
const forwarded = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

export const podPath = (name: string) => `/pods/${encodeURIComponent(name)}`;

/** A pod could not be run. Its message has the form by which problems of other runtimes are classified. */
export class PodProblem extends Error {}

/** Starts a service in the background; resolves when it runs and has an address. */
export async function startPod(api: KubernetesApi, run: RunOptions): Promise<void> {
  await create(api, run);
  await started(api, run.name);
}

/**
 * Runs the command of a job: its script comes through standard input, its output goes to ours, signals go to its first
 * process. Returns its exit code. The script reaches the pod through the shared folder, because a stream to a pod can't tell
 * older servers where its input ends. The pod reads it once we read its output, so that no output is lost.
 */
export async function runPod(api: KubernetesApi, run: RunOptions): Promise<number> {
  const script = await text(process.stdin);
  const folder = run.volumes[1]?.target ?? run.volumes[0]?.target;
  if (folder === undefined) throw new NotInPods('there is no shared folder');
  const file = join(folder, `script-${randomBytes(8).toString('hex')}`);
  const go = `${file}.go`;
  const [flag = '-c', init = '', ...rest] = run.arguments;
  const wait = `until [ -e ${quote(go)} ]; do sleep 0.1; done; exec <${quote(file)}; rm -f ${quote(file)} ${quote(go)}`;
  writeFileSync(file, script, { mode: 0o644 });
  let runs = false;
  for (const signal of forwarded) {
    process.on(signal, () => {
      if (runs) void forward(api, run.name, signal);
      // Nothing receives the error. The agent removes the pod.
      else process.exit(128 + constants.signals[signal]);
    });
  }
  try {
    await create(api, { ...run, arguments: [flag, `${wait}\n${init}`, ...rest] });
    await started(api, run.name);
    runs = true;
    await follow(api, run.name, () => writeFileSync(go, ''));
    return await exitCode(api, run.name);
  } finally {
    for (const one of [file, go]) rmSync(one, { force: true });
  }
}

async function create(api: KubernetesApi, run: RunOptions): Promise<void> {
  const own = await api.call<Pod>('GET', podPath(api.ownPod)).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : error;
    throw new PodProblem(`the pod of this agent, ${api.ownPod}, could not be read: ${why}`);
  });
  const { envFile, authFile, name, labels } = run;
  const envSecret = envFile === null ? null : `${name}-env`;
  const pullSecret = authFile === null ? null : `${name}-pull`;
  const owner = { apiVersion: 'v1', kind: 'Pod', name: own.metadata.name, uid: own.metadata.uid };
  const secret = (secretName: string, type: string, stringData: Record<string, string>) =>
    api.call('POST', '/secrets', {
      ...{ apiVersion: 'v1', kind: 'Secret', type, stringData },
      metadata: { name: secretName, labels, ownerReferences: [owner] },
    });
  if (envSecret !== null) await secret(envSecret, 'Opaque', variablesIn(readFileSync(envFile ?? '', 'utf8')));
  if (pullSecret !== null) {
    const auths = readFileSync(authFile ?? '', 'utf8');
    await secret(pullSecret, 'kubernetes.io/dockerconfigjson', { '.dockerconfigjson': auths });
  }
  const sameNode = await isOnOneNode(api, own);
  await api.call('POST', '/pods', podOf(run, { own, sameNode, envSecret, pullSecret }));
}

function variablesIn(file: string): Record<string, string> {
  const lines = file.split('\n').filter((line) => line !== '');
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** True if a claim of the agent can't be mounted on several nodes. */
async function isOnOneNode(api: KubernetesApi, own: Pod): Promise<boolean> {
  for (const { persistentVolumeClaim: claim, ...volume } of own.spec.volumes ?? []) {
    if ('hostPath' in volume) return true;
    if (claim === undefined) continue;
    const path = `/persistentvolumeclaims/${encodeURIComponent(claim.claimName)}`;
    const { spec } = await api.call<{ spec: { accessModes?: string[] } }>('GET', path);
    if (!spec.accessModes?.includes('ReadWriteMany')) return true;
  }
  return false;
}

const pullFailures = /^(?:ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull)$/;
const createFailures = /^(?:CreateContainerError|CreateContainerConfigError|RunContainerError)$/;

/** Waits until the container runs, or has already ended. */
async function started(api: KubernetesApi, name: string): Promise<void> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    const { status } = await api.call<Pod>('GET', podPath(name));
    const state = status?.containerStatuses?.[0]?.state;
    if (state?.terminated !== undefined) return;
    if (state?.running !== undefined && status?.podIP !== undefined) return;
    const { reason = '', message = '' } = state?.waiting ?? {};
    if (pullFailures.test(reason)) throw new PodProblem(`the image could not be pulled: ${reason}: ${message}`);
    if (createFailures.test(reason)) throw new PodProblem(`the container could not be created: ${message || reason}`);
    if (status?.phase === 'Failed') throw new PodProblem(`the pod failed: ${status.message ?? status.reason}`);
    if (performance.now() > deadline) throw new PodProblem(`the pod did not start within ${START_MS / 60_000} min`);
    await delay(POLL_MS);
  }
}

/** Passes on the output until the container ends. The log mentions output that a broken connection may have lost. */
async function follow(api: KubernetesApi, name: string, ready: () => void): Promise<void> {
  const path = `${podPath(name)}/attach?container=job&stdin=false&stdout=true&stderr=true`;
  let failures = 0;
  for (let attaches = 0; failures < MOST_ATTACHES; attaches++) {
    const opened = () => {
      failures = 0;
      if (attaches > 0) process.stderr.write('the connection to the pod was interrupted; output may be missing here\n');
      ready();
    };
    const stdout = (chunk: Buffer) => void process.stdout.write(chunk);
    const stderr = (chunk: Buffer) => void process.stderr.write(chunk);
    await api.stream(path, { opened, stdout, stderr }).catch(() => failures++);
    if (await hasEnded(api, name)) return;
    await delay(POLL_MS * 2 ** Math.min(failures, 5));
  }
  throw new PodProblem('the output of the pod could not be read');
}

/** Undecidable for a moment while the API is not reachable: it then counts as running. */
async function hasEnded(api: KubernetesApi, name: string): Promise<boolean> {
  try {
    const { status } = await api.call<Pod>('GET', podPath(name));
    return status?.containerStatuses?.[0]?.state?.terminated !== undefined || status?.phase === 'Failed';
  } catch (error) {
    return error instanceof ApiProblem && error.status === 404;
  }
}

async function exitCode(api: KubernetesApi, name: string): Promise<number> {
  const { status } = await api.call<Pod>('GET', podPath(name));
  const terminated = status?.containerStatuses?.[0]?.state?.terminated;
  if (terminated === undefined) throw new PodProblem(`the pod was ended: ${status?.message ?? status?.reason}`);
  return terminated.exitCode;
}

/** Kubernetes can't send signals, so a process in the container does. */
async function forward(api: KubernetesApi, name: string, signal: (typeof forwarded)[number]): Promise<void> {
  await execute(api, name, ['/bin/sh', '-c', `kill -${constants.signals[signal]} 1`]).catch((error: unknown) => {
    process.stderr.write(`could not send ${signal} to the pod: ${error instanceof Error ? error.message : error}\n`);
  });
}

/** Runs a command in the container of a pod, with its output on ours. Returns its exit code. */
export async function execute(api: KubernetesApi, name: string, command: readonly string[]): Promise<number> {
  const query = new URLSearchParams({ container: 'job', stdout: 'true', stderr: 'true' });
  for (const word of command) query.append('command', word);
  const { exitCode: code } = await api.stream(`${podPath(name)}/exec?${query}`, {
    stdout: (chunk) => void process.stdout.write(chunk),
    stderr: (chunk) => void process.stderr.write(chunk),
  });
  return code ?? 1;
}
