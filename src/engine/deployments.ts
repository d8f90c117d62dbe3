import { baseName } from '../catalog/language/matrix';
import type { WorkflowDefinition } from '../catalog/language/workflow';
import { type ExecutionStatus, isFinal } from '../contract/statuses';
import type { Deployment, DeploymentStatus, Doubts } from './deployment';
import type { Execution, TaskExecution } from './execution';
import type { RunSlice } from './runSlice';

/** Reasons for which a command failed on its own, or never ran. After any other end, its progress is unknown. */
export const plainFailures = ['EXIT_CODE', 'INPUT_MISSING', 'SECRET_MISSING', 'SECRET_UNREADABLE'];

type Outcome = Exclude<DeploymentStatus, 'IN_PROGRESS' | 'REMOVED'>;

/**
 * Begins the deployments of a task when its command starts, and ends them with the task. A failure that waits for a
 * person has not ended. A task that never started deploys nothing.
 */
export function deployWithTask(run: RunSlice, before: TaskExecution, after: TaskExecution): void {
  const begins = before.status !== 'RUNNING' && after.status === 'RUNNING';
  const ends = isUnderWay(before) && !isUnderWay(after);
  if (after.type !== 'normal' || !(begins || ends)) return;
  const execution = run.execution(after.executionId);
  if (!deploys(execution)) return;
  const definition = run.fact('workflow', execution.revisionId);
  const marked = isMarked(definition);
  const task = { taskExecutionId: after.id, task: after.name };
  if (begins && marked) begin(run, execution, servicesOfTask(run, execution, definition, after), task);
  else if (begins && openDeployments(run, execution.id).length === 0) {
    begin(run, execution, Object.keys(execution.images), { taskExecutionId: null, task: null });
  } else if (ends && marked && definition.tasks[baseName(after.name)]?.deploys != null) {
    const own = openDeployments(run, execution.id).filter(({ taskExecutionId }) => taskExecutionId === after.id);
    end(run, own, outcomeOfTry(before, after));
  }
}

/** Ends the deployments of a workflow as a whole when its execution ends, if anything of it started. */
export function deployWithWorkflow(run: RunSlice, execution: Execution): void {
  const { id, kind, status } = execution;
  if (kind !== 'WORKFLOW' || !isFinal(status) || !deploys(execution)) return;
  const open = openDeployments(run, id);
  if (open.length > 0) end(run, open, outcomeOfWorkflow(run, id, status));
}

const isUnderWay = ({ status }: TaskExecution): boolean => status === 'RUNNING' || status === 'WAITING';

export const deploys = ({ environmentId, images }: Pick<Execution, 'environmentId' | 'images'>): boolean =>
  environmentId !== null && Object.keys(images).length > 0;

/** True if tasks of the workflow declare what they deploy; otherwise the workflow deploys as a whole. */
export const isMarked = ({ tasks }: Pick<WorkflowDefinition, 'tasks'>): boolean =>
  Object.values(tasks).some(({ type, deploys }) => type === 'normal' && deploys !== null);

/** A pinned revision has old names: a service that has been renamed since matches any service whose name it lacks. */
function servicesOfTask(
  run: RunSlice,
  { images }: Execution,
  { services, tasks }: WorkflowDefinition,
  { name }: TaskExecution,
): string[] {
  const ids = Object.keys(images);
  const named = tasks[baseName(name)]?.deploys ?? [];
  if (named === true) return ids;
  if (named.length === 0) return [];
  run.require(...ids.map((key) => ({ kind: 'serviceName' as const, key })));
  return deployedServices(named, services, new Map(ids.map((id) => [id, run.fact('serviceName', id)])));
}

/** Ids of the named services, among those that an execution has an image of. */
export function deployedServices(
  named: readonly string[],
  services: readonly string[],
  names: ReadonlyMap<string, string>,
): string[] {
  const known = new Set(names.values());
  const renamed = named.some((name) => services.includes(name) && !known.has(name));
  return [...names]
    .filter(([, name]) => named.includes(name) || (renamed && !services.includes(name)))
    .map(([id]) => id);
}

