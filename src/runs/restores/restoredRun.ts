import { applications } from '../../catalog/applications/applications';
import { environments } from '../../catalog/environments/environments';
import type { PipelineDefinition } from '../../catalog/language/pipeline';
import type { WorkflowDefinition } from '../../catalog/language/workflow';
import { pipelines } from '../../catalog/pipelines/pipelines';
import { services } from '../../catalog/services/services';
import type { Execution, ExecutionAttempt, ExecutionVariable, StageExecution } from '../../engine/execution';
import type { Db } from '../../kernel/database/database';
import type { App } from '../app';
import { findAttemptsAt } from '../execution/executions.store';
import { findShownVariables } from '../execution/executionVariables.store';
import { findShownStages } from '../execution/stages.store';
import type { RestorePoint } from './restore';

/** A run at its restore point: the attempt, with everything that it shows. */
export interface RestoredRun {
  readonly run: Execution;
  readonly attempt: ExecutionAttempt;
  readonly stages: readonly StageExecution[];
  /** Workflow execution → its attempt that the restored one shows. */
  readonly members: ReadonlyMap<string, ExecutionAttempt>;
  /** Values that the tasks of these attempts have set. */
  readonly variables: readonly ExecutionVariable[];
  readonly application: string;
  readonly pipeline: { readonly name: string; readonly definition: PipelineDefinition };
  /** Revision → workflow, under the name that the pipeline gives it. */
  readonly workflows: ReadonlyMap<string, { readonly name: string; readonly definition: WorkflowDefinition }>;
  /** Id → name, of environments that the run targets, and of services that it deploys. */
  readonly environments: Readonly<Record<string, string>>;
  readonly services: Readonly<Record<string, string>>;
}

export async function readRestoredRun(app: App, db: Db, run: Execution, point: RestorePoint): Promise<RestoredRun> {
  const asked = { executionId: run.id, attempt: point.attempt };
  const [attempt] = await findAttemptsAt(db, [asked]);
  if (attempt === undefined) throw new Error(`run ${run.id} has no attempt ${point.attempt}`);
  const stages = await findShownStages(db, [asked]);
  const refs = stages.flatMap(({ workflowExecutionId: executionId, workflowAttempt }) =>
    executionId === null ? [] : [{ executionId, attempt: workflowAttempt }],
  );
  const members = new Map((await findAttemptsAt(db, refs)).map((one) => [one.executionId, one]));
  const { definition } = await app.pipelineRevisions.get(db, attempt.revisionId);
  const names = new Map<string, string>();
  for (const { stageIndex, elementIndex, workflowRevisionId } of stages) {
    const element = definition.stages[stageIndex]?.elements[elementIndex];
    if (element?.type === 'WORKFLOW' && workflowRevisionId !== null) names.set(workflowRevisionId, element.workflow);
  }
  const revisions = await app.workflowRevisions.getAll(db, [...names.keys()]);
  const [application] = await applications.findWithDeleted(db, [run.applicationId]);
  const [pipeline] = await pipelines.findWithDeleted(db, [run.entityId]);
  const aims = stages.flatMap((stage) => stage.environmentId ?? []);
  const images = [run, attempt, ...stages].flatMap((one) => Object.keys(one.images));
  return {
    ...{ run, attempt, stages, members },
    variables: await findShownVariables(db, refs),
    application: application?.name ?? run.applicationId,
    pipeline: { name: pipeline?.name ?? run.entityId, definition },
    workflows: new Map(revisions.map(({ id, definition }) => [id, { name: names.get(id) ?? id, definition }])),
    environments: namesOf(await environments.findWithDeleted(db, [...new Set(aims)])),
    services: namesOf(await services.findWithDeleted(db, [...new Set(images)])),
  };
}

const namesOf = (things: readonly { readonly id: string; readonly name: string }[]): Record<string, string> =>
  Object.fromEntries(things.map(({ id, name }) => [id, name]));
