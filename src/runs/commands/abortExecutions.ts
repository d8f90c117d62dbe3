import type { Actor } from '../../access/actor';
import { executionStatuses, isFinal } from '../../contract/statuses';
import type { Execution } from '../../engine/execution';
import { type InputError, invalidInput, Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { type ExecutionFilter, listExecutions, readExecution } from '../execution/executions.queries';
import { abortExecution } from './abortExecution';

/** Exactly one of ids and filters is given. */
export interface AbortExecutions {
  readonly executionIds?: readonly string[] | null;
  readonly filters?: readonly ExecutionFilter[] | null;
  readonly reason?: string | null;
}

/** What became of one execution. */
export interface AbortedExecution {
  readonly executionId: string;
  readonly execution: Execution | null;
  readonly refusal: Refusal | null;
}

const MOST = 500;
const AT_ONCE = 8;

/** Aborts executions independently of each other: one that can't be aborted doesn't affect the others. */
export async function abortExecutions(app: App, actor: Actor, input: AbortExecutions): Promise<AbortedExecution[]> {
  refuseErrors(input);
  const ids = [...new Set(input.executionIds ?? (await activeIds(app, actor, input.filters ?? [])))];
  const results: AbortedExecution[] = [];
  for (let first = 0; first < ids.length; first += AT_ONCE) {
    const some = ids.slice(first, first + AT_ONCE);
    results.push(...(await Promise.all(some.map((id) => abortOne(app, actor, id, input.reason)))));
  }
  return results;
}

/** Newest first. */
async function activeIds(app: App, actor: Actor, filters: readonly ExecutionFilter[]): Promise<string[]> {
  const active = executionStatuses.filter((status) => !isFinal(status));
  const status = { operator: 'IN', values: active } as const;
  const { nodes } = await listExecutions(app, actor, [...filters, { status }], false, { first: MOST });
  return nodes.map(({ id }) => id);
}

async function abortOne(
  app: App,
  actor: Actor,
  executionId: string,
  reason: string | null | undefined,
): Promise<AbortedExecution> {
  try {
    const { applicationId } = await readExecution(app, actor, executionId);
    const execution = await abortExecution(app, actor, { applicationId, executionId, reason: reason ?? null });
    return { executionId, execution, refusal: null };
  } catch (error) {
    if (error instanceof Refusal) return { executionId, execution: null, refusal: error };
    throw error;
  }
}

function refuseErrors({ executionIds, filters }: AbortExecutions): void {
  const errors: InputError[] = [];
  const count = executionIds?.length ?? 0;
  if ((executionIds == null) === (filters == null)) {
    const message = 'Give exactly one of "executionIds" and "filters".';
    errors.push({ field: 'executionIds', value: count, rule: 'EXCLUSIVE', message });
  } else if (executionIds != null && (count < 1 || count > MOST)) {
    const message = `"executionIds" must have 1 to ${MOST} ids; it has ${count}.`;
    errors.push({ field: 'executionIds', value: count, rule: 'RANGE', message });
  } else if (filters?.every((filter) => Object.values(filter).every((value) => value == null))) {
    const message = '"filters" must restrict the executions; without a filter, all of them would be aborted.';
    errors.push({ field: 'filters', value: null, rule: 'REQUIRED', message });
  }
  if (errors.length > 0) throw invalidInput(errors);
}
