import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobService } from '../../contract/jobContainer';
import { pause } from '../backoff';
import type { JobLog } from '../jobLog';
import { containerName, type Host, type Owner, serviceArguments } from './arguments';
import { ContainerProblem, type Image } from './images';
import { ContainerRefused } from './policy';
import { ask, type ContainerRuntime, lastLineOf } from './runtime';

/** Lines of a service’s log that are added to the job’s when something fails. */
const SHOWN_LINES = 100;

export interface ServicePlace {
  readonly runtime: ContainerRuntime;
  readonly owner: Owner;
  readonly work: string;
  /** Private folder of the job. */
  readonly folder: string;
  readonly network: string;
  /** True if the command runs on the agent itself, and needs ports there. */
  readonly publish: boolean;
  readonly output: JobLog;
  readonly signal: AbortSignal;
}

/** Starts a service, and returns its address within the network. */
export async function startService(
  place: ServicePlace,
  service: JobService,
  { id: imageId, authFile }: Image,
  hosts: readonly Host[],
): Promise<Host> {
  const { runtime, owner, folder, signal } = place;
  const envFile = join(folder, 'service-env');
  await writeFile(envFile, envLines(service), { mode: 0o600 });
  try {
    const args = serviceArguments({ ...place, imageId, authFile, hosts, envFile }, service);
    const { code, stderr } = await ask(runtime, args, { signal });
    signal.throwIfAborted();
    if (code !== 0) throw failed(`The service "${service.name}" could not be started: ${lastLineOf(stderr)}`);
  } finally {
    await rm(envFile, { force: true });
  }
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}';
  const { stdout } = await ask(runtime, ['inspect', '--format', format, containerName(owner.jobId, service.name)]);
  const [address = ''] = stdout.trim().split(/\s+/);
  return { name: service.name, address };
}

const failed = (message: string) => new ContainerProblem('CONTAINER_FAILED', message);

/** The format of these files has no way to write a line end. */
function envLines({ name, env }: JobService): string {
  const several = Object.entries(env).find(([, value]) => /[\r\n]/.test(value));
  if (several !== undefined) {
    throw new ContainerRefused(`The variable ${several[0]} of the service "${name}" has several lines.`);
  }
  return Object.entries(env)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

/** Waits until the check of a service succeeds. */
export async function waitUntilHealthy({ runtime, owner, signal }: ServicePlace, service: JobService): Promise<void> {
  const container = containerName(owner.jobId, service.name);
  const { health, name } = service;
  if (health === null) return;
  let said = '';
  for (let round = 1; round <= health.retries; round++) {
    const args = ['exec', container, '/bin/sh', '-c', health.command];
    const { code, stdout, stderr } = await ask(runtime, args, { timeoutMs: health.timeoutMs, signal });
    signal.throwIfAborted();
    if (code === 0) return;
    said = lastLineOf(stderr) || lastLineOf(stdout);
    const { stdout: state } = await ask(runtime, [
      'inspect',
      '--format',
      '{{.State.Running}} {{.State.ExitCode}}',
      container,
    ]);
    const [running, exitCode] = state.trim().split(' ');
    if (running === 'false') throw unhealthy(`The service "${name}" ended with exit code ${exitCode}.`);
    if (round < health.retries) await pause(health.intervalMs, signal);
    signal.throwIfAborted();
  }
  const why = said === '' ? '' : `: ${said}`;
  throw unhealthy(`The service "${name}" is not healthy after ${health.retries} tries of "${health.command}"${why}.`);
}

const unhealthy = (message: string) => new ContainerProblem('SERVICE_UNHEALTHY', message);

/** Addresses and ports of services, as variables of the command. */
export async function portVariables(
  { runtime, owner, publish }: ServicePlace,
  services: readonly JobService[],
  hosts: readonly Host[],
): Promise<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const { name, ports } of services) {
    const prefix = `SLIPWAY_SERVICE_${name.toUpperCase().replaceAll('-', '_')}`;
    const address = runtime.kind === 'kubernetes' ? hosts.find((host) => host.name === name)?.address : name;
    variables[`${prefix}_HOST`] = publish ? '127.0.0.1' : (address ?? name);
    for (const [index, port] of ports.entries()) {
      const shown = publish ? await publishedPort(runtime, containerName(owner.jobId, name), port) : String(port);
      variables[`${prefix}_PORT_${port}`] = shown;
      if (index === 0) variables[`${prefix}_PORT`] = shown;
    }
  }
  return variables;
}

async function publishedPort(runtime: ContainerRuntime, container: string, port: number): Promise<string> {
  const { stdout } = await ask(runtime, ['port', container, `${port}/tcp`]);
  const found = /:(\d+)\s*$/m.exec(stdout)?.[1];
  if (found === undefined) throw failed(`The port ${port} of ${container} was not published.`);
  return found;
}

/** Adds the ends of the services’ logs to the log of a job that failed. */
export async function showServiceLogs(
  { runtime, owner, output }: ServicePlace,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    const args = ['logs', `--tail=${SHOWN_LINES}`, containerName(owner.jobId, name)];
    const { stdout, stderr } = await ask(runtime, args, { timeoutMs: 10_000 });
    const lines = `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
    output.note(`log of the service "${name}"${lines.length === 0 ? ' is empty' : ':'}`);
    for (const line of lines) output.note(`[${name}] ${line}`);
  }
}
