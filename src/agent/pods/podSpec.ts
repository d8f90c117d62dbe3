import { isAbsolute, join, relative } from 'node:path';

/** Builds pods from the arguments of `run`. Pure. */

/** Options of `run`, as the agent gives them. */
export interface RunOptions {
  readonly image: string;
  readonly arguments: readonly string[];
  readonly name: string;
  readonly detached: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly entrypoint: string | null;
  readonly pull: string;
  readonly volumes: readonly { readonly source: string; readonly target: string; readonly readOnly: boolean }[];
  readonly hosts: readonly { readonly name: string; readonly address: string }[];
  readonly user: string | null;
  readonly envFile: string | null;
  readonly authFile: string | null;
  readonly limits: Readonly<Record<string, string>>;
  readonly tmpfs: readonly string[];
  readonly readOnly: boolean;
  readonly privileged: boolean;
  readonly capDrop: readonly string[];
}

export class NotInPods extends Error {}

type Mutable = { -readonly [Key in keyof RunOptions]: RunOptions[Key] };
type Option = (options: Mutable, value: string) => void;

const ignored: Option = () => undefined;
const options: Readonly<Record<string, Option>> = {
  interactive: ignored,
  'log-driver': ignored,
  // Each pod has the network of the cluster, and services are reached by the addresses of their pods.
  network: (_, value) => {
    if (value === 'none') throw new NotInPods('network: none needs a NetworkPolicy of the cluster');
    if (value === 'host') throw new NotInPods('network: host is not supported');
  },
  'network-alias': ignored,
  hostname: ignored,
  publish: ignored,
  detach: (all) => (all.detached = true),
  pull: (all, value) => (all.pull = value),
  name: (all, value) => (all.name = value),
  label: (all, value) => {
    const at = value.indexOf('=');
    all.labels = { ...all.labels, [value.slice(0, at)]: value.slice(at + 1) };
  },
  entrypoint: (all, value) => (all.entrypoint = value),
  volume: (all, value) => {
    const [source = '', target = '', mode = ''] = value.split(':');
    all.volumes = [...all.volumes, { source, target, readOnly: mode.split(',').includes('ro') }];
  },
  'add-host': (all, value) => {
    const at = value.indexOf(':');
    all.hosts = [...all.hosts, { name: value.slice(0, at), address: value.slice(at + 1) }];
  },
  user: (all, value) => (all.user = value),
  'env-file': (all, value) => (all.envFile = value),
  authfile: (all, value) => (all.authFile = value),
  memory: (all, value) => (all.limits = { ...all.limits, memory: quantityOf(value) }),
  cpus: (all, value) => (all.limits = { ...all.limits, cpu: value }),
  tmpfs: (all, value) => (all.tmpfs = [...all.tmpfs, value.split(':')[0] ?? '']),
  'read-only': (all) => (all.readOnly = true),
  privileged: (all) => (all.privileged = true),
  'cap-drop': (all, value) => (all.capDrop = [...all.capDrop, value]),
};

/** Sizes of podman and docker use k, m and g for powers of 1024. */
const quantityOf = (size: string): string =>
  size.replace(/(\d)([kmgt])i?b?$/i, (_, digit, unit) => `${digit}${unit.toUpperCase()}i`);

export function readRun(args: readonly string[]): RunOptions {
  const read: Mutable = {
    ...{ image: '', arguments: [], name: '', detached: false, labels: {}, entrypoint: null, pull: 'missing' },
    ...{ volumes: [], hosts: [], user: null, envFile: null, authFile: null, limits: {}, tmpfs: [] },
    ...{ readOnly: false, privileged: false, capDrop: [] },
  };
  const at = args.findIndex((arg) => !arg.startsWith('--'));
  for (const arg of args.slice(0, at)) {
    const [, name = '', value = ''] = /^--([a-z-]+)(?:=(.*))?$/s.exec(arg) ?? [];
    const option = options[name];
    if (option === undefined) throw new NotInPods(`the option --${name} has no counterpart in a pod`);
    option(read, value);
  }
  const [image = '', ...rest] = args.slice(at);
  return { ...read, image, arguments: rest };
}

