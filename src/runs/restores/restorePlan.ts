import { createHash } from 'node:crypto';
import { baseName } from '../../catalog/language/matrix';
import { taskLevels } from '../../catalog/language/taskGraph';
import type { TaskDefinition } from '../../catalog/language/workflow';
import { isResumable } from '../../contract/statuses';
import type { DeploymentPlace, RecordedDeployment } from '../../engine/deployment';
import type { Execution, ExecutionAttempt, StageExecution } from '../../engine/execution';
import type { Db } from '../../kernel/database/database';
import { Refusal } from '../../kernel/errors';
import { isId } from '../../kernel/ids';
import type { App } from '../app';
import { findLaterDeployments, findNewestDeployments } from '../deployments/deployments.store';
import { inWords } from '../deployments/movedOn';
import { type Deploying, deployingOf } from '../freezes/frozen';
import { byPlace, keyOf, placesOf } from '../deployments/places';
import type { Operation, RestorePoint } from './restore';
import { type RestoredRun, readRestoredRun } from './restoredRun';
import { findBegunElements, findConsumers, findRestorePoints } from './restores.store';

/** A restore task, with the attempt of the workflow execution whose inputs it gets. */
export interface PlannedTask {
  readonly stage: StageExecution;
  readonly member: ExecutionAttempt;
  readonly workflow: string;
  readonly name: string;
  readonly definition: TaskDefinition;
}

/** Current deployment in one place, and the one that a restore puts there. */
export interface Reversal extends DeploymentPlace {
  readonly now: RecordedDeployment | null;
  /** Deployment of this run at that time, or else of another one; null: none. */
  readonly before: RecordedDeployment | null;
  /**
   * True if the restore would replace a deployment of a later run, either the current one or that at the time of the
   * extension.
   */
  readonly conflict: boolean;
}

/** Everything that a restore of a run to its point would do. */
export interface RestorePlan {
  readonly point: RestorePoint;
  readonly restored: RestoredRun;
  /** Tasks of one step run in parallel; the steps run one after the other. */
  readonly steps: readonly (readonly PlannedTask[])[];
  readonly reversals: readonly Reversal[];
}

/** Newest point of a run; throws the reason if the run can't be restored to it. */
export async function requirePoint(db: Db, runId: string, pointId: string | null): Promise<RestorePoint> {
  const [point] = await findRestorePoints(db, [runId]);
  if (point === undefined) throw noPoint();
  const [consumer] = await findConsumers(db, [pointId !== null && isId(pointId) ? pointId : point.id]);
  if (consumer?.runId === runId) throw consumed(consumer);
  if (pointId === null || pointId === point.id) return point;
  throw new Refusal('NO_RESTORE_POINT', `The newest restore point of the run is ${point.id}, not ${pointId}.`);
}

export const noPoint = (): Refusal =>
  new Refusal('NO_RESTORE_POINT', 'The run was never extended from a success: there is nothing to restore.');

export const consumed = ({ id }: Operation): Refusal =>
  new Refusal('RESTORE_POINT_CONSUMED', 'The run was already restored to this point.', { operationId: id });

export const notRestoring = ({ status, version }: Pick<Execution, 'status' | 'version'>): Refusal =>
  new Refusal('NOT_RESTORING', `The run is ${status}: there is no restore to cancel.`, { status, version });

/** Reason why a run can't be restored in its current status; null if it can. */
export function refuseRestore({ status, version }: Pick<Execution, 'status' | 'version'>): Refusal | null {
  if (status === 'SUCCESS' || isResumable(status)) return null;
  const instead = status === 'RESTORING' ? 'a restore is already in progress' : 'wait for its end, or abort it';
  return new Refusal('NOT_RESTORABLE', `The run is ${status}: ${instead}.`, { status, version });
}

/**
 * Tasks that a restore to this point would run now, and deployments that it would put back. Only elements that began
 * since the point count.
 */
