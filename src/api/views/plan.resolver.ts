import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import { StartExecutionInput } from '../executions/executions.inputs';
import type { Context } from '../graphql/context';
import { planExecution } from '../../runs/views/executionPlan';
import { ExecutionPlan } from './plan.types';

@Resolver()
export class PlanResolver {
  @Query(() => ExecutionPlan, {
    nullable: true,
    description:
      'Plan of `startExecution` with this input: levels, tasks, conditions as far as they can be decided, ' +
      'environments, agents that could run the tasks, and every problem with inputs, permissions, secrets and agents. ' +
      'Needs the permission to see the pipeline or workflow, not to start it. Writes nothing. Checks `notes` and ' +
      '`idempotencyKey`, and otherwise ignores them. Errors: NOT_FOUND.',
  })
  executionPlan(
    @Arg('input', () => StartExecutionInput, { description: 'Input for `startExecution`.' })
    input: StartExecutionInput,
    @Ctx() { app, actor }: Context,
  ) {
    return planExecution(app, actor, input);
  }
}
