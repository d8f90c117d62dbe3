import type { JobContainer, JobService } from '../../contract/jobContainer';
import { INIT } from './containerScript';
import { allowedMounts, allowedNetwork, allowedOptions, plainArgument } from './policy';
import type { ContainerRuntime } from './runtime';

/** Arguments of the runtime. Pure, except that mounts are looked up. No value of a variable is among them. */

/** Label with the job of a container, and label with the agent process that it must not outlive. */
export const JOB_LABEL = 'slipway.job';
export const AGENT_LABEL = 'slipway.agent';

export interface Owner {
  readonly jobId: string;
  /** Name of the agent’s directory, unique among all agent processes. */
  readonly agent: string;
}

export interface Host {
  readonly name: string;
  readonly address: string;
}

export const containerName = (jobId: string, service?: string): string =>
  `slipway-${jobId}${service === undefined ? '' : `-${service}`}`;

const labels = ({ jobId, agent }: Owner): string[] => [
  `--label=${JOB_LABEL}=${jobId}`,
  `--label=${AGENT_LABEL}=${agent}`,
];

interface Common {
  readonly runtime: ContainerRuntime;
  readonly owner: Owner;
  /** Id of the image, so that the one that was examined is the one that runs. */
  readonly imageId: string;
  /** File with the credentials of a registry, if the runtime pulls images itself. */
  readonly authFile?: string | undefined;
  /** Working folder of the job. */
  readonly work: string;
  readonly network: string | null;
  readonly hosts: readonly Host[];
}

function shared(
  { runtime, owner, work, network, hosts }: Common,
  { user, mounts, options }: JobContainer | JobService,
): string[] {
  const { policy } = runtime;
  return [
    ...labels(owner),
    ...(user === null ? [] : [`--user=${plainArgument(user, 'a user')}`]),
    ...(network === null ? [] : [`--network=${network}`]),
    ...hosts.map(({ name, address }) => `--add-host=${name}:${address}`),
    ...allowedMounts(mounts, work, policy).map(
      ({ source, target, readOnly }) => `--volume=${source}:${target}${readOnly ? ':ro' : ''}`,
    ),
    ...runtime.runArguments,
    ...allowedOptions(options, policy),
  ];
}

/** The agent has pulled the image, except in a cluster: there, the node of the pod does. */
const pullArguments = ({ runtime, authFile }: Common, { pull }: JobContainer | JobService): string[] =>
  runtime.kind === 'kubernetes'
    ? [`--pull=${pull}`, ...(authFile === undefined ? [] : [`--authfile=${authFile}`])]
    : ['--pull=never'];

/** Runs the command of a job, with its folders at the same paths as on the agent. */
export function jobArguments(
  common: Common & { readonly folders: readonly string[] },
  container: JobContainer,
): readonly string[] {
  const { runtime, owner, imageId, folders } = common;
  const network = common.network ?? allowedNetwork(container.network, runtime.policy);
  const user = container.user ?? ownUser(runtime);
  return [
    ...runtime.command,
    ...['run', '--interactive', '--log-driver=none', `--name=${containerName(owner.jobId)}`],
    ...pullArguments(common, container),
    ...folders.map((folder) => `--volume=${folder}:${folder}:z`),
    ...shared({ ...common, network }, { ...container, user }),
    ...['--entrypoint=/bin/sh', imageId, '-c', INIT, 'slipway-job'],
  ];
}

/** Starts a service in the background. Its variables are in a file that only the agent can read. */
export function serviceArguments(
  common: Common & { readonly envFile: string; readonly publish: boolean },
  service: JobService,
): readonly string[] {
  const { owner, imageId, envFile, publish } = common;
  return [
    ...['run', '--detach', `--name=${containerName(owner.jobId, service.name)}`, ...pullArguments(common, service)],
    ...[`--hostname=${service.name}`, `--network-alias=${service.name}`, `--env-file=${envFile}`],
    ...(publish ? service.ports.map((port) => `--publish=127.0.0.1::${port}`) : []),
    ...shared(common, service),
    ...[imageId, ...service.arguments],
  ];
}

/** A daemon runs containers as root, and files of root could not be removed by an agent that is not root. */
function ownUser({ kind }: ContainerRuntime): string | null {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  return kind === 'docker' && uid !== 0 ? `${uid}:${gid}` : null;
}

/** Removes containers at once, whatever they do. */
export const removeArguments = ({ kind }: ContainerRuntime, names: readonly string[]): readonly string[] =>
  kind === 'podman'
    ? ['rm', '--force', '--ignore', '--time=0', '--volumes', ...names]
    : ['rm', '--force', '--volumes', ...names];
