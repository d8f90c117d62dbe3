import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, Extensions, FieldResolver, ID, Info, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Approval } from '../../engine/approval';
import { findApproval, findApprovalsOfExecution } from '../../runs/approvals/approvals.store';
import type { Context } from '../graphql/context';
import { found } from '../../kernel/loaders';
import { invalidInput, notFound } from '../../kernel/errors';
import { listApprovals } from '../../runs/approvals/approvals.queries';
import { executionRows } from '../executions/executionRows';
import { PageArguments } from '../graphql/paging.types';
import {
  ApprovalConnection,
  ApprovalDetails,
  ApprovalDetailsPayload,
  ApprovalEscalation,
  ApprovalFormField,
  ApprovalRequirementType,
  ApprovalStatusEnum,
  ApprovalVoteType,
  ApproveOrRejectApprovalsInput,
  ApproveOrRejectApprovalsPayload,
  DecideApprovalsInput,
  DecideApprovalsPayload,
  ReassignApprovalInput,
  ReassignApprovalPayload,
} from './approvals.types';
import { type DecideApproval, decideApproval, decideApprovals } from '../../runs/commands/decideApproval';
import { groupsOf } from '../../catalog/language/approvalPolicy';
import { workflows } from '../../catalog/workflows/workflows';
import { groupsOfVoters, requirementsOf, votedOn } from '../../engine/approvalVotes';
import type { StageExecution } from '../../engine/execution';
import {
  approvalsOfStage,
  attemptsOfExecution,
  executionById,
  executionWith,
  stageById,
  taskById,
  votesOfApproval,
} from '../../runs/execution/executions.loaders';
import { readExecution } from '../../runs/execution/executions.queries';
import {
  ApprovalStageExecution,
  ApprovalStepType,
  ExecutionInterface,
  PipelineExecution,
  TaskExecution,
  WorkflowStageExecution,
} from '../executions/executions.types';
import { WorkflowOutput } from '../executions/outputs.types';
import { reassignApproval } from '../../runs/commands/reassignApproval';

/** The form’s values, which may come under either name. */
function withInputs({ variableInputs, ...input }: ApproveOrRejectApprovalsInput): DecideApproval {
  if (variableInputs == null) return input;
  if (input.inputs != null) {
    const message = '"inputs" and "variableInputs" mean the same: give only one of them.';
    throw invalidInput([{ field: 'variableInputs', value: null, rule: 'EXCLUSIVE', message }]);
  }
  return { ...input, inputs: variableInputs.map(({ name, value }) => ({ name, value: value ?? '' })) };
}

const MOST_IDS = 100;

@Resolver(() => ApprovalDetails)
export class ApprovalsResolver {
  @Query(() => ApprovalDetailsPayload, {
    nullable: true,
    description: 'Approvals that an execution waits for. Errors: NOT_FOUND.',
  })
  async approvalDetails(
    @Arg('applicationId', () => ID, { description: 'ID of the execution’s application.' }) applicationId: string,
    @Arg('executionId', () => ID, { description: 'ID of the execution.' }) executionId: string,
    @Arg('includeDecided', () => Boolean, {
      nullable: true,
      description: 'True to include approvals that were decided. Defaults to false.',
    })
    includeDecided: boolean | null,
    @Ctx() { app, actor }: Context,
  ) {
    const execution = await readExecution(app, actor, executionId);
    if (execution.applicationId !== applicationId) throw notFound('execution', executionId);
    const approvals = await findApprovalsOfExecution(app.database, executionId);
    return {
      approvalDetails: includeDecided ? approvals : approvals.filter((approval) => approval.status === 'WAITING'),
    };
  }

  @Query(() => ApprovalConnection, {
    description:
      'Approvals of all executions that the caller may see, newest first. The inbox of a person is `approvals(mine: true) ' +
      '{ nodes { approvalId message willExpireAt execution { id } } }`. Errors: INVALID_INPUT.',
  })
  approvals(
    @Arg('mine', () => Boolean, {
      nullable: true,
      description: 'True for the approvals that the caller may decide, or could have decided. Defaults to false.',
    })
    mine: boolean | null,
    @Arg('status', () => [ApprovalStatusEnum], {
      nullable: true,
      description: 'Statuses to include. Defaults to WAITING.',
    })
    statuses: ApprovalStatusEnum[] | null,
    @Arg('applicationId', () => ID, { nullable: true, description: 'Application to select. Defaults to all.' })
    applicationId: string | null,
    @Arg('ids', () => [ID], {
      nullable: true,
      description: 'IDs of approvals to select, at most 100. Defaults to all.',
    })
    ids: string[] | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
  ) {
    if (ids != null && ids.length > MOST_IDS) {
      const message = `At most ${MOST_IDS} IDs can be selected at a time.`;
      throw invalidInput([{ field: 'ids', value: ids.length, rule: 'SIZE', message }]);
    }
    const filter = {
      ids: ids ?? null,
      applicationId: applicationId ?? null,
      mine: mine ?? false,
      statuses: statuses ?? [ApprovalStatusEnum.WAITING],
    };
    return listApprovals(app, actor, filter, page);
  }

