import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readPodConfig } from '../../kernel/config';
import { ApiProblem, KubernetesApi } from './kubernetesApi';
import { NotInPods, type Pod, readRun } from './podSpec';
import { execute, PodProblem, podPath, runPod, startPod } from './runPod';

/**
 * Runs containers as pods: the part of podman's command line that the agent uses, in front of the Kubernetes API. For
 * the agent, a pod is therefore a container like any other: a process with pipes and an exit code that gets signals.
 */

/** Exit code of podman and docker for an error of their own. */
const OWN_ERROR = 125;
/** Maximum wait for removed pods to end, in milliseconds. */
const REMOVAL_MS = 30_000;

type Subcommand = (api: KubernetesApi, args: readonly string[]) => Promise<number>;

/** Options with values that matter here; all others have none, or change nothing for pods. */
const readArguments = (args: readonly string[]) => {
  const string = { type: 'string' as const };
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { format: string, tail: string, filter: string },
    allowPositionals: true,
    strict: false,
  });
  const option = (name: string) => String(values[name] ?? '');
  return { names: positionals, format: option('format'), tail: option('tail'), filter: option('filter') };
};

const subcommands: Readonly<Record<string, Subcommand>> = {
  version: async () => print('Kubernetes'),
  run: async (api, args) => {
    const options = readRun(args);
    if (!options.detached) return runPod(api, options);
    await startPod(api, options);
    return print(options.name);
  },
  exec: (api, [name = '', ...command]) => execute(api, name, command),
  rm: async (api, args) => {
    const { names } = readArguments(args);
    const results = await Promise.allSettled(names.map((name) => remove(api, name)));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    return 0;
  },
  inspect: async (api, args) => {
    const { names, format } = readArguments(args);
    return print(describe(await api.call<Pod>('GET', podPath(names[0] ?? '')), format));
  },
  logs: async (api, args) => {
    const { names, tail } = readArguments(args);
    const query = new URLSearchParams({ container: 'job', tailLines: tail });
    return print(await api.text('GET', `${podPath(names[0] ?? '')}/log?${query}`));
  },
  ps: async (api, args) => {
    const query = new URLSearchParams({ labelSelector: readArguments(args).filter.replace(/^label=/, '') });
    const { items } = await api.call<{ items: Pod[] }>('GET', `/pods?${query}`);
    return print(items.map(({ metadata }) => metadata.name).join('\n'));
  },
  // The cluster's network connects all pods.
  network: async (_api, [subcommand, ...args]) => print(subcommand === 'create' ? (args.at(-1) ?? '') : ''),
};

function describe({ status }: Pod, format: string): string {
  const container = status?.containerStatuses?.[0];
  const terminated = container?.state?.terminated;
  const values: Readonly<Record<string, string>> = {
    '{{.State.Running}}': String(container?.state?.running !== undefined),
    '{{.State.ExitCode}}': String(terminated?.exitCode ?? 0),
    '{{.State.OOMKilled}}': String(terminated?.reason === 'OOMKilled'),
    '{{.ImageDigest}}': /sha256:[0-9a-f]{64}/.exec(container?.imageID ?? '')?.[0] ?? '',
    '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}': status?.podIP ?? '',
  };
  return Object.entries(values).reduce((text, [field, value]) => text.replaceAll(field, value), format);
}

/** Removes a pod and its secrets; waits until its container has ended. */
async function remove(api: KubernetesApi, name: string): Promise<void> {
  const path = podPath(name);
  const gone = await ifThere(api.call('DELETE', `${path}?gracePeriodSeconds=1`));
  for (const suffix of ['env', 'pull']) {
    await ifThere(api.call('DELETE', `/secrets/${encodeURIComponent(`${name}-${suffix}`)}`));
  }
  if (gone === undefined) return;
  const deadline = performance.now() + REMOVAL_MS;
  while ((await ifThere(api.call('GET', path))) !== undefined) {
    if (performance.now() > deadline) throw new PodProblem(`the pod ${name} still exists ${REMOVAL_MS / 1000} s later`);
    await delay(100);
  }
}

const ifThere = <T>(answer: Promise<T>): Promise<T | undefined> =>
  answer.catch((error: unknown) => {
    if (error instanceof ApiProblem && error.status === 404) return undefined;
    throw error;
  });

function print(text: string): number {
  if (text !== '') process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  return 0;
}

async function main([name = '', ...args]: readonly string[]): Promise<number> {
  const subcommand = subcommands[name];
  if (subcommand === undefined) throw new NotInPods(`"${name}" is not supported`);
  const api = new KubernetesApi(readPodConfig());
  try {
    return await subcommand(api, args);
  } finally {
    await api.close();
  }
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`Error: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = OWN_ERROR;
  },
);
