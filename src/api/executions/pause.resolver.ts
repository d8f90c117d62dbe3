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
      'Pauses an execution that is QUEUED or RUNNING, together with its members. Running tasks finish; no new task ' +
      'starts. Decisions and answers are accepted but start nothing. The time limit still applies: the execution ' +
      'becomes EXPIRED at `expiresAt`. An execution with nothing left to start ends even while it is paused. Pausing ' +
      'again changes nothing. Errors: NOT_FOUND, NOT_PAUSABLE, CONFLICT, IDEMPOTENCY_CONFLICT, INVALID_INPUT.',
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
      'Continues an execution that a person paused. Changes nothing if it is QUEUED or RUNNING. Errors: NOT_FOUND, ' +
      'NOT_PAUSABLE (it has ended, or waits for something else), CONFLICT, IDEMPOTENCY_CONFLICT, INVALID_INPUT.',
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
      'Current pause: the user or key that paused the execution, and when. Null if no person paused it. Waiting for runtime inputs does not count as a pause.',
  })
  pause(@Root() { pause }: Execution) {
    return pause;
  }
}