/** Outcome of a try that is followed by another one. A loss may be certain not to have begun the command. */
function outcomeOfTry(before: TaskExecution, after: TaskExecution): Outcome {
  if (after.losses > before.losses) return 'UNKNOWN';
  const neverBegan = after.status === 'QUEUED' && after.failures === before.failures;
  return neverBegan ? 'FAILED' : outcomeOfTask(after);
}

/** Final outcome of a task. FAILED only if the command failed on its own; otherwise the outcome is unknown. */
function outcomeOfTask({ status, passed, reasonCode }: TaskExecution): Outcome {
  if (status === 'SUCCESS') return 'SUCCEEDED';
  return status !== 'ABORTED' && !passed && plainFailures.includes(reasonCode ?? '') ? 'FAILED' : 'UNKNOWN';
}

function outcomeOfWorkflow(run: RunSlice, id: string, status: ExecutionStatus): Outcome {
  // After a stop, the outcome is unknown, regardless of what the tasks report.
  if (status !== 'SUCCESS' && status !== 'FAILED') return 'UNKNOWN';
  const { skipped, unsure } = doubtsOf(run, id);
  if (status === 'SUCCESS') return skipped || unsure ? 'UNKNOWN' : 'SUCCEEDED';
  return unsure ? 'UNKNOWN' : 'FAILED';
}

/** Doubts from earlier decisions, and from this one. */
function doubtsOf(run: RunSlice, executionId: string): Doubts {
  const isNew = run.changes.executions.get(executionId)?.before === null;
  const known = isNew ? { skipped: false, unsure: false } : run.fact('doubts', executionId);
  const changed = [...run.changedTasks(executionId)].filter(({ type }) => type === 'normal');
  return {
    skipped: known.skipped || changed.some(({ status, passed }) => status === 'SKIPPED' && passed),
    unsure: known.unsure || changed.some(isUnsure),
  };
}

const isUnsure = (task: TaskExecution): boolean =>
  (task.status === 'FAILED' || task.status === 'ABORTED') && outcomeOfTask(task) === 'UNKNOWN';

function openDeployments(run: RunSlice, executionId: string): Deployment[] {
  const { deployments, executions } = run.changes;
  const known = executions.get(executionId)?.before === null ? [] : run.fact('deployments', executionId);
  const made = [...deployments.values()].filter(
    ({ before, after }) => before === null && after.executionId === executionId,
  );
  return [...known.map((one) => deployments.get(one.id)?.after ?? one), ...made.map(({ after }) => after)].filter(
    ({ status }) => status === 'IN_PROGRESS',
  );
}

function begin(
  run: RunSlice,
  { id: executionId, runId, attempt, environmentId, images }: Execution,
  serviceIds: readonly string[],
  by: Pick<Deployment, 'taskExecutionId' | 'task'>,
): void {
  for (const serviceId of [...serviceIds].sort()) {
    const image = images[serviceId];
    if (environmentId === null || image === undefined) continue;
    const place = { environmentId, serviceId, image, executionId, attempt, runId, ...by };
    const times = { startedAt: run.now, endedAt: null };
    const after: Deployment = { id: run.newId(), status: 'IN_PROGRESS', ...place, operationId: null, ...times };
    run.changes.deployments.set(after.id, { before: null, after });
    tell(run, after);
  }
}

function end(run: RunSlice, open: readonly Deployment[], status: Outcome): void {
  for (const one of open) {
    const after = { ...one, status, endedAt: run.now };
    run.changes.deployments.set(one.id, {
      before: run.changes.deployments.get(one.id)?.before === null ? null : one,
      after,
    });
    tell(run, after);
  }
}

function tell(run: RunSlice, deployment: Deployment): void {
  const { id: deploymentId, runId, executionId, environmentId, serviceId, image, status, task } = deployment;
  const on = { runId, executionId };
  run.event(on, 'DEPLOYMENT_STATUS', { deploymentId, environmentId, serviceId, image, status, task });
  if (status === 'SUCCEEDED') run.event(on, 'DEPLOYED', { environmentId, serviceId, image });
}