export async function planRestore(app: App, db: Db, run: Execution, point: RestorePoint): Promise<RestorePlan> {
  const restored = await readRestoredRun(app, db, run, point);
  const begun = await findBegunElements(db, run.id, point.attempt);
  const ids = new Set(begun.map((one) => one.elementId));
  const elements = restored.stages.filter((stage) => ids.has(stage.elementId));
  const places = placesOf([...begun, ...elements]);
  const now = byPlace(await findNewestDeployments(db, places));
  const then = await findDeploymentsThen(db, point, places);
  // The same rule as for every other command that deploys again: runs that started later than this one count.
  const own = places.map((place) => ({ ...place, runId: run.id }));
  const later = [
    ...(await findLaterDeployments(db, own)),
    ...(await findLaterDeployments(db, own, point.lastDeployment)),
  ];
  const reversals = places.map((place): Reversal => {
    const before = then(place);
    const conflict = later.some((one) => keyOf(one) === keyOf(place) && one.id !== before?.id);
    return { ...place, now: unlessRemoved(now.get(keyOf(place))), before, conflict };
  });
  return { point, restored, steps: stepsOf(restored, elements), reversals };
}

/** Environments that a restore deploys to, with the services that it puts back there. */
export const deployingOfRestore = ({ reversals, steps }: RestorePlan): Deploying[] => [
  ...reversals.map(({ environmentId, serviceId }) => ({ environmentId, serviceIds: [serviceId] })),
  ...steps.flat().map(({ member }) => deployingOf(member)),
];

const unlessRemoved = (row: RecordedDeployment | undefined): RecordedDeployment | null =>
  row?.status === 'SUCCEEDED' ? row : null;

/** Deployments when a point was created: those of its run, or of others in places to which its run had not deployed. */
export async function findDeploymentsThen(
  db: Db,
  { lastDeployment: upTo, runId }: RestorePoint,
  places: readonly DeploymentPlace[],
): Promise<(place: DeploymentPlace) => RecordedDeployment | null> {
  const own = byPlace(await findNewestDeployments(db, places, { upTo, runId }));
  const any = byPlace(await findNewestDeployments(db, places, { upTo }));
  return (place) => unlessRemoved(own.get(keyOf(place)) ?? any.get(keyOf(place)));
}

/** Stages in reverse order; within a workflow, a task comes after its dependencies. */
function stepsOf({ members, workflows }: RestoredRun, elements: readonly StageExecution[]): PlannedTask[][] {
  const steps = new Map<string, PlannedTask[]>();
  for (const stage of [...elements].sort((a, b) => b.stageIndex - a.stageIndex || a.elementIndex - b.elementIndex)) {
    const member = members.get(stage.workflowExecutionId ?? '');
    const workflow = workflows.get(member?.revisionId ?? '');
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

/** Hash of everything that a preview showed. */
export function restoreToken(run: Pick<Execution, 'id' | 'version'>, { point, reversals }: RestorePlan): string {
  const meaning = [run.id, run.version, point.id, reversals.map(({ now }) => now?.id ?? null)];
  return createHash('sha256').update(JSON.stringify(meaning)).digest('base64url');
}

/** Text that lists which image is deployed where, and by which actor. */
export const describeConflicts = ({ restored, reversals }: RestorePlan) =>
  reversals
    .filter((one) => one.conflict)
    .map(({ environmentId, serviceId, now, before }) => ({
      environment: restored.environments[environmentId] ?? environmentId,
      service: restored.services[serviceId] ?? serviceId,
      deployed: now?.image ?? null,
      runId: now?.runId ?? null,
      restored: before?.image ?? null,
    }));

/** The caller has to know which deployments of other runs the restore overrules. */
export function requireConfirmed(plan: RestorePlan, confirmed: boolean): void {
  const conflicts = describeConflicts(plan);
  if (confirmed || conflicts.length === 0) return;
  throw new Refusal(
    'ENVIRONMENT_CONFLICT',
    `Runs that started later have deployed to environments that this restore affects: ${inWords(conflicts)}. Send confirmEnvironmentConflicts: true to override them.`,
    { conflicts },
  );
}
