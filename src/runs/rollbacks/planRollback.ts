import { createHash } from 'node:crypto';
import type { Environment } from '../../catalog/environments/environments';
import { taskNodes } from '../../catalog/language/taskGraph';
import type { WorkflowDefinition } from '../../catalog/language/workflow';
import { unknownName } from '../../catalog/parts.queries';
import { services } from '../../catalog/services/services';
import { workflows } from '../../catalog/workflows/workflows';
import type { DeploymentPlace, RecordedDeployment } from '../../engine/deployment';
import type { ExecutionAttempt } from '../../engine/execution';
import type { Db } from '../../kernel/database/database';
import { invalidInput, notFound, Refusal } from '../../kernel/errors';
import { isId } from '../../kernel/ids';
import type { App } from '../app';
import { findStanding } from '../deployments/deployments.store';
import { pastOrNow } from '../deployments/compareEnvironments';
import { findStates } from '../deployments/states.store';
import { inWords } from '../deployments/movedOn';
import { findAttemptsAt, findExecutions } from '../execution/executions.store';
import { rollbackWorkflow } from './generatedDefinitions';
import { findDeployment, findPrevious, findSources, type RollbackSource } from './rollbacks.store';

/** State that a rollback brings back. All absent: the previous image of each service. */
export interface RollbackTarget {
  readonly deploymentId?: string | null;
  readonly time?: Date | null;
}

/** Deployments to bring back, already chosen, and the run whose stage failed. */
export interface ChosenTargets {
  readonly failedRunId: string;
  readonly deployments: readonly RecordedDeployment[];
}

export interface PlannedPlace extends DeploymentPlace {
  readonly service: string;
  readonly now: RecordedDeployment | null;
  /** Newer deployment that is IN_PROGRESS, FAILED or UNKNOWN. */
  readonly unsettled: RecordedDeployment | null;
  readonly to: RecordedDeployment;
}

/** A workflow that a rollback runs again, with the inputs of the attempt that it repeats. */
export interface RollbackStep {
  readonly environmentId: string;
  readonly workflowId: string;
  readonly workflow: string;
  readonly attempt: ExecutionAttempt;
  /** The definition of that attempt, or its rollback tasks alone. */
  readonly definition: WorkflowDefinition;
  readonly hasRollbackTasks: boolean;
  readonly places: readonly PlannedPlace[];
  readonly tasks: readonly string[];
}

/** A plan that can be started, if nothing refuses it. */
export interface StartablePlan {
  readonly places: readonly PlannedPlace[];
  readonly refusals: readonly Refusal[];
  /** Identifies everything that the plan does. */
  readonly token: string;
  /** Differences from the plan of another token, for people. */
  readonly changesSince?: (token: string) => readonly string[];
}

/** Everything that a rollback would do now, and everything that prevents it. */
export interface RollbackPlan extends StartablePlan {
  readonly environment: Environment;
  /** Services that stay as they are, with the reason. */
  readonly kept: readonly { readonly service: string; readonly reason: string }[];
  readonly steps: readonly RollbackStep[];
}

export interface RollbackQuestion {
  readonly environment: Environment;
  /** Names or ids; null: all. */
  readonly services: readonly string[] | null;
  readonly to: RollbackTarget | ChosenTargets;
  readonly overrule: boolean;
}

