import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { Context } from '../graphql/context';
import type { Execution } from '../../engine/execution';
import { ExecutionInterface } from './executions.types';
import { ExecutionPause, PauseExecutionInput, PauseExecutionPayload } from './pause.types';
import { continueExecution, pauseExecution } from '../../runs/commands/pauseExecution';

@Resolver(() => ExecutionInterface)
export class PauseResolver {
  @Mutation(() => PauseExecutionPayload, {
    description:
      'Holds an execution that is QUEUED or RUNNING: it is PAUSED, with its members; none of its tasks starts any more, what runs is finished. Decisions on what waits are taken, and begin nothing. Its time goes on: at ' +
      '`expiresAt` it is EXPIRED. What fails, succeeds or is aborted with nothing left to start ends, paused or not. Pausing again changes nothing. Errors: NOT_FOUND, NOT_PAUSABLE, CONFLICT, IDEMPOTENCY_CONFLICT, INVALID_INPUT.',
  })
  async pauseExecution(
    @Arg('input', () => PauseExecutionInput, { description: 'Execution to pause.' }) input: PauseExecutionInput,
    @Ctx() { app, actor }: Context,
  ) {
    const execution = await pauseExecution(app, actor, input);
    return { clientMutationId: input.clientMutationId ?? null, execution };
  }

  @Mutation(() => PauseExecutionPayload, {
    description:
      'Lets an execution go on that a person has paused. One that is QUEUED or RUNNING is left as it is. Errors: NOT_FOUND, NOT_PAUSABLE (it has ended, or waits for something else), CONFLICT, IDEMPOTENCY_CONFLICT, INVALID_INPUT.',
  })
  async continueExecution(
    @Arg('input', () => PauseExecutionInput, { description: 'Execution to continue.' }) input: PauseExecutionInput,
    @Ctx() { app, actor }: Context,
  ) {
    const execution = await continueExecution(app, actor, input);
    return { clientMutationId: input.clientMutationId ?? null, execution };
  }

  @FieldResolver(() => ExecutionPause, {
    nullable: true,
    description:
      'User or key that paused the execution, and when. Null if nobody did. Runtime inputs that a stage asks for don’t ' +
      'count as a pause.',
  })
  pause(@Root() { pause }: Execution) {
    return pause;
  }
}
