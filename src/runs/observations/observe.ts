import { actorRef, systemActor } from '../../access/actor';
import { observingTask } from '../../catalog/language/taskShape';
import type { WorkflowDefinition } from '../../catalog/language/workflow';
import { environments } from '../../catalog/environments/environments';
import { services } from '../../catalog/services/services';
import { workflows } from '../../catalog/workflows/workflows';
import { compareObserved, type ObservedService, type Observer, readReport } from '../../engine/observation';
import { resolveVariables } from '../../engine/resolveVariables';
import { startWorkflow } from '../../engine/startWorkflow';
import { violatedConstraint } from '../../kernel/database/database';
import { insertRows } from '../../kernel/database/table';
import { newId } from '../../kernel/ids';
import type { App } from '../app';
import { ensureRequirementClasses, startRun } from '../commands/startRun';
import { findStanding } from '../deployments/deployments.store';
import { inRuns } from '../execution/inRuns';
import { generated } from '../rollbacks/generatedDefinitions';
import { findDeploymentsById } from '../rollbacks/rollbacks.store';
import {
  deleteObservations,
  type EndedObservation,
  endObservation,
  findDueObservers,
  findEndedObservations,
  findObserved,
  findOldObservations,
  hasDeployedSince,
  isDeploying,
  noteOutcome,
  setObserverRevision,
  syncObservers,
  takeTick,
  writeObserved,
} from './observations.store';

const BATCH = 50;
/** Time in which an agent has to take the task. */
const AGENT_WAIT_SECONDS = 300;
/** Runs that are kept of each observer. */
export const KEPT_OBSERVATIONS = 20;

/**
 * Evaluates observations that have ended, and begins those that are due. Any server may do it, also after a crash: a
 * tick is taken in the transaction that starts its run, and a result is written in the one that ends the observation.
 */
export async function moveObservations(app: App): Promise<void> {
  const { database: db, clock } = app;
  await syncObservers(db, clock.now());
  for (const ended of await findEndedObservations(db, BATCH)) await evaluate(app, ended);
  for (const observer of await findDueObservers(db, clock.now(), BATCH)) await begin(app, observer);
}

/** The task of `observe` as a workflow that deploys nothing, so that it needs no slot and no freeze holds it back. */
function observingWorkflow(definition: WorkflowDefinition): WorkflowDefinition | null {
  const { observe } = definition;
  if (observe === null) return null;
  return {
    ...definition,
    ...{ observe: null, services: [], concurrency: null, outputs: {}, onFailure: null },
    variables: definition.variables.map((one) => ({ ...one, required: false })),
    timeoutSeconds: observe.timeoutSeconds + AGENT_WAIT_SECONDS,
    tasks: { observe: observingTask(observe) },
  };
}

/** Thrown to leave a transaction that has nothing to do. */
class NotNow extends Error {}

async function begin(app: App, observer: Observer): Promise<void> {
  const { environmentId, workflowId, sourceRevisionId } = observer;
  if (await isDeploying(app.database, environmentId)) return skip(app, observer);
  const [[environment], [workflow], source] = await Promise.all([
    environments.findWithDeleted(app.database, [environmentId]),
    workflows.findWithDeleted(app.database, [workflowId]),
    app.workflowRevisions.get(app.database, sourceRevisionId),
  ]);
  const definition = observingWorkflow(source.definition);
  if (environment === undefined || workflow === undefined || definition === null) return;
  const { applicationId } = environment;
  const { name } = workflow;
  const made = observer.revisionId === null ? generated(applicationId, name, definition, app.clock.now()) : null;
  const { values: variables } = resolveVariables(definition.variables, new Map(), (one) => one);
  await ensureRequirementClasses(app, [definition]);
  const id = newId();
  const start = {
    ...{ id, runId: id, parentStageExecutionId: null, applicationId, entityId: workflowId, environmentId, variables },
    ...{ revisionId: made?.revision.id ?? observer.revisionId ?? '', images: {}, notes: null, name },
    ...{ cause: observer.requestedBy ?? actorRef(systemActor), maxParallel: null, mode: null },
  };
  try {
    await startRun(app, systemActor, {
      ...{ id, applicationId, request: null, used: undefined },
      first: async (db) => {
        if (!(await takeTick(db, observer, db.now))) throw new NotNow();
        if (made === null) return;
        await insertRows(db, workflows.schema, [made.row]);
        await workflows.revisions.insert(db, [made.revision]);
        await setObserverRevision(db, observer, made.revision.id);
      },
      decide: (run) => {
        const row = { executionId: id, environmentId, workflowId, startedAt: run.now, endedAt: null };
        run.changes.observations.push(row);
        startWorkflow(run, start);
        return run.execution(id);
      },
    });
  } catch (error) {
    // Another server has begun one.
    if (!(error instanceof NotNow) && violatedConstraint(error) !== 'observation_open') throw error;
  }
}

