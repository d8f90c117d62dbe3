import { partsOf } from '../catalog/language/outputReferences';
import { baseName } from '../catalog/language/matrix';
import type { TaskApproval } from '../catalog/language/workflow';
import { type Filled, fillMessage } from './approvalMessage';
import { startTimers } from './approvalTimers';
import { namesIn } from './approvalVotes';
import { taskVariables } from './conditionScope';
import type { Execution, TaskExecution } from './execution';
import { moveApproval, moveTask } from './moves';
import type { ReadyTask } from './readyTask';
import { addApproval } from './requestApproval';
import type { RunSlice } from './runSlice';
import { scopesOf, variablesSeen } from './skipConditions';

/** Approval that a ready task asks for; null for a task with a command. */
export const approvalOfTask = (run: RunSlice, { task, revisionId }: ReadyTask): TaskApproval | null =>
  run.fact('workflow', revisionId).tasks[baseName(task.name)]?.approval ?? null;

/** The graph has reached these tasks: each asks for its approval, and waits without an agent. */
export function requestTaskApprovals(run: RunSlice, tasks: readonly ReadyTask[]): void {
  for (const ready of tasks) {
    const asked = approvalOfTask(run, ready);
    if (asked === null) throw new Error(`task ${ready.task.name} is not an approval`);
    const { task } = ready;
    const fill = filler(run, ready);
    const message =
      asked.message === null
        ? { value: null }
        : fillMessage(asked.message, fill, (expressions) => scopesOf(run, ready, expressions));
    if ('reason' in message) {
      const reason = `its message can’t be filled: ${message.reason}`;
      const end = { taskId: task.id, reasonCode: 'REFERENCE_UNFILLED', reason, exitCode: null, decided: true };
      run.settleLater([{ ...end, status: 'FAILED' }]);
      continue;
    }
    // A reference without a value excludes nobody.
    const excluded = asked.not.map(fill).flatMap((one) => ('value' in one ? namesIn(one.value) : []));
    const execution = run.execution(task.executionId);
    const { approvers, count, allOf, disallowInitiator, inputs } = asked;
    addApproval(
      run,
      { ...execution, id: execution.runId },
      {
        ...{ stageExecutionId: execution.parentStageExecutionId, taskExecutionId: task.id },
        ...{ approvers, count, allOf, disallowInitiator, inputs, message: message.value },
        ...{ excluded: [...new Set(excluded)], subject: subjectOfTask(execution, task) },
        ...{ renewsId: null, changedSince: null, ...startTimers(asked, run.now) },
      },
    );
    moveTask(run, task, { status: 'WAITING', reasonCode: null, reason: null, startedAt: task.startedAt ?? run.now });
    run.count(task.executionId, { waiting: 1 });
    run.noteAsking(task.executionId);
  }
}

/** Fills references to variables with the values that a command in the place of the task would see. */
function filler(run: RunSlice, { task, revisionId }: ReadyTask) {
  const definition = run.fact('workflow', revisionId);
  let known: ReadonlyMap<string, string> | undefined;
  return (text: string): Filled => {
    const filled: string[] = [];
    for (const part of partsOf(text)) {
      if (part.is === 'VARIABLE') {
        known ??= taskVariables(task.name, definition, variablesSeen(run, task.executionId));
        const value = known.get(part.name);
        if (value === undefined) return { reason: `\${${part.name}} has no value` };
        filled.push(value);
      } else filled.push(part.text);
    }
    return { value: filled.join('') };
  };
}

/** Nothing of it can change while the approval waits: the inputs are pinned, and the execution holds its slot. */
const subjectOfTask = (
  { id, revisionId, environmentId, images, variables, parentStageExecutionId }: Execution,
  { name }: TaskExecution,
) => ({
  revisionId,
  elements: [
    {
      ...{ elementId: parentStageExecutionId ?? id, stageName: '', stepName: name, workflowRevisionId: revisionId },
      ...{ environmentId, images, variables, pending: [], replaces: {} },
    },
  ],
});

/** Closes the approval of a task that ends without a decision. */
export function withdrawApproval(run: RunSlice, { id, runId }: TaskExecution): void {
  const approval = run.waitingApprovals(runId).find(({ taskExecutionId }) => taskExecutionId === id);
  if (approval !== undefined) moveApproval(run, approval, 'ABORTED');
}
