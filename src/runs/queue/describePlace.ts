import type { JobCheckout, JobContainer, JobService } from '../../contract/jobContainer';
import { changePatterns } from '../../catalog/language/changedPatterns';
import type { EnvironmentSources } from '../../catalog/language/environmentValues';
import { TextFiller } from '../../catalog/language/taskTexts';
import {
  containerOf,
  type ContainerDefinition,
  type ServiceContainer,
  type TaskDefinition,
  type WorkflowDefinition,
} from '../../catalog/language/workflow';
import type { App } from '../app';
import { findCheckedOut, findLastCommit } from './checkouts.store';
import type { ClaimedJobRow } from './claimedJobs.store';

/** Where a command runs: its container, the services alongside it, and the checkout. */
export interface JobPlace {
  readonly container: JobContainer | null;
  readonly services: readonly JobService[];
  readonly checkout: JobCheckout | null;
  /** Reason why a text of the definition can't be filled in. */
  readonly problem: string | null;
}

const nowhere: JobPlace = { container: null, services: [], checkout: null, problem: null };

/** Takes up to two statements for a job with a checkout, and none for any other. */
export async function describePlace(
  { database: db }: App,
  row: ClaimedJobRow,
  definition: WorkflowDefinition,
  task: TaskDefinition,
  sources: EnvironmentSources,
): Promise<JobPlace> {
  const container = containerOf(definition, task);
  const services = Object.entries(task.services);
  if (container === null && services.length === 0 && task.checkout === null) return nowhere;
  const filler = new TextFiller(sources);
  const fill: Fill = {
    hidden: (text) => filler.fill(text).text,
    shown: (text) => {
      const filled = filler.fill(text);
      if (filled.secret) filler.problem ??= `"${text.slice(0, 100)}" would contain a secret`;
      return filled.secret ? '' : filled.text;
    },
  };
  const given = {
    container: container && { ...describeImage(container, sources, fill), network: container.network },
    services: services.map(([name, own]) => describeService(name, own, sources, fill)),
    checkout: task.checkout && describeCheckout(task.checkout, sources, fill),
  };
  const { checkout } = given;
  if (checkout === null || filler.problem !== null) return { ...given, checkout, problem: filler.problem };
  const { executionId, runId } = row;
  const place = { runId, executionId, url: checkout.url, ref: checkout.ref };
  const patterns = changePatterns(definition);
  const [commit, base] = await Promise.all([
    findCheckedOut(db, place),
    patterns.length === 0 ? null : findLastCommit(db, place),
  ]);
  const changes = patterns.length === 0 ? null : { base, patterns };
  return { ...given, checkout: { ...checkout, commit, changes }, problem: null };
}

interface Fill {
  /** For texts that the agent alone sees. */
  hidden(text: string): string;
  /** For texts that everybody sees who may see the execution. They can’t contain a secret. */
  shown(text: string): string;
}

function describeImage(
  { image, pull, user, mounts, options, credentials }: Omit<ContainerDefinition, 'network'>,
  { secrets }: EnvironmentSources,
  fill: Fill,
) {
  const password = credentials === null ? '' : (secrets[credentials.password] ?? '');
  const { registry = null, username = '' } = credentials ?? {};
  return {
    ...{ image: fill.shown(image), pull, user, mounts: [...mounts], options: [...options] },
    credentials: credentials && { registry, username, password },
  };
}

function describeService(name: string, own: ServiceContainer, sources: EnvironmentSources, fill: Fill): JobService {
  const { env, cmd, ports, health } = own;
  return {
    ...describeImage(own, sources, fill),
    name,
    env: Object.fromEntries(Object.entries(env).map(([key, value]) => [key, fill.hidden(value)])),
    arguments: [...cmd],
    ports: [...ports],
    health: health && {
      command: health.cmd,
      intervalMs: Math.round(health.intervalSeconds * 1000),
      timeoutMs: Math.round(health.timeoutSeconds * 1000),
      retries: health.retries,
    },
  };
}

function describeCheckout(
  { url, ref, path, submodules, depth, credentials }: NonNullable<TaskDefinition['checkout']>,
  { secrets }: EnvironmentSources,
  fill: Fill,
): JobCheckout {
  const secret = (named: string | null) => (named === null ? null : (secrets[named] ?? ''));
  return {
    ...{ url: fill.shown(url), ref: ref && fill.shown(ref), path, submodules, depth, commit: null, changes: null },
    credentials: credentials && {
      username: credentials.username,
      password: secret(credentials.password),
      sshKey: secret(credentials.sshKey),
    },
  };
}
