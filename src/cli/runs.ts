import {
  ApplicationIdDocument,
  type ExecutionFilter,
  FindRunDocument,
  FindRunsDocument,
  type FoundRunFragment as FoundRun,
  ListRunsDocument,
} from '../client/generated';
import { exit, Failure, usage } from './failure';
import { nameOf } from './run';
import type { Session } from './session';
import { duration, moment } from './ui';

export type { FoundRun };

export interface RunsOptions {
  readonly application?: string;
  readonly status?: readonly string[];
  readonly resumable?: boolean;
  /** `name=value`, or `name` for any value. */
  readonly tag?: readonly string[];
  readonly limit: number;
}

/** `slipway runs`: lists runs, newest first. */
export async function listRuns({ api, ui }: Session, options: RunsOptions): Promise<void> {
  const filters: ExecutionFilter[] = [];
  if (options.application !== undefined) {
    const { id } = (await api.ask(ApplicationIdDocument, { name: options.application })).applicationByName;
    filters.push({ application: { operator: 'EQUALS', values: [id] } });
  }
  if (options.status !== undefined) {
    filters.push({ status: { operator: 'IN', values: options.status.map((status) => status.toUpperCase()) } });
  }
  filters.push(...(options.tag ?? []).map((given) => ({ tag: { tags: [tagOf(given)] } })));
  if (options.resumable) filters.push({ resumable: true });
  const { nodes } = (await api.ask(ListRunsDocument, { filters, first: options.limit })).executions;
  ui.answer(nodes);
  if (ui.json) return;
  if (nodes.length === 0 && filters.length > 0) return ui.say('No runs found.');
  if (nodes.length === 0) return ui.say('No runs yet. To start one: slipway start APPLICATION PIPELINE');
  ui.table(
    ['RUN', 'STATUS', 'WHAT', 'STARTED', 'ATTEMPT', 'TOOK', ''],
    nodes.map((run) => [
      run.id,
      ui.status(run.status),
      nameOf(run),
      moment(run.createdAt),
      String(run.attempt),
      duration(run.durationMs),
      ui.paint.dim(firstLine(run.failureDetails ?? '')),
    ]),
  );
}

function tagOf(given: string): { readonly name: string; readonly value?: string } {
  const [name = '', ...rest] = given.split('=');
  return rest.length === 0 ? { name } : { name, value: rest.join('=') };
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const SHORTEST = 4;

/** Number of runs to choose from if the caller names none. */
const OFFERED = 20;

/** Lets a person pick one of the newest runs. Without a terminal it fails with their list. */
async function pickRun({ api, ui }: Session): Promise<string> {
  const { nodes } = (await api.ask(ListRunsDocument, { filters: [], first: OFFERED })).executions;
  if (nodes.length === 0) throw new Failure(exit.refused, 'NOT_FOUND', 'No runs yet.');
  const options = nodes.map((run) => ({
    value: run.id,
    label: `${nameOf(run)} ${run.status}`,
    hint: `${moment(run.createdAt)} ${run.id}`,
  }));
  const list = options.map(({ label, hint }) => `${hint}  ${label}`);
  return (
    (await ui.pick('Which run?', options, { declined: 'No run was chosen.' })) ??
    Promise.reject(usage('Name a run: an id, a part of one, or "latest".', ...list))
  );
}

/** Finds a run by its id, by a unique part of it (preferably the end: ids begin with the time), or by `latest`. */
export async function findRun(session: Session, given: string | undefined): Promise<FoundRun> {
  const { api } = session;
  const named = given ?? (await pickRun(session));
  if (UUID.test(named)) return (await api.ask(FindRunDocument, { id: named })).execution;
  const latest = named === 'latest';
  if (!latest && named.length < SHORTEST)
    throw usage(`"${named}" is too short: give at least ${SHORTEST} characters of a run id.`);
  const { executions } = await api.ask(
    FindRunsDocument,
    latest ? { first: 1 } : { first: 2, filters: [{ execution: { operator: 'LIKE', values: [named] } }] },
  );
  const [run, another] = executions.nodes;
  if (run === undefined) {
    const message = latest ? 'No runs yet.' : `No run that you may see has "${named}" in its id.`;
    throw new Failure(exit.refused, 'NOT_FOUND', message, {}, ['"slipway runs" lists them.']);
  }
  if (another !== undefined) throw usage(`Several runs have "${named}" in their ids: ${run.id}, ${another.id}, …`);
  return run;
}

export interface SeenOptions {
  /** Version of the run that the caller saw, from an earlier command. Defaults to the one that this command reads. */
  readonly expectedVersion?: number;
}

/** State that a command is meant for: the server fails with CONFLICT if the run has changed since. */
export const seenVersion = (run: { readonly version: number }, { expectedVersion }: SeenOptions): number =>
  expectedVersion ?? run.version;

/** Application id that mutations take with the run. Empty for a caller who may see the run, but not its application. */
export const applicationOf = (run: FoundRun): string => run.application?.id ?? '';