async function skip(app: App, observer: Observer): Promise<void> {
  const now = app.clock.now();
  await app.database.transaction(async (db) => {
    if (await takeTick(db, observer, now)) await noteOutcome(db, observer, 'SKIPPED', DEPLOYING, null, now);
  });
}

const DEPLOYING = 'a deployment to the environment was in progress';

/** Reason why an observation has no result; null if it has one. */
function failureOf({ status, begun, failureDetails, report }: EndedObservation): string | null {
  if (status !== 'SUCCESS' && !begun) return 'no agent took its task in time';
  if (status !== 'SUCCESS') return `its run ended ${status}${failureDetails === null ? '' : `: ${failureDetails}`}`;
  if (report === null) return 'its task wrote nothing to the file $SLIPWAY_OUTPUTS/OBSERVED';
  const { bad } = readReport(report);
  return bad === null ? null : `"${bad.slice(0, 100)}" in its report is not a line SERVICE=IMAGE`;
}

/** Compares an observation that has ended with the record, and writes what changed. */
async function evaluate(app: App, ended: EndedObservation): Promise<void> {
  const { executionId, environmentId, startedAt } = ended;
  const failure = failureOf(ended);
  const skipped = failure === null && (await hasDeployedSince(app.database, environmentId, startedAt));
  const compared = failure === null && !skipped ? await compare(app, ended) : [];
  const changes = compared.flatMap((one) => one.changes.map((change) => ({ ...change, after: one.after })));
  const deployments = await findDeploymentsById(app.database, [...new Set(changes.map((one) => one.deploymentId))]);
  const runIds = [...new Set(deployments.map(({ runId }) => runId))];
  await inRuns(app, runIds, systemActor, async (db) => {
    if (!(await endObservation(db, executionId, db.now))) return;
    const outcome = skipped ? 'SKIPPED' : failure === null ? 'SUCCEEDED' : 'FAILED';
    await noteOutcome(db, ended, outcome, skipped ? DEPLOYING : failure, executionId, db.now);
    await writeObserved(
      db,
      compared.map(({ after }) => ({ ...after, observedAt: db.now })),
    );
    for (const { type, deploymentId, observed, after } of changes) {
      const deployment = deployments.find(({ id }) => id === deploymentId);
      if (deployment === undefined) continue;
      const { runId, image } = deployment;
      const { serviceId } = after;
      const data = { deploymentId, environmentId, serviceId, image, observed, observationId: executionId };
      db.event({ runId, executionId: runId }, type, data);
    }
  });
  const old = await findOldObservations(app.database, ended, KEPT_OBSERVATIONS);
  if (old.length === 0) return;
  const ids = old.map((one) => one.executionId);
  await app.database.transaction((db) => deleteObservations(db, ids));
}

async function compare(app: App, { environmentId, workflowId, executionId, startedAt, report }: EndedObservation) {
  const [standing, before, [workflow], [environment]] = await Promise.all([
    findStanding(app.database, 'environmentId', [environmentId]),
    findObserved(app.database, [environmentId]),
    workflows.findWithDeleted(app.database, [workflowId]),
    environments.findWithDeleted(app.database, [environmentId]),
  ]);
  if (workflow === undefined || environment === undefined) return [];
  const { definition } = await app.workflowRevisions.get(app.database, workflow.currentRevisionId);
  const known = await services.ofApplications(app.database, [environment.applicationId]);
  const { images } = readReport(report ?? '');
  return known
    .filter(({ name }) => definition.services.includes(name) && images.has(name))
    .map(({ id: serviceId, name }) => {
      const image = images.get(name) ?? null;
      const observed = { environmentId, serviceId, image, executionId, observedAt: startedAt };
      const last: ObservedService | undefined = before.find((one) => one.serviceId === serviceId);
      const record = standing.find((one) => one.serviceId === serviceId && one.status === 'SUCCEEDED');
      return compareObserved(observed, last, record);
    });
}
