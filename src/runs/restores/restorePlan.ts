import { createHash } from 'node:crypto';
import type { Db } from '../../kernel/database/database';
import type { Deployment } from '../../catalog/environments/deployment';
import { isResumable } from '../../contract/statuses';
import { type Execution, type StageExecution } from '../../engine/execution';
import { isId } from '../../kernel/ids';
import { Refusal } from '../../kernel/errors';
import { baseName } from '../../catalog/language/matrix';
import { taskLevels } from '../../catalog/language/taskGraph';
import type { TaskDefinition } from '../../catalog/language/workflow';
import { checksumOf } from './makeRestorePoint';
import type { Operation, RestoreContent, RestorePoint, Stored } from './restore';
import { findBegunElements, findConsumers, findDeployed, findRestorePoint } from './restores.store';

/** A restore task, with what it runs with. */
export interface PlannedTask {
  readonly stage: Stored<StageExecution>;
  readonly member: Stored<Execution>;
  readonly workflow: string;
  readonly name: string;
  readonly definition: TaskDefinition;
}

/** What is deployed in one place, and what a restore puts there. */
export interface Reversal {
  readonly environmentId: string;
  readonly serviceId: string;
  readonly now: Pick<Deployment, 'id' | 'image' | 'runId' | 'executionId' | 'deployedAt'> | null;
  /** What this run had deployed there; null: nothing. */
  readonly before: Stored<Deployment> | null;
  /** What is there now, or was when the run was extended, is another run's. */
  readonly conflict: boolean;
}

/** All that a restore of a run to its point would do. */
export interface RestorePlan {
  readonly point: RestorePoint;
  /** Tasks of one step run side by side, the steps one after the other. */
  readonly steps: readonly (readonly PlannedTask[])[];
  readonly reversals: readonly Reversal[];
}

/** The newest point of a run, or why the run can't be restored to it. */
export async function requirePoint(db: Db, runId: string, pointId: string | null): Promise<RestorePoint> {
  const point = await findRestorePoint(db, runId);
  if (point === undefined) throw noPoint();
  const [consumer] = await findConsumers(db, [pointId !== null && isId(pointId) ? pointId : point.id]);
  if (consumer?.runId === runId) throw consumed(consumer);
  if (pointId !== null && pointId !== point.id) {
    throw new Refusal('NO_RESTORE_POINT', `The newest restore point of the run is ${point.id}, not ${pointId}.`);
  }
  const broken = whatIsBroken(point);
  if (broken !== null) throw corrupt(broken);
  return point;
}

export const noPoint = (): Refusal =>
  new Refusal('NO_RESTORE_POINT', 'The run was never extended from a success: there is nothing to go back to.');

export const consumed = ({ id }: Operation): Refusal =>
  new Refusal('RESTORE_POINT_CONSUMED', 'The run was restored to this point already.', { operationId: id });

export const corrupt = (what: string): Refusal =>
  new Refusal('RESTORE_POINT_CORRUPT', `The restore point can’t be used: ${what}. Nothing was changed.`);

/** Whether a run may be restored as it stands. */
export function refuseRestore({ status, version }: Pick<Execution, 'status' | 'version'>): Refusal | null {
  if (status === 'SUCCESS' || isResumable(status)) return null;
  const instead = status === 'RESTORING' ? 'somebody restores it already' : 'wait for its end, or abort it';
  return new Refusal('NOT_RESTORABLE', `The run is ${status}: ${instead}.`, { status, version });
}

/** Is it what it was, is it complete, and do its images match? Null when all is well. */
export function whatIsBroken({ content, checksum, runId }: RestorePoint): string | null {
  if (checksumOf(content) !== checksum) return 'its checksum is not that of its content';
  if (content.format !== 1) return `its format is ${content.format}, which this server does not know`;
  if (content.run.id !== runId) return 'it is that of another run';
  const members = new Set(content.members.map((member) => member.id));
  const missing = content.stages.find(
    (stage) => stage.workflowExecutionId !== null && !members.has(stage.workflowExecutionId),
  );
  if (missing !== undefined) return `the workflow execution of "${missing.stepName}" is missing in it`;
  if (content.tasks.some((task) => !members.has(task.executionId))) return 'it has tasks of another execution';
  const known = new Set(content.workflows.map((workflow) => workflow.revisionId));
  const undefinedOne = content.members.find((member) => !known.has(member.revisionId));
  if (undefinedOne !== undefined) return `the definition of workflow execution ${undefinedOne.id} is missing in it`;
  for (const { environmentId, images, stepName, status } of content.stages) {
    if (status !== 'SUCCESS') continue;
    for (const [serviceId, image] of environmentId === null ? [] : Object.entries(images)) {
      const found = content.deployments.find(
        (one) => one.environmentId === environmentId && one.serviceId === serviceId,
      );
      if (found?.image !== image)
        return `"${stepName}" deployed ${image}, but its deployments say ${found?.image ?? 'nothing'}`;
    }
  }
  return null;
}

