import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import { StartExecutionInput } from '../executions/executions.inputs';
import type { Context } from '../graphql/context';
import { planExecution } from '../../runs/views/executionPlan';
import { ExecutionPlan } from './plan.types';

@Resolver()
export class PlanResolver {
  @Query(() => ExecutionPlan, {
    description:
      'What `startExecution` would do with this input: levels, tasks, conditions as far as they can be decided, agents that could run them, environments; and ' +
      'all that stands against it: inputs, permissions, secrets, agents. It needs the right to see the pipeline or workflow, not to start it, and writes nothing. ' +
      '`notes` and `idempotencyKey` are checked and otherwise ignored. Errors: NOT_FOUND.',
  })
  executionPlan(
    @Arg('input', () => StartExecutionInput, { description: 'As it would be given to `startExecution`.' })
    input: StartExecutionInput,
    @Ctx() { app, actor }: Context,
  ) {
    return planExecution(app, actor, input);
  }
}
