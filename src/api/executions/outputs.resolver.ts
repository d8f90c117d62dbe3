import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { Execution, StageExecution } from '../../engine/execution';
import { outputsOf } from '../../engine/workflowOutputs';
import { attemptKey, variablesOfAttempt } from '../../runs/execution/executions.loaders';
import type { Context } from '../graphql/context';
import { WorkflowExecution, WorkflowStageExecution } from './executions.types';
import { WorkflowOutput } from './outputs.types';

@Resolver(() => WorkflowExecution)
export class WorkflowOutputsResolver {
  @FieldResolver(() => [WorkflowOutput], { description: 'Outputs that the workflow declares, by name.' })
  outputs(@Root() execution: Execution, @Ctx() context: Context): Promise<WorkflowOutput[]> {
    return readOutputs(context, execution.revisionId, execution.variables, execution.id, execution.attempt);
  }
}

@Resolver(() => WorkflowStageExecution)
export class StageOutputsResolver {
  @FieldResolver(() => [WorkflowOutput], {
    description: 'Outputs that its workflow declares, by name. Empty until the stage is reached.',
  })
  async outputs(@Root() stage: StageExecution, @Ctx() context: Context): Promise<WorkflowOutput[]> {
    const { workflowExecutionId, workflowAttempt, workflowRevisionId, variables } = stage;
    if (workflowExecutionId === null || workflowRevisionId === null || workflowAttempt === null) return [];
    return readOutputs(context, workflowRevisionId, variables, workflowExecutionId, workflowAttempt);
  }
}

async function readOutputs(
  { app, loaders }: Context,
  revisionId: string,
  given: Readonly<Record<string, string>>,
  executionId: string,
  attempt: number,
): Promise<WorkflowOutput[]> {
  const { definition } = await app.workflowRevisions.get(app.database, revisionId);
  const names = Object.keys(definition.outputs).sort();
  if (names.length === 0) return [];
  const set = (await loaders.load(variablesOfAttempt, attemptKey({ executionId, attempt }))) ?? [];
  const values = outputsOf(definition, given, new Map(set.map(({ name, value }) => [name, value])));
  return names.map((name) => ({ name, value: values.get(name) ?? null }));
}
