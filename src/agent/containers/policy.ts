import { lstatSync, realpathSync } from 'node:fs';
import { isAbsolute, resolve, sep } from 'node:path';
import type { JobContainer, JobService } from '../../contract/jobContainer';

/** What containers of jobs may use beyond what is harmless: SLIPWAY_AGENT_CONTAINER_ALLOW. */
export interface ContainerPolicy {
  /** Names of options, without hyphens. */
  readonly options: readonly string[];
  readonly networks: readonly string[];
  /** Folders, files and sockets of the agent. */
  readonly mounts: readonly string[];
}

/** The configuration of this agent forbids what a container needs. */
export class ContainerRefused extends Error {
  readonly reason = 'CONTAINER_REFUSED';
}

/** Options that limit a container, or affect nothing outside of it. */
const harmless = new Set(
  [
    'memory memory-swap memory-reservation cpus cpu-shares cpu-period cpu-quota cpuset-cpus pids-limit shm-size ulimit',
    'tmpfs read-only init hostname add-host dns dns-search dns-option cap-drop group-add platform arch os',
    'no-healthcheck stop-signal stop-timeout',
  ].flatMap((names) => names.split(' ')),
);

/** Options as separate arguments: always `--name=value`, so that a value can’t be taken for an option. */
export function allowedOptions(options: readonly string[], policy: ContainerPolicy): readonly string[] {
  return options.map((given) => {
    const [, name = '', value] = /^--([a-z][a-z0-9-]*)(?:[= ](.*))?$/s.exec(given) ?? [];
    if (!harmless.has(name) && !policy.options.includes(name)) {
      const allow = `SLIPWAY_AGENT_CONTAINER_ALLOW=option=${name || '…'}`;
      throw new ContainerRefused(`The option "${given.slice(0, 200)}" is not allowed on this agent (${allow}).`);
    }
    return value === undefined ? `--${name}` : `--${name}=${value}`;
  });
}

/** Null for the default network. */
export function allowedNetwork(network: string | null, policy: ContainerPolicy): string | null {
  if (network === null || network === 'none' || policy.networks.includes(network)) return network;
  const allow = `SLIPWAY_AGENT_CONTAINER_ALLOW=network=${network}`;
  throw new ContainerRefused(`The network "${network}" is not allowed on this agent (${allow}).`);
}

/**
 * Mounts with their real sources. A source within the working folder is the job’s own; any other has to be allowed. A
 * socket or device has to be allowed itself: access to the socket of a runtime gives root access.
 */
export function allowedMounts(
  mounts: readonly Mount[],
  work: string,
  policy: ContainerPolicy,
): readonly (Mount & { readonly source: string })[] {
  const roots = policy.mounts.map((one) => realPath(one) ?? one);
  return mounts.map((mount) => {
    const refuse = (why: string) => new ContainerRefused(`The mount "${mount.source}" ${why}.`);
    const source = realPath(isAbsolute(mount.source) ? mount.source : resolve(work, mount.source));
    if (source === undefined) throw refuse('does not exist on this agent');
    if (/[:,\n]/.test(source) || /[:,\n]/.test(mount.target)) throw refuse('has a colon or a comma in its path');
    const stat = lstatSync(source);
    const isPlain = stat.isDirectory() || stat.isFile();
    const isOwn = isPlain && isWithin(source, realPath(work) ?? work);
    if (!isOwn && !roots.some((root) => source === root || (isPlain && isWithin(source, root)))) {
      throw refuse(`is not allowed on this agent (SLIPWAY_AGENT_CONTAINER_ALLOW=mount=${mount.source})`);
    }
    return { ...mount, source };
  });
}
type Mount = (JobContainer | JobService)['mounts'][number];

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(folder + sep);

/** An image, a user or a registry becomes an argument, so it never begins like an option. */
export function plainArgument(value: string, what: string): string {
  if (/^-|^\s*$|[\0\n]/.test(value)) throw new ContainerRefused(`"${value.slice(0, 200)}" is not ${what}.`);
  return value;
}
