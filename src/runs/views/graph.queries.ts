import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { findDetachedTasks, findFinallyTasks } from '../execution/detachedTasks.store';
import type { AttemptRef } from '../../engine/execution';
import type { ExecutionStatus } from '../../contract/statuses';
import { readExecution } from '../execution/executions.queries';
import { findAttemptsAt } from '../execution/executions.store';
import { findShownStages } from '../execution/stages.store';
import { findShownTasks } from '../execution/tasks.store';
import { readPart } from '../../catalog/parts.queries';
import { pipelines } from '../../catalog/pipelines/pipelines';
import { invalidInput, notFound } from '../../kernel/errors';
import { baseName } from '../../catalog/language/matrix';
import { workflows } from '../../catalog/workflows/workflows';
import { type NodeStates, pipelineGraph, type WorkflowGraph, workflowGraph } from './workflowGraph';

export interface GraphQuestion {
  readonly workflowId?: string | null;
  readonly pipelineId?: string | null;
  readonly executionId?: string | null;
  /** Attempt of the execution; the newest unless given. */
  readonly attempt?: number | null;
  readonly expanded: boolean;
  readonly boxes: boolean;
}

/** Graph of a current definition, or of an execution with the statuses of its parts, for callers who may see it. */
export async function readGraph(app: App, actor: Actor, question: GraphQuestion): Promise<WorkflowGraph> {
  const { workflowId, pipelineId, executionId, attempt = null, expanded, boxes } = question;
  const db = app.database;
  if ([workflowId, pipelineId, executionId].filter((id) => id != null).length !== 1) {
    const message = 'Give exactly one of workflowId, pipelineId and executionId.';
    throw invalidInput([{ field: 'workflowId', value: workflowId ?? null, rule: 'ONE_OF', message }]);
  }
  if (attempt !== null && executionId == null) {
    const message = 'attempt can be given with executionId only: definitions have no attempts.';
    throw invalidInput([{ field: 'attempt', value: attempt, rule: 'EXECUTION_ONLY', message }]);
  }
  if (workflowId != null) {
    const workflow = await readPart(app, actor, workflows, workflowId);
    const { definition } = await app.workflowRevisions.get(db, workflow.currentRevisionId);
    return workflowGraph(definition, { expanded, boxes, states: null });
  }
  if (pipelineId != null) {
    const pipeline = await readPart(app, actor, pipelines, pipelineId);
    return pipelineGraph((await app.pipelineRevisions.get(db, pipeline.currentRevisionId)).definition, null);
  }
  const execution = await readExecution(app, actor, executionId ?? '');
  const shown = { executionId: execution.id, attempt };
  const [asked] = await findAttemptsAt(db, [shown]);
  if (asked === undefined) throw notFound('attempt', `${attempt} of execution ${execution.id}`);
  if (execution.kind === 'PIPELINE') {
    const { definition } = await app.pipelineRevisions.get(db, asked.revisionId);
    const stages = await findShownStages(db, [shown]);
    return pipelineGraph(definition, new Map(stages.map(({ stepName, status }) => [stepName, [status]])));
  }
  const { definition } = await app.workflowRevisions.get(db, asked.revisionId);
  return workflowGraph(definition, { expanded, boxes, states: await statesOf(app, shown) });
}

async function statesOf({ database }: App, shown: AttemptRef): Promise<NodeStates> {
  const { executionId, attempt } = shown;
  const states = new Map<string, ExecutionStatus[]>();
  const add = (name: string, status: ExecutionStatus) => states.set(name, [...(states.get(name) ?? []), status]);
  for (const task of await findShownTasks(database, [shown])) add(task.name, task.status);
  for (const task of await findFinallyTasks(database, [shown])) add(task.name, task.status);
  for (const type of ['forensic', 'restore'] as const) {
    for (const task of await findDetachedTasks(database, [executionId], type)) {
      if (attempt == null || task.attempt === attempt) add(baseName(task.name), task.status);
    }
  }
  return states;
}