/** The parts of a pod that matter here. */
export interface Pod {
  readonly metadata: { readonly name: string; readonly uid?: string };
  readonly spec: {
    readonly nodeName?: string;
    readonly serviceAccountName?: string;
    readonly tolerations?: readonly unknown[];
    readonly imagePullSecrets?: readonly { readonly name: string }[];
    readonly volumes?: readonly Volume[];
    readonly containers: readonly { readonly volumeMounts?: readonly VolumeMount[] }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

interface Volume {
  readonly name: string;
  readonly emptyDir?: unknown;
  readonly persistentVolumeClaim?: { readonly claimName: string };
}

interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
}

export interface ContainerStatus {
  readonly imageID?: string;
  readonly state?: {
    readonly running?: unknown;
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: { readonly exitCode: number; readonly reason?: string };
  };
}

/** A path of the agent, as a part of a volume that other pods can mount. */
export function sharedPart(own: Pod, path: string): { readonly volume: Volume; readonly subPath: string } {
  const mounts = own.spec.containers.flatMap(({ volumeMounts }) => volumeMounts ?? []);
  const mount = mounts
    .filter(({ mountPath }) => isBelow(path, mountPath))
    .toSorted((a, b) => b.mountPath.length - a.mountPath.length)[0];
  const volume = own.spec.volumes?.find(({ name }) => name === mount?.name);
  if (mount === undefined || volume === undefined || volume.emptyDir !== undefined) {
    throw new NotInPods(
      `${path} is not on a volume that other pods can mount: put SLIPWAY_AGENT_DIR on a persistentVolumeClaim`,
    );
  }
  return { volume, subPath: join(mount.subPath ?? '', relative(mount.mountPath, path)) };
}

function isBelow(path: string, folder: string): boolean {
  const rest = relative(folder, path);
  return rest === '' || (!rest.startsWith('..') && !isAbsolute(rest));
}

export interface Placement {
  /** Pod that the agent runs in. The new pod is removed with it. */
  readonly own: Pod;
  /** True if the volume can be mounted on the agent's node only. */
  readonly sameNode: boolean;
  readonly envSecret: string | null;
  readonly pullSecret: string | null;
}

const pullPolicies: Readonly<Record<string, string>> = { missing: 'IfNotPresent', always: 'Always', never: 'Never' };

export function podOf(run: RunOptions, { own, sameNode, envSecret, pullSecret }: Placement) {
  const parts = run.volumes.map(({ source }) => sharedPart(own, source));
  const shared = [...new Map(parts.map(({ volume }) => [volume.name, volume])).values()];
  const memory = run.tmpfs.map((_, index) => ({ name: `tmpfs-${index}`, emptyDir: { medium: 'Memory' } }));
  const mounts = [
    ...run.volumes.map(({ target, readOnly }, index) => ({
      ...{ name: parts[index]?.volume.name, mountPath: target, readOnly },
      subPath: parts[index]?.subPath,
    })),
    ...run.tmpfs.map((mountPath, index) => ({ name: `tmpfs-${index}`, mountPath })),
  ];
  const pulls = [...(own.spec.imagePullSecrets ?? []), ...(pullSecret === null ? [] : [{ name: pullSecret }])];
  const { name, uid } = own.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: run.name,
      labels: { ...run.labels, 'app.kubernetes.io/managed-by': 'slipway' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid }],
    },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      tolerations: own.spec.tolerations ?? [],
      imagePullSecrets: pulls,
      hostAliases: run.hosts.map((host) => ({ ip: host.address, hostnames: [host.name] })),
      ...(sameNode && own.spec.nodeName !== undefined && { affinity: nodeAffinity(own.spec.nodeName) }),
      volumes: [...shared, ...memory],
      containers: [
        {
          name: 'job',
          image: run.image,
          imagePullPolicy: pullPolicies[run.pull],
          ...(run.entrypoint === null ? {} : { command: [run.entrypoint] }),
          args: run.arguments,
          ...(envSecret !== null && { envFrom: [{ secretRef: { name: envSecret } }] }),
          volumeMounts: mounts,
          resources: { limits: run.limits },
          securityContext: {
            ...userOf(run.user),
            ...(run.readOnly && { readOnlyRootFilesystem: true }),
            ...(run.privileged ? { privileged: true } : { allowPrivilegeEscalation: false }),
            ...(run.capDrop.length > 0 && { capabilities: { drop: run.capDrop } }),
          },
        },
      ],
    },
  };
}

/** The scheduler still decides whether the node has room, which `nodeName` would skip. */
const nodeAffinity = (node: string) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }],
    },
  },
});

function userOf(user: string | null) {
  if (user === null) return {};
  const [, uid, gid] = /^(\d+)(?::(\d+))?$/.exec(user) ?? [];
  if (uid === undefined) throw new NotInPods(`a pod needs the number of the user "${user}"`);
  return { runAsUser: Number(uid), ...(gid !== undefined && { runAsGroup: Number(gid) }) };
}
