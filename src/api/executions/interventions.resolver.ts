import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { Context } from '../graphql/context';
import { interveneExecution } from '../../runs/commands/interveneExecution';
import {
  InterveneExecutionInput,
  InterveneExecutionPayload,
  RetryTaskInput,
  RetryTaskPayload,
} from './interventions.types';
import { retryTask } from '../../runs/commands/retryTask';

@Resolver()
export class InterventionsResolver {
  @Mutation(() => InterveneExecutionPayload, {
    description:
      'Decides about a failure that waits for a person (`failure_strategy: wait`): of a task, or of an element of a stage. Of many at once exactly one is taken. Needs what starting the workflow, or that stage, would. Errors: NOT_FOUND, ' +
      'STAGE_NOT_FOUND, CONFLICT (somebody was faster), NOT_WAITING, IDEMPOTENCY_CONFLICT, INVALID_INPUT.',
  })
  async interveneExecution(
    @Arg('input', () => InterveneExecutionInput, { description: 'Task or element that waits, and the decision.' })
    input: InterveneExecutionInput,
    @Ctx() { app, actor }: Context,
  ) {
    const execution = await interveneExecution(app, actor, input);
    return { clientMutationId: input.clientMutationId ?? null, execution };
  }

  @Mutation(() => RetryTaskPayload, {
    description:
      'Gives a task that has failed a further try while its workflow still runs: the failure is taken back, and what was skipped because of it waits for its turn again. Only for the one failure of a workflow. A failure handler that ' +
      'has run for the task does not run again. Errors: NOT_FOUND, NOT_RETRYABLE (resume the execution once it has ended), CONFLICT, IDEMPOTENCY_CONFLICT, INVALID_INPUT.',
  })
  async retryTask(
    @Arg('input', () => RetryTaskInput, { description: 'Task to retry.' }) input: RetryTaskInput,
    @Ctx() { app, actor }: Context,
  ) {
    const taskExecution = await retryTask(app, actor, input);
    return { clientMutationId: input.clientMutationId ?? null, taskExecution };
  }
}