export async function planRollback(app: App, db: Db, question: RollbackQuestion): Promise<RollbackPlan> {
  const { environment, overrule } = question;
  const known = await services.ofApplications(db, [environment.applicationId]);
  const asked = question.services?.map((named) => {
    const found = known.find(({ id, name }) => id === named || name === named);
    if (found === undefined) throw unknownName('service', named);
    return found;
  });
  const standing = await findStanding(db, 'environmentId', [environment.id]);
  const now = new Map(standing.filter(({ status }) => status === 'SUCCEEDED').map((row) => [row.serviceId, row]));
  const open = new Map(standing.filter(({ status }) => status !== 'SUCCEEDED').map((row) => [row.serviceId, row]));
  const wanted = await findWanted(app, db, question, now, open);
  const only = 'deploymentId' in question.to && question.to.deploymentId != null ? [...wanted.keys()] : null;
  if (only !== null && asked?.some(({ id }) => !only.includes(id))) throw otherService();
  const candidates =
    asked ?? known.filter(({ id }) => (only === null ? now.has(id) || open.has(id) : only.includes(id)));

  const places: PlannedPlace[] = [];
  const kept: { service: string; reason: string }[] = [];
  for (const { id: serviceId, name: service } of candidates) {
    const to = wanted.get(serviceId);
    const [current = null, unsettled = null] = [now.get(serviceId), open.get(serviceId)];
    if (to === undefined) kept.push({ service, reason: 'it has no earlier image to return to' });
    else if (unsettled === null && current?.image === to.image)
      kept.push({ service, reason: `it has ${to.image} already` });
    else places.push({ environmentId: environment.id, serviceId, service, now: current, unsettled, to });
  }
  const { steps, gone } = await findSteps(app, db, places);
  const refusals = [
    ...nothingToDo(places, asked === undefined ? [] : kept),
    ...gone.map(({ refusal }) => refusal),
    ...underWay(new Map([[environment.id, environment.name]]), places, overrule),
  ];
  return { environment, places, kept, steps, refusals, token: tokenOf(environment, places, steps) };
}

const otherService = (): Refusal =>
  invalidInput([
    {
      field: 'services',
      value: null,
      rule: 'OTHER_SERVICE',
      message:
        'services: the deployment in "to" is one of another service. Leave out "services", or name that service only.',
    },
  ]);

/** Deployment to bring back, by service. */
async function findWanted(
  app: App,
  db: Db,
  { environment, to }: RollbackQuestion,
  now: ReadonlyMap<string, RecordedDeployment>,
  open: ReadonlyMap<string, RecordedDeployment>,
): Promise<ReadonlyMap<string, RecordedDeployment>> {
  const byService = (rows: readonly RecordedDeployment[]) => new Map(rows.map((row) => [row.serviceId, row]));
  if ('deployments' in to) return byService(to.deployments);
  if (to.deploymentId != null) {
    const row = isId(to.deploymentId) ? await findDeployment(db, to.deploymentId) : undefined;
    if (row?.environmentId !== environment.id) throw notFound('deployment', to.deploymentId);
    if (row.status === 'SUCCEEDED') return byService([row]);
    const message = `to.deploymentId: the deployment is ${row.status}; only one that SUCCEEDED can be brought back.`;
    throw invalidInput([{ field: 'to.deploymentId', value: row.id, rule: 'NOT_SUCCEEDED', message }]);
  }
  if (to.time != null) {
    const at = pastOrNow(app, to.time);
    const rows = await findStates(db, [{ environmentId: environment.id, at }]);
    return byService(rows.filter(({ status, endedAt }) => status === 'SUCCEEDED' && endedAt !== null && endedAt <= at));
  }
  // After a deployment that did not succeed, the current image of the record is the one to return to.
  const failed = [...now.values()].filter(({ serviceId, image }) => {
    const newer = open.get(serviceId);
    return newer !== undefined && newer.image !== image;
  });
  const others = [...now.values()].filter((row) => !failed.includes(row));
  return byService([...(await findPrevious(db, others)), ...failed]);
}

/** A place to which the image can't return, because a workflow that deployed it was deleted. */
export interface GonePlace {
  readonly place: PlannedPlace;
  readonly refusal: Refusal;
}

interface FoundSteps {
  readonly steps: RollbackStep[];
  readonly gone: GonePlace[];
}

