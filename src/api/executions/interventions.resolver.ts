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
      'Decides about a failure that waits for a person (`failure_strategy: wait`), of a task or of a stage element. Of ' +
      'several concurrent decisions exactly one is accepted. Requires the permission to start the workflow, or that ' +
      'stage. Errors: NOT_FOUND, FORBIDDEN, STAGE_NOT_FOUND, CONFLICT (somebody else decided first), NOT_WAITING, ENVIRONMENT_MOVED_ON and ENVIRONMENT_FROZEN (RETRY only), IDEMPOTENCY_CONFLICT, ' +
      'INVALID_INPUT.',
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
      'Retries a failed task while its workflow is still running. Takes back the failure; tasks that were skipped ' +
      'because of it wait for their turn again. Works only for the single failure of a workflow. Never runs a failure ' +
      'handler a second time for the task. Errors: NOT_FOUND, FORBIDDEN, NOT_RETRYABLE (resume the execution once it has ended), ENVIRONMENT_MOVED_ON, ENVIRONMENT_FROZEN, ' +
      'CONFLICT (somebody else decided first), IDEMPOTENCY_CONFLICT, INVALID_INPUT.',
  })
  async retryTask(
    @Arg('input', () => RetryTaskInput, { description: 'Task to retry.' }) input: RetryTaskInput,
    @Ctx() { app, actor }: Context,
  ) {
    const taskExecution = await retryTask(app, actor, input);
    return { clientMutationId: input.clientMutationId ?? null, taskExecution };
  }
}
