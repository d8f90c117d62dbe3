import { typeOf } from '../../engine/variableType';
import { isReservedVariableName, isVariableName } from '../../kernel/naming';
import type { ExecutionVariable } from '../../engine/execution';
import { findOwners, insertVariables } from './executionVariables.store';
import type { RunTransaction } from './runTransaction';
import { findTasks } from './tasks.store';

/** What a command left for later tasks. */
export interface Output {
  readonly name: string;
  readonly value: string;
}

/** The outputs of one job that succeeded, if they can be taken. */
export interface OutputsOfJob {
  readonly jobId: string;
  readonly taskExecutionId: string;
  readonly executionId: string;
  readonly outputs: readonly Output[];
}

/** Why the outputs of a job can't be taken; then its try has failed. */
export interface OutputProblem {
  readonly reasonCode: 'BAD_OUTPUT' | 'VARIABLE_CONFLICT';
  readonly reason: string;
}

const MAX_VALUE_BYTES = 32_768;

/**
 * Stores what successful jobs have set, before they count as success: a name has one owner, and a second one fails its try. Answers the jobs whose outputs are not
 * taken. They belong to the row of their task, and count wherever that is shown.
 */
export async function keepOutputs(
  db: RunTransaction,
  jobs: readonly OutputsOfJob[],
): Promise<ReadonlyMap<string, OutputProblem>> {
  const problems = new Map<string, OutputProblem>();
  if (jobs.length === 0) return problems;
  const owners = new Map<string, string | null>();
  const key = (executionId: string, name: string) => `${executionId} ${name}`;
  for (const { executionId, name, owner } of await findOwners(db, [...new Set(jobs.map((job) => job.executionId))])) {
    owners.set(key(executionId, name), owner);
  }
  const taskRows = await findTasks(
    db,
    jobs.map((job) => job.taskExecutionId),
  );
  // Detached tasks set no variables of the workflow.
  const tasks = new Map(taskRows.filter(({ type }) => type === 'normal').map((task) => [task.id, task.name]));
  const kept: ExecutionVariable[] = [];
  for (const { jobId, executionId, taskExecutionId, outputs } of jobs) {
    const setBy = tasks.get(taskExecutionId);
    if (setBy === undefined) continue;
    // The last value of a name counts.
    const values = new Map(outputs.map(({ name, value }) => [name, value]));
    const problem = problemOf(values, (name) => owners.get(key(executionId, name)));
    if (problem !== undefined) {
      problems.set(jobId, problem);
      continue;
    }
    for (const [name, value] of values) {
      owners.set(key(executionId, name), setBy);
      kept.push({
        executionId,
        name,
        taskExecutionId,
        type: typeOf(value),
        value,
        setBy,
        setAt: db.now,
      });
    }
  }
  await insertVariables(db, kept);
  return problems;
}

/** `ownerOf`: the task that has set a name, null when the start has, undefined when nobody has. */
function problemOf(
  values: ReadonlyMap<string, string>,
  ownerOf: (name: string) => string | null | undefined,
): OutputProblem | undefined {
  for (const [name, value] of values) {
    const owner = ownerOf(name);
    if (!isVariableName(name) || isReservedVariableName(name)) {
      return {
        reasonCode: 'BAD_OUTPUT',
        reason: `it sets "${name.slice(0, 100)}", which is not a name that a task may set`,
      };
    }
    if (Buffer.byteLength(value) > MAX_VALUE_BYTES || value.includes('\0')) {
      return {
        reasonCode: 'BAD_OUTPUT',
        reason: `its value of ${name} has more than ${MAX_VALUE_BYTES} bytes, or a NUL`,
      };
    }
    if (owner !== undefined) {
      const by = owner === null ? 'was given at the start' : `was set by the task "${owner}"`;
      return { reasonCode: 'VARIABLE_CONFLICT', reason: `it sets ${name}, which ${by}` };
    }
  }
  return undefined;
}
