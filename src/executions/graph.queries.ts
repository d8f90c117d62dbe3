import type { Actor } from '../access/actor';
import type { App } from '../app';
import { invalidInput } from '../refusal';
import { baseName } from '../workflows/taskGraph';
import { readWorkflow } from '../workflows/workflows.queries';
import { findBesideTasks } from './besideTasks.store';
import type { ExecutionStatus } from './execution';
import { readExecution } from './executions.queries';
import { findCurrentTasks } from './tasks.store';
import { type NodeStates, type WorkflowGraph, workflowGraph } from './workflowGraph';

export interface GraphQuestion {
  readonly workflowId?: string | null;
  readonly executionId?: string | null;
  readonly expanded: boolean;
}

/** The graph of a workflow's current definition, or of an execution with how its tasks stand, for whoever may see it. */
export async function readGraph(app: App, actor: Actor, question: GraphQuestion): Promise<WorkflowGraph> {
  const { workflowId, executionId, expanded } = question;
  if ((workflowId == null) === (executionId == null)) {
    const message = 'Give either workflowId or executionId.';
    throw invalidInput([{ field: 'workflowId', value: workflowId ?? null, rule: 'ONE_OF', message }]);
  }
  if (executionId != null) {
    const execution = await readExecution(app, actor, executionId);
    if (execution.kind !== 'WORKFLOW') {
      const message = `${executionId} is an execution of a pipeline; give that of one of its workflows.`;
      throw invalidInput([{ field: 'executionId', value: executionId, rule: 'WORKFLOW_ONLY', message }]);
    }
    const { definition } = await app.workflowRevisions.get(app.database, execution.revisionId);
    return workflowGraph(definition, { expanded, states: await statesOf(app, executionId) });
  }
  const workflow = await readWorkflow(app, actor, workflowId ?? '');
  const { definition } = await app.workflowRevisions.get(app.database, workflow.currentRevisionId);
  return workflowGraph(definition, { expanded, states: null });
}

async function statesOf({ database }: App, executionId: string): Promise<NodeStates> {
  const states = new Map<string, ExecutionStatus[]>();
  const add = (name: string, status: ExecutionStatus) => states.set(name, [...(states.get(name) ?? []), status]);
  for (const task of await findCurrentTasks(database, [executionId])) add(task.name, task.status);
  for (const type of ['forensic', 'restore'] as const) {
    for (const task of await findBesideTasks(database, [executionId], type)) add(baseName(task.name), task.status);
  }
  return states;
}