  @Mutation(() => DecideApprovalsPayload, {
    description:
      'Decides several approvals. Each decision has its own result: a refused one does not affect the others. Repeating ' +
      'it as the same caller changes nothing. Errors: INVALID_INPUT; in the results, those of `approveOrRejectApprovals`.',
  })
  async decideApprovals(
    @Arg('input', () => DecideApprovalsInput, { description: 'Decisions.' }) input: DecideApprovalsInput,
    @Ctx() { app, actor }: Context,
  ) {
    const results = await decideApprovals(app, actor, input.decisions.map(withInputs));
    return {
      clientMutationId: input.clientMutationId ?? null,
      results: results.map((one) => ({ ...one, decided: one.decided ?? false, missing: one.missing ?? null })),
    };
  }

  @Mutation(() => ApproveOrRejectApprovalsPayload, {
    description:
      'Votes on a waiting approval. One rejection rejects it. An approving vote decides it if nobody else has to approve. ' +
      'Repeating a vote as the same person changes nothing. A vote can’t be withdrawn. Example: ' +
      '`approveOrRejectApprovals(input: {applicationId: "…", executionId: "…", approvalId: "…", action: APPROVE, ' +
      'digest: "…"}) { decided missing }`. Errors: NOT_FOUND, FORBIDDEN, APPROVAL_CHANGED (its subject has changed; the ' +
      'approval was requested again), CONFLICT (somebody else decided, or the caller has already approved), NOT_WAITING ' +
      '(it has expired or was withdrawn), IDEMPOTENCY_CONFLICT, INVALID_INPUT.',
  })
  async approveOrRejectApprovals(
    @Arg('input', () => ApproveOrRejectApprovalsInput, { description: 'Decision.' })
    input: ApproveOrRejectApprovalsInput,
    @Ctx() { app, actor }: Context,
  ) {
    const voted = await decideApproval(app, actor, withInputs(input));
    return { clientMutationId: input.clientMutationId ?? null, success: true, ...voted };
  }

  @Mutation(() => ReassignApprovalPayload, {
    description:
      'Assigns a waiting approval to other user groups, for example because nobody is left in its current groups. Does not decide the approval. Assigning the same groups again changes nothing. Administrators only. Errors: NOT_FOUND, FORBIDDEN, ' +
      'NOT_WAITING, CONFLICT, IDEMPOTENCY_CONFLICT, INVALID_INPUT.',
  })
  async reassignApproval(
    @Arg('input', () => ReassignApprovalInput, { description: 'Input of `reassignApproval`.' })
    input: ReassignApprovalInput,
    @Ctx() { app, actor }: Context,
  ) {
    await reassignApproval(app, actor, input);
    const approval = (await findApproval(app.database, input.approvalId)) ?? null;
    return { clientMutationId: input.clientMutationId ?? null, approval };
  }

  @FieldResolver(() => ID)
  approvalId(@Root() approval: Approval): string {
    return approval.id;
  }

  @FieldResolver(() => PipelineExecution)
  async execution(@Root() { executionId }: Approval, @Ctx() { loaders }: Context, @Info() info: GraphQLResolveInfo) {
    return found(await loaders.load(executionWith(executionRows.pick(info)), executionId));
  }

  @FieldResolver(() => ApprovalStepType)
  approvalType(): string {
    return 'USER_GROUP';
  }

  @FieldResolver(() => String)
  async stageName(@Root() { stageExecutionId, executionId }: Approval, @Ctx() { loaders }: Context): Promise<string> {
    if (stageExecutionId !== null) return found(await loaders.load(stageById, stageExecutionId)).stageName;
    const { entityId } = found(await loaders.load(executionById, executionId));
    return (await loaders.load(workflows.byId, entityId))?.name ?? '';
  }

  @FieldResolver(() => String)
  async stepName(
    @Root() { stageExecutionId, taskExecutionId }: Approval,
    @Ctx() { loaders }: Context,
  ): Promise<string> {
    if (stageExecutionId !== null) return found(await loaders.load(stageById, stageExecutionId)).stepName;
    return found(await loaders.load(taskById, taskExecutionId ?? '')).name;
  }

