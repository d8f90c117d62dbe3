import { baseName } from '../catalog/language/matrix';
import type { MatrixRules } from '../catalog/language/combinations';
import type { TaskExecution } from './execution';
import type { RunSlice } from './runSlice';
import type { TaskEnd } from './taskEnd';

/** Reason code of combinations that were canceled because another one of their matrix failed. */
export const FAIL_FAST = 'FAIL_FAST';

/** Matrices of which a combination has failed, by execution and task, with the combination. */
export type FailedMatrices = ReadonlyMap<string, { readonly rules: MatrixRules; readonly failed: string }>;

const key = (executionId: string, name: string) => `${executionId} ${baseName(name)}`;

/** Failures count unless they are ignored. */
export function failedMatrices(run: RunSlice, ends: readonly TaskEnd[]): FailedMatrices {
  const found = new Map<string, { rules: MatrixRules; failed: string }>();
  for (const { taskId } of ends) {
    const { executionId, name, status, passed, type } = run.task(taskId);
    if (type !== 'normal' || status !== 'FAILED' || passed || baseName(name) === name) continue;
    const { revisionId } = run.execution(executionId);
    const rules = run.fact('workflow', revisionId).tasks[baseName(name)]?.matrixRules;
    if (rules != null && rules.failFast !== null) found.set(key(executionId, name), { rules, failed: name });
  }
  return found;
}

/** True for a combination that still begins although its workflow is failing. */
export const beginsAnyway = (matrices: FailedMatrices, { executionId, name }: TaskExecution): boolean =>
  baseName(name) !== name && matrices.get(key(executionId, name))?.rules.failFast === false;

/** Reason for which a combination, or the group of all, must not begin anymore; undefined if it may. */
export function reasonToStop(matrices: FailedMatrices, { executionId, name }: TaskExecution): string | undefined {
  const matrix = matrices.get(key(executionId, name));
  return matrix?.rules.failFast === true ? `"${matrix.failed}" of its matrix failed` : undefined;
}

/** Executions with a matrix that fails fast. */
export const failingFast = (matrices: FailedMatrices): string[] => [
  ...new Set(
    [...matrices].flatMap(([one, { rules }]) => (rules.failFast === true ? [one.slice(0, one.indexOf(' '))] : [])),
  ),
];

/** Asks running combinations of these matrices to end. */
export function cancelCombinations(run: RunSlice, matrices: FailedMatrices): void {
  const ids = failingFast(matrices);
  run.require(...ids.map((id) => ({ kind: 'running' as const, key: id })));
  for (const { id } of ids.flatMap((one) => run.fact('running', one))) {
    const task = run.task(id);
    const reason = reasonToStop(matrices, task);
    if (task.status !== 'RUNNING' || task.jobId === null || reason === undefined) continue;
    run.setTask({ ...task, reasonCode: FAIL_FAST, reason: `canceled, because ${reason}` }, task);
    run.changes.canceled.push(task.jobId);
  }
}
