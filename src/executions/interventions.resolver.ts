import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { Context } from '../graphql/context';
import { interveneExecution } from './interveneExecution';
import { InterveneExecutionInput, InterveneExecutionPayload } from './interventions.types';

@Resolver()
export class InterventionsResolver {
  @Mutation(() => InterveneExecutionPayload, {
    description:
      'Decides about a failure that waits for a person (`failure_strategy: wait`): of a task, or of an element of a stage. Of many at once exactly one is taken. Needs what starting the workflow, or that stage, would. Errors: NOT_FOUND, ' +
      'STAGE_NOT_FOUND, CONFLICT (somebody was faster), NOT_WAITING, INVALID_INPUT.',
  })
  async interveneExecution(
    @Arg('input', () => InterveneExecutionInput, { description: 'What waits, and the decision.' })
    input: InterveneExecutionInput,
    @Ctx() { app, actor }: Context,
  ) {
    const execution = await interveneExecution(app, actor, input);
    return { clientMutationId: input.clientMutationId ?? null, execution };
  }
}
