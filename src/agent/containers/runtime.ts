import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { AgentConfig } from '../../kernel/config';
import { FALLBACK_PATH } from '../commandEnvironment';
import type { ContainerPolicy } from './policy';

/** Program that runs containers, as the agent found it or its configuration names it. */
export interface ContainerRuntime {
  readonly kind: 'podman' | 'docker' | 'kubernetes';
  /** Program, with arguments that come before any subcommand. */
  readonly command: readonly string[];
  /** Arguments of every container. */
  readonly runArguments: readonly string[];
  readonly policy: ContainerPolicy;
  /** Environment of the program. Nothing of a job is in it: a variable could direct it to another daemon. */
  readonly environment: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that the runtime needs in addition to those that commands inherit. */
const steering =
  /^(?:DOCKER_|CONTAINER_|CONTAINERS_|REGISTRY_AUTH_FILE$|DBUS_SESSION_BUS_ADDRESS$|STORAGE_|KUBERNETES_SERVICE_|SLIPWAY_AGENT_(?:POD|KUBERNETES)_|HOSTNAME$)/;

/** The program that runs containers as pods. */
const PODS = [process.execPath, join(__dirname, '../pods/main.js')];

/** Undefined if there is no runtime, or the configuration wants none. Starts no program. */
export function findRuntime(
  config: Pick<AgentConfig, `SLIPWAY_AGENT_CONTAINER_${'RUNTIME' | 'COMMAND' | 'ARGUMENTS' | 'ALLOW'}`>,
  own: Environment,
  inherited: Readonly<Record<string, string>>,
): ContainerRuntime | undefined {
  const {
    SLIPWAY_AGENT_CONTAINER_RUNTIME: wanted,
    SLIPWAY_AGENT_CONTAINER_COMMAND: command,
    SLIPWAY_AGENT_CONTAINER_ARGUMENTS: runArguments,
    SLIPWAY_AGENT_CONTAINER_ALLOW: policy,
  } = config;
  if (wanted === 'none') return undefined;
  const kind = wanted === 'auto' ? guess(command[0], own) : wanted;
  if (kind === undefined) return undefined;
  const environment = { ...inherited };
  for (const [name, value] of Object.entries(own)) {
    if (value !== undefined && steering.test(name)) environment[name] = value;
  }
  const program = kind === 'kubernetes' ? PODS : [kind];
  return { kind, command: command.length > 0 ? command : program, runArguments, policy, environment };
}

function guess(program: string | undefined, own: Environment): ContainerRuntime['kind'] | undefined {
  if (program !== undefined) return basename(program).includes('docker') ? 'docker' : 'podman';
  if (isInPath('podman', own)) return 'podman';
  const hasDaemon = own.DOCKER_HOST !== undefined || existsSync('/var/run/docker.sock');
  return hasDaemon && isInPath('docker', own) ? 'docker' : undefined;
}

function isInPath(program: string, own: Environment): boolean {
  return (own.PATH ?? FALLBACK_PATH).split(':').some((folder) => {
    try {
      accessSync(join(folder || '.', program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export interface Answer {
  /** Null if the program could not be started, or took too long. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a subcommand that ends quickly. */
export function ask(
  { command: [program = '', ...before], environment }: ContainerRuntime,
  args: readonly string[],
  { timeoutMs = 60_000, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<Answer> {
  return new Promise((resolve) => {
    const options = { env: { ...environment }, timeout: timeoutMs, signal, maxBuffer: 16 * 1024 ** 2, cwd: '/' };
    const child = execFile(program, [...before, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, stdout, stderr: stderr || (error?.message ?? '') });
    });
    child.stdin?.end();
  });
}

/** Last line that a program wrote, which is its reason. */
export const lastLineOf = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .findLast((line) => line !== '') ?? '';
