import { createHash } from 'node:crypto';
import { actorRef } from '../../access/actor';
import { applications } from '../../catalog/applications/applications';
import { findArtifactsOfTasks } from '../artifacts/artifacts.store';
import { canonicalJson } from '../../kernel/canonicalJson';
import type { Deployment } from '../../catalog/environments/deployment';
import type { Execution, StageExecution, TaskExecution } from '../../engine/execution';
import { findExecutions } from '../execution/executions.store';
import { findVariables } from '../execution/executionVariables.store';
import type { RunTransaction } from '../execution/runTransaction';
import { newId } from '../../kernel/ids';
import { pipelines } from '../../catalog/pipelines/pipelines';
import type { ExtendedRun } from '../../engine/extension';
import type { RestoreContent, RestorePoint, StoredDefinition } from './restore';
import { findDeployed, findNewestDeployments, insertRestorePoint } from './restores.store';

/** Keeps all that a run is at this moment; the caller holds its lock. */
export async function makeRestorePoint(
  db: RunTransaction,
  run: ExtendedRun & { readonly tasks: readonly TaskExecution[] },
): Promise<RestorePoint> {
  const { execution, stages, tasks } = run;
  const members = await findExecutions(
    db,
    stages.flatMap((stage) => stage.workflowExecutionId ?? []),
  );
  const memberIds = members.map((member) => member.id);
  const [application] = await applications.findWithDeleted(db, [execution.applicationId]);
  const content = asStored({
    format: 1 as const,
    application: application?.name ?? execution.applicationId,
    run: execution,
    members: [...members].sort((a, b) => (a.id < b.id ? -1 : 1)),
    stages,
    tasks,
    variables: await findVariables(db, [execution.id, ...memberIds]),
    artifacts: await findArtifactsOfTasks(
      db,
      tasks.map((task) => task.id),
    ),
    deployments: await findPlaces(db, execution, stages),
    ...(await definitionsOf(db, execution, stages)),
    environments: namesOf(run.catalogue.environments),
    services: namesOf(run.catalogue.services),
  });
  const point: RestorePoint = {
    id: newId(),
    runId: execution.id,
    attempt: execution.attempt,
    createdAt: db.now,
    createdBy: actorRef(db.actor),
    content,
    checksum: checksumOf(content),
  };
  await insertRestorePoint(db, point);
  return point;
}

export const checksumOf = (content: unknown): string =>
  createHash('sha256').update(canonicalJson(content)).digest('hex');

/** As it comes back from the database: the checksum is over nothing else. */
const asStored = (content: object): RestoreContent => JSON.parse(JSON.stringify(content)) as RestoreContent;

const namesOf = (things: readonly { readonly id: string; readonly name: string }[]): Record<string, string> =>
  Object.fromEntries(things.map(({ id, name }) => [id, name]));

async function definitionsOf(db: RunTransaction, execution: Execution, stages: readonly StageExecution[]) {
  const pipeline = await db.app.pipelineRevisions.get(db, execution.revisionId);
  const names = new Map<string, string>();
  for (const { stageIndex, elementIndex, workflowRevisionId } of stages) {
    const element = pipeline.definition.stages[stageIndex]?.elements[elementIndex];
    if (element?.type === 'WORKFLOW' && workflowRevisionId !== null) names.set(workflowRevisionId, element.workflow);
  }
  const workflows = await db.app.workflowRevisions.getAll(db, [...names.keys()]);
  const stored = <D>(
    name: string,
    { id, contentHash, definition }: { id: string; contentHash: string; definition: D },
  ): StoredDefinition<D> => ({
    name,
    revisionId: id,
    contentHash,
    definition,
  });
  const [entity] = await pipelines.findWithDeleted(db, [execution.entityId]);
  return {
    pipeline: stored(entity?.name ?? execution.entityId, pipeline),
    workflows: workflows.map((revision) => stored(names.get(revision.id) ?? revision.id, revision)),
  };
}

/** What the run had deployed last, and where it had deployed nothing, what is there: one row for each environment and service. */
async function findPlaces(
  db: RunTransaction,
  run: Execution,
  stages: readonly StageExecution[],
): Promise<Deployment[]> {
  const own = await findNewestDeployments(db, run.id);
  const deployed = await findDeployed(
    db,
    stages.flatMap((stage) => stage.environmentId ?? []),
  );
  const isOwn = new Set(own.map((one) => `${one.environmentId} ${one.serviceId}`));
  const others = deployed.filter(
    (one) => run.images[one.serviceId] !== undefined && !isOwn.has(`${one.environmentId} ${one.serviceId}`),
  );
  return [...own, ...others];
}