  @FieldResolver(() => String)
  async taskName(@Root() { taskExecutionId }: Approval, @Ctx() { loaders }: Context): Promise<string | null> {
    return taskExecutionId === null ? null : found(await loaders.load(taskById, taskExecutionId)).name;
  }

  @FieldResolver(() => TaskExecution)
  async taskExecution(@Root() { taskExecutionId }: Approval, @Ctx() { loaders }: Context) {
    return taskExecutionId === null ? null : found(await loaders.load(taskById, taskExecutionId));
  }

  @FieldResolver(() => ExecutionInterface)
  async run(@Root() { executionId }: Approval, @Ctx() { loaders }: Context, @Info() info: GraphQLResolveInfo) {
    return found(await loaders.load(executionWith(executionRows.pick(info)), executionId));
  }

  @Extensions({ listSize: 3 })
  @FieldResolver(() => [ApprovalVoteType])
  async votes(@Root() { id }: Approval, @Ctx() { loaders }: Context) {
    return (await loaders.load(votesOfApproval, id)) ?? [];
  }

  @Extensions({ listSize: 3 })
  @FieldResolver(() => [ApprovalRequirementType])
  async requirements(@Root() approval: Approval, @Ctx() { loaders }: Context) {
    return requirementsOf(approval, groupsOfVoters((await loaders.load(votesOfApproval, approval.id)) ?? []));
  }

  @FieldResolver(() => String)
  async missing(@Root() approval: Approval, @Ctx() { loaders }: Context): Promise<string | null> {
    return votedOn(approval, (await loaders.load(votesOfApproval, approval.id)) ?? []).missing;
  }

  @FieldResolver(() => [String])
  async excluded(@Root() { disallowInitiator, executionId, excluded }: Approval, @Ctx() { loaders }: Context) {
    const attempts = disallowInitiator ? ((await loaders.load(attemptsOfExecution, executionId)) ?? []) : [];
    return [...new Set([...attempts.map(({ cause }) => cause.name), ...excluded])];
  }

  @Extensions({ listSize: 20 })
  @FieldResolver(() => [ApprovalFormField])
  inputs(@Root() { inputs, given }: Approval): ApprovalFormField[] {
    return inputs.map(({ defaultValue, type, ...input }) => {
      return { ...input, type: type.toUpperCase(), default: defaultValue, value: given?.[input.name] ?? null };
    });
  }

  @Extensions({ listSize: 10 })
  @FieldResolver(() => [ApprovalEscalation])
  escalations(@Root() { escalate, escalated, requestedAt }: Approval): ApprovalEscalation[] {
    return escalate.map(({ to, afterSeconds }, index) => {
      return { to, at: new Date(requestedAt.getTime() + afterSeconds * 1000), taken: index < escalated };
    });
  }

  @FieldResolver(() => [String])
  approvers(@Root() approval: Approval): readonly string[] {
    return groupsOf(approval);
  }

  @FieldResolver(() => Date)
  startedAt(@Root() approval: Approval): Date {
    return approval.requestedAt;
  }

  @FieldResolver(() => Date)
  willExpireAt(@Root() approval: Approval): Date {
    return approval.expiresAt;
  }
}

@Resolver(() => WorkflowStageExecution)
export class RenewedApprovalsResolver {
  @Extensions({ listSize: 1 })
  @FieldResolver(() => [ApprovalDetails], {
    description:
      'Approvals that were requested again before the element began, because the subject had changed. Usually empty.',
  })
  async approvals(@Root() stage: StageExecution, @Ctx() { loaders }: Context) {
    return (await loaders.load(approvalsOfStage, stage.id)) ?? [];
  }
}

@Resolver(() => ApprovalStageExecution)
export class ApprovalStageResolver {
  @FieldResolver(() => ApprovalStepType, { description: 'Method of approval.' })
  approvalStepType(): ApprovalStepType {
    return ApprovalStepType.USER_GROUP;
  }

  @Extensions({ listSize: 10 })
  @FieldResolver(() => [ApprovalDetails], {
    description: 'Approvals that the element requested, one for each attempt. Empty until the stage is reached.',
  })
  async approvals(@Root() stage: StageExecution, @Ctx() { loaders }: Context) {
    return (await loaders.load(approvalsOfStage, stage.id)) ?? [];
  }

  @FieldResolver(() => [WorkflowOutput], {
    description: 'Values of its form, by name, for later stages. Empty until it is approved.',
  })
  outputs(@Root() { status, variables }: StageExecution): WorkflowOutput[] {
    if (status !== 'SUCCESS') return [];
    return Object.entries(variables)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => ({ name, value }));
  }
}