/** What a restore to this point would run and put back, as things stand now. Only elements that began since count: nothing happened where no later attempt came. */
export async function planRestore(db: Db, point: RestorePoint): Promise<RestorePlan> {
  const begun = await findBegunElements(db, point.runId, point.attempt);
  const ids = new Set(begun.map((one) => one.elementId));
  const elements = point.content.stages.filter((stage) => ids.has(stage.elementId));
  const places = new Map<string, { environmentId: string; serviceId: string }>();
  for (const { environmentId, images } of [...begun, ...elements]) {
    if (environmentId === null) continue;
    for (const serviceId of Object.keys(images)) {
      places.set(`${environmentId} ${serviceId}`, { environmentId, serviceId });
    }
  }
  const deployed = await findDeployed(db, [...new Set([...places.values()].map((one) => one.environmentId))]);
  const isAt =
    (place: { environmentId: string; serviceId: string }) => (one: { environmentId: string; serviceId: string }) =>
      one.environmentId === place.environmentId && one.serviceId === place.serviceId;
  const reversals = [...places.values()].map((place): Reversal => {
    const now = deployed.find(isAt(place)) ?? null;
    const before = point.content.deployments.find(isAt(place)) ?? null;
    const overtaken = before !== null && !before.current;
    const others = now !== null && now.runId !== point.runId && now.id !== before?.id;
    return { ...place, now, before, conflict: overtaken || others };
  });
  return { point, steps: stepsOf(point.content, elements), reversals };
}

/** Stages in reverse order; within a workflow, what a task depends on comes before it. */
function stepsOf(content: RestoreContent, elements: readonly Stored<StageExecution>[]): PlannedTask[][] {
  const steps = new Map<string, PlannedTask[]>();
  for (const stage of [...elements].sort((a, b) => b.stageIndex - a.stageIndex || a.elementIndex - b.elementIndex)) {
    const member = content.members.find((one) => one.id === stage.workflowExecutionId);
    const workflow = content.workflows.find((one) => one.revisionId === member?.revisionId);
    if (member === undefined || workflow === undefined) continue;
    const { tasks } = workflow.definition;
    const restoring = Object.fromEntries(Object.entries(tasks).filter(([, task]) => task.type === 'restore'));
    taskLevels(restoring).forEach((names, level) => {
      const key = `${stage.stageIndex} ${level}`;
      const step = steps.get(key) ?? [];
      steps.set(key, step);
      for (const name of names) {
        const definition = restoring[baseName(name)];
        if (definition !== undefined) step.push({ stage, member, workflow: workflow.name, name, definition });
      }
    });
  }
  const order = (key: string) => key.split(' ').map(Number) as [number, number];
  return [...steps].sort(([a], [b]) => order(b)[0] - order(a)[0] || order(a)[1] - order(b)[1]).map(([, step]) => step);
}

/** Stands for what a preview showed. */
export function restoreToken(run: Pick<Execution, 'id' | 'version'>, { point, reversals }: RestorePlan): string {
  const meaning = [run.id, run.version, point.id, point.checksum, reversals.map(({ now }) => now?.id ?? null)];
  return createHash('sha256').update(JSON.stringify(meaning)).digest('base64url');
}

/** In words: what is deployed where, and by whom. */
export const describeConflicts = ({ point: { content }, reversals }: RestorePlan) =>
  reversals
    .filter((one) => one.conflict)
    .map(({ environmentId, serviceId, now, before }) => ({
      environment: content.environments[environmentId] ?? environmentId,
      service: content.services[serviceId] ?? serviceId,
      deployed: now?.image ?? null,
      runId: now?.runId ?? null,
      restored: before?.image ?? null,
    }));