/** Workflow executions that made these deployments, as steps in the order in which they first ran. */
export async function findSteps(app: App, db: Db, places: readonly PlannedPlace[]): Promise<FoundSteps> {
  const sources = await findSources(
    db,
    places.map(({ to }) => to.id),
  );
  const [attempts, executions] = await Promise.all([
    findAttemptsAt(db, sources),
    findExecutions(db, [...new Set(sources.map(({ executionId }) => executionId))]),
  ]);
  const entityIds = [...new Set(executions.map(({ entityId }) => entityId))];
  const [rows, revisions] = await Promise.all([
    workflows.findWithDeleted(db, entityIds),
    app.workflowRevisions.getAll(db, [...new Set(attempts.map(({ revisionId }) => revisionId))]),
  ]);
  const sourceOf = ({ executionId, attempt: number }: RollbackSource) => {
    const attempt = attempts.find((one) => one.executionId === executionId && one.attempt === number);
    const row = rows.find(({ id }) => id === executions.find((one) => one.id === executionId)?.entityId);
    const revision = revisions.find(({ id }) => id === attempt?.revisionId);
    const complete = attempt !== undefined && row !== undefined && row.deletedAt === null && revision !== undefined;
    return { row, found: complete ? { attempt, row, revision } : null };
  };
  const gone = sources.flatMap((source): GonePlace[] => {
    const { row, found } = sourceOf(source);
    const place = places.find(({ to }) => to.id === source.wantedId);
    if (found !== null || place === undefined) return [];
    const what = row === undefined ? 'workflow' : `workflow "${row.name}"`;
    const message = `The ${what} that deployed ${place.to.image} was deleted, so it can’t run again.`;
    const details = { service: place.service, executionId: source.executionId };
    return [{ place, refusal: new Refusal('REVISION_GONE', message, details) }];
  });
  const steps = new Map<string, RollbackStep>();
  for (const source of [...sources].sort((a, b) => a.number - b.number)) {
    const { found } = sourceOf(source);
    const place = places.find(({ to }) => to.id === source.wantedId);
    // A place that several workflows deployed to is brought back by all of them, or not at all.
    if (found === null || place === undefined || gone.some((one) => one.place === place)) continue;
    const { attempt, row, revision } = found;
    const key = `${source.executionId} ${source.attempt}`;
    const own = steps.get(key)?.places ?? [];
    const rollback = rollbackWorkflow(revision.definition);
    const definition = rollback ?? revision.definition;
    const tasks = taskNodes(definition.tasks).map(({ name }) => name);
    const step = { environmentId: place.environmentId, workflowId: row.id, workflow: row.name, attempt };
    steps.set(key, { ...step, definition, tasks, hasRollbackTasks: rollback !== null, places: [...own, place] });
  }
  return { steps: [...steps.values()], gone };
}

/** Named services that can't be rolled back, or no service at all. */
function nothingToDo(places: readonly PlannedPlace[], named: RollbackPlan['kept']): Refusal[] {
  const [first] = named;
  if (first !== undefined) {
    const message = `${first.service} can’t be rolled back: ${first.reason}.`;
    return [new Refusal('NOTHING_TO_ROLL_BACK', message, { services: named.map(({ service }) => service) })];
  }
  if (places.length > 0) return [];
  return [new Refusal('NOTHING_TO_ROLL_BACK', 'The environment has no service that can return to another image.')];
}

/** Deployments that are still in progress: the rollback would undo what nobody has seen yet. */
export function underWay(
  environmentNames: ReadonlyMap<string, string>,
  places: readonly PlannedPlace[],
  overrule: boolean,
): Refusal[] {
  const conflicts = places.flatMap(({ environmentId, service, unsettled, to }) => {
    if (unsettled?.status !== 'IN_PROGRESS') return [];
    const environment = environmentNames.get(environmentId) ?? environmentId;
    return [{ environment, service, deployed: unsettled.image, runId: unsettled.runId, image: to.image }];
  });
  if (conflicts.length === 0 || overrule) return [];
  const message = `A deployment is in progress: ${inWords(conflicts)}. Wait for its end or abort its run, or send overrule: true to roll back anyway.`;
  return [new Refusal('ENVIRONMENT_MOVED_ON', message, { conflicts })];
}

function tokenOf({ id }: Environment, places: readonly PlannedPlace[], steps: readonly RollbackStep[]): string {
  const meaning = [
    id,
    places.map(({ serviceId, now, unsettled, to }) => [serviceId, now?.id, unsettled?.id, unsettled?.status, to.id]),
    steps.map(({ workflowId, attempt }) => [workflowId, attempt.executionId, attempt.attempt]),
  ];
  return createHash('sha256').update(JSON.stringify(meaning)).digest('base64url');
}
