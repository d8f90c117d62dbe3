import { findCheckouts } from './checkouts.store';
import { setVariable, type Value } from '../../../catalog/language/conditionValues';
import { readValue } from '../../../catalog/language/expressions';
import { messageParts } from '../../../catalog/language/messageExpressions';
import type { Db } from '../../../kernel/database/database';
import type { EventFacts } from '../eventFacts';
import type { EventSubscription } from '../eventSubscriptions';

/** A commit of a repository at a code host. */
export interface CommitPlace {
  /** Path of the repository, such as `acme/shop`. */
  readonly repository: string;
  readonly commit: string;
}

/** What a commit or deployment status reports. */
export interface StatusReport {
  readonly state: 'PENDING' | 'RUNNING' | 'SUCCESS' | 'FAILURE' | 'ERROR' | 'CANCELED';
  /** Name of the pipeline or workflow. */
  readonly context: string;
  readonly description: string;
  readonly link: string | null;
  /** Set for the status of a deployment. */
  readonly deployment: { readonly id: string; readonly environment: string; readonly production: boolean } | null;
}

/** A request to the API of a code host. */
export interface HostCall {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: object;
}
export interface HostResponse {
  readonly status: number;
  readonly body: unknown;
}
/** Sends a request. Throws unless it succeeds. */
export type Call = (call: HostCall) => Promise<HostResponse>;

/** A path of a repository, from `git@host:acme/shop.git` or a URL. Null if there is none. */
export function repositoryPath(url: string): string | null {
  const scp = /^[^/@\s]+@[^/:\s]+:(?!\/\/)(.+)$/.exec(url)?.[1];
  const path = scp ?? (URL.canParse(url) ? new URL(url).pathname : url);
  const trimmed = path.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
  return /^[\w.-]+(?:\/[\w.-]+)+$/.test(trimmed) && !trimmed.split('/').includes('..') ? trimmed : null;
}

/** Host of a repository's URL. */
const repositoryHost = (url: string): string | null =>
  /^[^/@\s]+@([^/:\s]+):(?!\/\/)/.exec(url)?.[1] ?? (URL.canParse(url) ? new URL(url).hostname : null);

/** `api.github.com` is the API of github.com; other installations serve both at one host. */
const isSameHost = (repository: string | null, api: string): boolean =>
  repository !== null && [api, api.replace(/^api\./, '')].includes(repository);

const MOST_PLACES = 10;
const COMMIT = /^[0-9a-f]{7,64}$/i;

/** Commits that a run's statuses belong to: those of the subscription, or those that the run has checked out. */
export async function commitPlaces(
  db: Db,
  { repository, commit }: EventSubscription,
  { execution, run, event }: EventFacts,
  api: URL,
): Promise<CommitPlace[]> {
  const { variables } = run ?? execution;
  const named = repository === null ? null : repositoryPath(filled(repository, variables) ?? '');
  if (repository !== null && named === null) return [];
  if (commit !== null) {
    const value = filled(commit, variables);
    return named !== null && value !== null && COMMIT.test(value) ? [{ repository: named, commit: value }] : [];
  }
  const checkouts = await findCheckouts(db, event.runId, MOST_PLACES);
  const places = checkouts
    // An agent reports them, and they become a part of an address.
    .filter(({ commit: one }) => COMMIT.test(one))
    .filter(({ url }) => named !== null || isSameHost(repositoryHost(url), api.hostname))
    .map(({ url, commit: one }) => ({ repository: repositoryPath(url), commit: one }))
    .filter(
      (place): place is CommitPlace => place.repository !== null && (named === null || place.repository === named),
    );
  return places;
}

/** A text with the values of its expressions. Null if one has no value. */
function filled(text: string, variables: Readonly<Record<string, string>>): string | null {
  const vars = new Map<string, Value>();
  for (const [name, value] of Object.entries(variables)) setVariable(vars, name, value);
  let result = '';
  for (const part of messageParts(text)) {
    if (part.is === 'TEXT') {
      result += part.text;
      continue;
    }
    const read = readValue(part.source ?? '');
    const value = 'evaluate' in read ? read.evaluate(new Map([['vars', vars]])) : { error: read.message };
    if ('error' in value) return null;
    result += value.value;
  }
  return result;
}

const runStates: Readonly<Record<string, StatusReport['state']>> = {
  QUEUED: 'PENDING',
  RESUMING: 'PENDING',
  RESTORING: 'RUNNING',
  RUNNING: 'RUNNING',
  WAITING: 'RUNNING',
  PAUSED: 'RUNNING',
  SUCCESS: 'SUCCESS',
  FAILED: 'FAILURE',
  EXPIRED: 'FAILURE',
  REJECTED: 'FAILURE',
  ERROR: 'ERROR',
  ABORTED: 'CANCELED',
};
const deploymentStates: Readonly<Record<string, StatusReport['state']>> = {
  IN_PROGRESS: 'RUNNING',
  SUCCEEDED: 'SUCCESS',
  FAILED: 'FAILURE',
  UNKNOWN: 'ERROR',
};

/** Status that follows from an event; null if none does. */
export function statusReport({ event, run, definition, environment, service, link }: EventFacts): StatusReport | null {
  const data = event.data as Readonly<Record<string, unknown>>;
  const common = { context: `slipway/${definition?.name ?? 'run'}`, link };
  if (event.type === 'DEPLOYMENT_STATUS') {
    const state = deploymentStates[String(data.status)];
    if (state === undefined || environment === null) return null;
    const description = `${service?.name ?? 'A service'}: ${String(data.image)}`;
    const deployment = {
      id: String(data.deploymentId),
      environment: environment.name,
      production: environment.type === 'PROD',
    };
    return { ...common, state, description, deployment };
  }
  // When the commit becomes known, its status is that of the run at this time.
  const status =
    event.type === 'EXECUTION_STATUS' ? String(data.to) : event.type === 'JOB_FACTS' ? run?.status : 'QUEUED';
  const state = runStates[status ?? ''];
  if (state === undefined) return null;
  const reason = typeof data.reason === 'string' ? `: ${data.reason}` : '';
  return { ...common, state, description: `${status}${reason}`, deployment: null };
}
