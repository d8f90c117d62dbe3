import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import { readApplication } from '../../catalog/applications/applications.queries';
import type { Environment as EnvironmentRow } from '../../catalog/environments/environments';
import { moveSlotWaiter, withdrawSlotWaiter } from '../../runs/commands/slotWaiters';
import { executionById, stageWith } from '../../runs/execution/executions.loaders';
import { readGroup, slotOfEnvironment } from '../../runs/slots/slots.queries';
import { Environment } from '../environments/environments.types';
import { stageRows } from '../executions/executionRows';
import { ExecutionInterface, PipelineStageExecution } from '../executions/executions.types';
import type { Context } from '../graphql/context';
import {
  ConcurrencyGroup,
  ConcurrencyMembers,
  EnvironmentConcurrency,
  EnvironmentSlot,
  MoveSlotWaiterInput,
  SlotMember,
  SlotWaiterPayload,
  WithdrawSlotWaiterInput,
} from './slots.types';

interface Placed {
  readonly executionId: string;
  readonly stageExecutionId: string | null;
}

@Resolver(() => SlotMember)
export class SlotMemberResolver {
  @FieldResolver(() => ExecutionInterface, {
    nullable: true,
    description: 'Run or standalone workflow execution. Null if the caller may not see it.',
  })
  async execution(@Root() { executionId }: Placed, @Ctx() { loaders, actor }: Context) {
    return visible(actor.access, loaders, 'Execution', await loaders.load(executionById, executionId));
  }

  @FieldResolver(() => PipelineStageExecution, {
    nullable: true,
    description: 'Element of the run. Null for a standalone workflow, a run or a restore.',
  })
  async stageExecution(@Root() placed: Placed, @Ctx() context: Context) {
    return placed.stageExecutionId === null || (await this.execution(placed, context)) === null
      ? null
      : context.loaders.load(stageWith(stageRows.whole), placed.stageExecutionId);
  }
}

@Resolver(() => Environment)
export class EnvironmentSlotResolver {
  @FieldResolver(() => EnvironmentSlot, {
    description: 'Slot of the environment: it takes one deployment at a time. Shows the holder and the queue.',
  })
  async slot(@Root() { id }: EnvironmentRow, @Ctx() { loaders }: Context) {
    const state = await loaders.load(slotOfEnvironment, id);
    return { holder: state?.holders[0] ?? null, waiting: state?.waiting ?? [] };
  }

  @FieldResolver(() => EnvironmentConcurrency, {
    nullable: true,
    description: 'Policy for deployments that wait for it, and its concurrency group. Null means QUEUE and no group.',
  })
  concurrency(@Root() { concurrency }: EnvironmentRow) {
    return concurrency;
  }
}

@Resolver()
export class SlotsResolver {
  @Query(() => ConcurrencyGroup, {
    description: 'Concurrency group of an application. A group that nobody uses is empty. Errors: NOT_FOUND.',
  })
  async concurrencyGroup(
    @Arg('applicationId', () => ID, { description: 'ID of the application.' }) applicationId: string,
    @Arg('name', () => String, { description: 'Name of the group, with the values of its references.' }) name: string,
    @Arg('of', () => ConcurrencyMembers, {
      defaultValue: ConcurrencyMembers.WORKFLOWS,
      description: 'Kind of the group. Groups of different kinds are different groups.',
    })
    of: ConcurrencyMembers,
    @Ctx() { app, actor }: Context,
  ) {
    await readApplication(app, actor, applicationId);
    const state = await readGroup(app.database, applicationId, name, of);
    return { ...state, name };
  }

  @Mutation(() => SlotWaiterPayload, {
    description:
      'Moves everything of an execution that waits for slots ahead in its queues. Starts nothing that may not begin. ' +
      'Requires ABORT_WORKFLOW, because others wait longer. Errors: NOT_FOUND, FORBIDDEN, NOT_WAITING, CONFLICT, ' +
      'IDEMPOTENCY_CONFLICT, INVALID_INPUT.',
  })
  async moveSlotWaiter(
    @Arg('input', () => MoveSlotWaiterInput, { description: 'Execution to move.' }) input: MoveSlotWaiterInput,
    @Ctx() { app, actor }: Context,
  ) {
    const execution = await moveSlotWaiter(app, actor, input);
    return { clientMutationId: input.clientMutationId ?? null, execution };
  }

  @Mutation(() => SlotWaiterPayload, {
    description:
      'Withdraws everything of an execution that waits for slots: it ends ABORTED with `WITHDRAWN`, and its run with it. ' +
      'Requires the same right as `abortExecution`. Errors: NOT_FOUND, FORBIDDEN, NOT_WAITING, CONFLICT, ' +
      'IDEMPOTENCY_CONFLICT, INVALID_INPUT.',
  })
  async withdrawSlotWaiter(
    @Arg('input', () => WithdrawSlotWaiterInput, { description: 'Execution to withdraw.' })
    input: WithdrawSlotWaiterInput,
    @Ctx() { app, actor }: Context,
  ) {
    const execution = await withdrawSlotWaiter(app, actor, input);
    return { clientMutationId: input.clientMutationId ?? null, execution };
  }
}
