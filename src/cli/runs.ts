import { exit, Failure, usage } from './failure';
import type { Session } from './session';
import { duration, moment } from './ui';

interface RunLine {
  readonly id: string;
  readonly status: string;
  readonly attempt: number;
  readonly createdAt: string;
  readonly durationMs: number | null;
  readonly failureDetails: string | null;
  readonly application: { readonly name: string } | null;
  readonly pipeline?: { readonly name: string } | null;
  readonly workflow?: { readonly name: string } | null;
}

export interface RunsOptions {
  readonly application?: string;
  readonly status?: readonly string[];
  readonly resumable?: boolean;
  readonly limit: number;
}

/** `slipway runs`: the newest first. */
export async function listRuns({ api, ui }: Session, options: RunsOptions): Promise<void> {
  const filters: object[] = [];
  if (options.application !== undefined) {
    const { applicationByName } = await api.ask<{ applicationByName: { id: string } }>(
      'query ($name: String!) { applicationByName(name: $name) { id } }',
      { name: options.application },
    );
    filters.push({ application: { operator: 'EQUALS', values: [applicationByName.id] } });
  }
  if (options.status !== undefined) {
    filters.push({ status: { operator: 'IN', values: options.status.map((status) => status.toUpperCase()) } });
  }
  if (options.resumable) filters.push({ resumable: true });
  const { executions } = await api.ask<{ executions: { nodes: readonly RunLine[] } }>(
    `query ($filters: [ExecutionFilter!], $limit: Int) { executions(filters: $filters, first: $limit) { nodes {
      id status attempt createdAt durationMs failureCode failureDetails application { name }
      ... on PipelineExecution { pipeline { name } } ... on WorkflowExecution { workflow { name } } } } }`,
    { filters, limit: options.limit },
  );
  const { nodes } = executions;
  ui.answer(nodes);
  if (ui.json) return;
  if (nodes.length === 0) return ui.say('No such run.');
  ui.table(
    ['RUN', 'STATUS', 'WHAT', 'STARTED', 'ATTEMPT', 'TOOK', ''],
    nodes.map((run) => [
      run.id,
      ui.status(run.status),
      `${run.application?.name ?? '?'}/${run.pipeline?.name ?? run.workflow?.name ?? '?'}`,
      moment(run.createdAt),
      String(run.attempt),
      duration(run.durationMs),
      ui.paint.dim(firstLine(run.failureDetails ?? '')),
    ]),
  );
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

export interface FoundRun {
  readonly id: string;
  readonly status: string;
  readonly lastSequence: number;
  /** Null for a caller who may see the run, but not its application. */
  readonly application: { readonly id: string; readonly name: string } | null;
  readonly __typename: 'PipelineExecution' | 'WorkflowExecution';
}

const FOUND = '__typename id status lastSequence application { id name }';
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const SHORTEST = 4;

/** The run that is meant: by its id, a part of it that no other has (its end, best: ids begin with the time), or `latest`. */
export async function findRun({ api }: Session, named: string): Promise<FoundRun> {
  if (UUID.test(named)) {
    const { execution } = await api.ask<{ execution: FoundRun }>(
      `query ($id: ID!) { execution(executionId: $id) { ${FOUND} } }`,
      { id: named },
    );
    return execution;
  }
  const latest = named === 'latest';
  if (!latest && named.length < SHORTEST)
    throw usage(`"${named}" is too short: give at least ${SHORTEST} characters of a run’s id.`);
  const { executions } = await api.ask<{ executions: { nodes: readonly FoundRun[] } }>(
    `query ($filters: [ExecutionFilter!], $first: Int) { executions(filters: $filters, first: $first) { nodes { ${FOUND} } } }`,
    latest ? { first: 1 } : { first: 2, filters: [{ execution: { operator: 'LIKE', values: [named] } }] },
  );
  const [run, another] = executions.nodes;
  if (run === undefined) {
    const message = latest ? 'There is no run yet.' : `No run that you may see has "${named}" in its id.`;
    throw new Failure(exit.refused, 'NOT_FOUND', message, {}, ['"slipway runs" lists them.']);
  }
  if (another !== undefined) throw usage(`Several runs have "${named}" in their ids: ${run.id}, ${another.id}, …`);
  return run;
}

/** What mutations ask for beside the run. */
export const applicationOf = (run: FoundRun): string => run.application?.id ?? '';
