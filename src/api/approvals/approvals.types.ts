// Long because the descriptions of its fields are the manual of approvals.
import { Extensions, Field, ID, InputType, Int, InterfaceType, ObjectType, registerEnumType } from 'type-graphql';
import { EventActor } from '../access/actor.types';
import { ReasonedCommandInput, RunCommandInput } from '../executions/runCommand.inputs';
import { ApprovalStepType, ExecutionInterface, PipelineExecution, TaskExecution } from '../executions/executions.types';
import { TypeOf } from '../graphql/abstractTypes';
import { MutationInput } from '../graphql/mutations.types';
import { ConnectionType } from '../graphql/paging.types';
import { ApprovalSubjectType, SubjectChangeType } from './approvalSubject.types';

export enum ApprovalActionType {
  APPROVE = 'APPROVE',
  REJECT = 'REJECT',
}
registerEnumType(ApprovalActionType, {
  name: 'ApprovalActionType',
  description: 'Decision on an approval.',
  valuesConfig: {
    APPROVE: { description: 'The pipeline continues.' },
    REJECT: { description: 'The stage and the execution become REJECTED.' },
  },
});

export enum ApprovalStatusEnum {
  WAITING = 'WAITING',
  APPROVED = 'APPROVED',
  REJECTED = 'REJECTED',
  EXPIRED = 'EXPIRED',
  ABORTED = 'ABORTED',
}
registerEnumType(ApprovalStatusEnum, {
  name: 'ApprovalStatus',
  description: 'Status of an approval.',
  valuesConfig: {
    WAITING: { description: 'Waiting for a person.' },
    APPROVED: { description: 'Somebody approved.' },
    REJECTED: { description: 'Somebody rejected.' },
    EXPIRED: { description: 'Nobody decided in time.' },
    ABORTED: { description: 'The execution ended before anybody decided.' },
  },
});

@ObjectType({ simpleResolvers: true, description: 'User or API key that decided.' })
export class Decider {
  @Field(() => ID, { description: 'ID of the user or API key.' })
  id!: string;

  @Field(() => String, { description: 'Name of the user or API key.' })
  name!: string;
}

@ObjectType('ApprovalVote', { simpleResolvers: true, description: 'Vote of a person on an approval.' })
export class ApprovalVoteType {
  @Field(() => EventActor, { description: 'User or key that voted.' })
  by!: object;

  @Field(() => ApprovalActionType, { description: 'Decision that the person voted for.' })
  action!: string;

  @Field(() => Date, { description: 'Time of the vote.' })
  votedAt!: Date;

  @Field(() => String, { nullable: true, description: 'Comment given with the vote.' })
  comments!: string | null;

  @Field(() => [String], { description: 'User groups of the approval that the person belonged to when voting.' })
  groups!: string[];

  @Field(() => String, { description: 'Digest of the subject that the person voted on.' })
  digest!: string;

  @Field(() => Boolean, {
    description: 'False if the subject or the approvers have changed since. The person may then vote again.',
  })
  counts!: boolean;
}

@ObjectType('ApprovalRequirement', {
  simpleResolvers: true,
  description: 'Number of different members of some user groups who have to approve.',
})
export class ApprovalRequirementType {
  @Field(() => [String], { description: 'Names of the user groups.' })
  groups!: string[];

  @Field(() => Int, { description: 'Number of people who have to approve.' })
  needed!: number;

  @Field(() => Int, {
    description: 'Number of people who have approved and count for this requirement. Each person counts once.',
  })
  given!: number;
}

export enum ApprovalInputTypeEnum {
  TEXT = 'TEXT',
  CHOICE = 'CHOICE',
}
registerEnumType(ApprovalInputTypeEnum, {
  name: 'ApprovalInputType',
  description: 'Type of a field of an approval’s form.',
  valuesConfig: {
    TEXT: { description: 'Text of limited length.' },
    CHOICE: { description: 'One of `choices`.' },
  },
});

@ObjectType({ simpleResolvers: true, description: 'Field of the form of an approval.' })
export class ApprovalFormField {
  @Field(() => String, { description: 'Name. Later stages refer to the value as an output of this name.' })
  name!: string;

  @Field(() => ApprovalInputTypeEnum, { description: 'Type of the value.' })
  type!: string;

  @Field(() => [String], { nullable: true, description: 'Values to choose from. Null for a text.' })
  choices!: readonly string[] | null;

  @Field(() => String, { nullable: true, description: 'Value if none is given. Null if there is no default.' })
  default!: string | null;

  @Field(() => Boolean, { description: 'True if an approval must give a value that is not empty.' })
  required!: boolean;

  @Field(() => String, { nullable: true, description: 'Description for the person who approves.' })
  description!: string | null;

  @Field(() => Int, { nullable: true, description: 'Maximum length of a text, in characters. Null for a choice.' })
  maxLength!: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Value that was given, or the default. Null until somebody approves, and for an omitted field without a default.',
  })
  value!: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'Step of the escalation of an approval.' })
export class ApprovalEscalation {
  @Field(() => [String], { description: 'Names of the user groups whose members may decide as well from then on.' })
  to!: readonly string[];

  @Field(() => Date, { description: 'Time of the step, if the approval still waits then.' })
  at!: Date;

  @Field(() => Boolean, { description: 'True if the step was taken.' })
  taken!: boolean;
}

@TypeOf(() => 'UserGroupApprovalDetails')
@InterfaceType('ApprovalDetails', { description: 'Approval that an execution requested.' })
export abstract class ApprovalDetails {
  @Field(() => ID, { description: 'ID of the approval, for `approveOrRejectApprovals`.' })
  approvalId!: string;

  @Field(() => ApprovalStepType, { description: 'Method of approval.' })
  approvalType!: string;

  @Field(() => String, {
    description: 'Name of the stage, or of the standalone workflow whose task requested the approval.',
  })
  stageName!: string;

  @Field(() => String, {
    description: 'Name of the stage element, or of the task of a standalone workflow.',
  })
  stepName!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the task of a workflow that requested the approval. Null if a stage element requested it.',
  })
  taskName?: string | null;

  @Field(() => TaskExecution, {
    nullable: true,
    description: 'Task that requested the approval. Null if a stage element requested it.',
  })
  taskExecution?: TaskExecution | null;

  @Field(() => String, { nullable: true, description: 'Text for the approvers. Null if the definition has none.' })
  message!: string | null;

  @Field(() => [ApprovalFormField], { description: 'Form for the person who approves. Empty for most approvals.' })
  inputs?: ApprovalFormField[];

  @Field(() => Date, { description: 'Time of the request.' })
  startedAt!: Date;

  @Field(() => Int, { description: 'Number of reminders so far. At most 10 are sent.' })
  reminders!: number;

  @Field(() => Date, { nullable: true, description: 'Time of the last reminder. Null if none was sent.' })
  remindedAt!: Date | null;

  @Field(() => [ApprovalEscalation], { description: 'Steps of its escalation, in order. Empty if it has none.' })
  escalations?: ApprovalEscalation[];

  @Field(() => Date, { description: 'Time at which it becomes EXPIRED.' })
  willExpireAt!: Date;

  @Field(() => ApprovalStatusEnum, { description: 'Status of the approval.' })
  status!: string;

  @Field(() => Decider, { nullable: true, description: 'User or API key that decided. Null while the approval waits.' })
  decidedBy!: Decider | null;

  @Field(() => Date, { nullable: true, description: 'Time of the decision.' })
  decidedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'Comment given with the decision.' })
  comments!: string | null;

  @Field(() => ExecutionInterface, {
    description: 'Run that requested the approval: a pipeline execution, or an execution of a standalone workflow.',
  })
  run?: ExecutionInterface;

  @Field(() => PipelineExecution, {
    description:
      'Execution that requested the approval. For a standalone workflow, shows its execution as a pipeline execution ' +
      'without stages; `run` shows it with its own type.',
  })
  execution?: PipelineExecution;

  @Field(() => [ApprovalVoteType], { description: 'Votes, in order, including those that no longer count.' })
  votes?: ApprovalVoteType[];

  @Field(() => [ApprovalRequirementType], { description: 'People who have to approve. Each person counts once.' })
  requirements?: ApprovalRequirementType[];

  @Field(() => String, {
    nullable: true,
    description:
      'People who still have to approve, such as `1 more of Managers, and 1 of Security`. Null if it is not WAITING.',
  })
  missing?: string | null;

  @Field(() => [String], {
    description:
      'Names and email addresses, in lower case, of people who may not decide: those who started or resumed the ' +
      'execution, if the approval excludes them, and the values of the references that it excludes.',
  })
  excluded?: string[];

  @Field(() => String, {
    description:
      'Digest of `subject`. Send it with the decision, which then fails with APPROVAL_CHANGED if the subject has changed.',
  })
  digest!: string;

  @Field(() => ApprovalSubjectType, { description: 'Everything that the approval covers.' })
  subject!: object;

  @Extensions({ listSize: 3 })
  @Field(() => [SubjectChangeType], {
    nullable: true,
    description:
      'Changes of the subject that caused the approval to be requested again. Null if it was not requested again.',
  })
  changedSince!: object[] | null;

  @Field(() => ID, {
    nullable: true,
    description: 'ID of the approval that it renews, because the subject has changed. Null if it renews none.',
  })
  renewsId!: string | null;

  @Field(() => [String], {
    description:
      'Names of user groups whose members can decide. See `requirements` for how many of each have to approve.',
  })
  approvers?: string[];

  @Field(() => Date, {
    nullable: true,
    description:
      'Time since which nobody has been left who can decide: the groups were deleted or emptied, their keys were revoked or have expired, or the only people left may not approve their own execution. Without an identity provider, only keys count. Null while somebody can decide.',
  })
  undecidableSince!: Date | null;
}

@ObjectType({ implements: ApprovalDetails, description: 'Approval by a member of a user group.' })
export class UserGroupApprovalDetails extends ApprovalDetails {
  @Field(() => ID, { description: 'ID of the execution that requested the approval.' })
  executionId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Approvals of an execution.' })
export class ApprovalDetailsPayload {
  @Field(() => [ApprovalDetails], {
    description: 'Approvals, in the order in which they were requested. By default, only those that are waiting.',
  })
  approvalDetails!: ApprovalDetails[];
}

@InputType({ description: 'Value for a field of the form of an approval.' })
export class ApprovalInputValue {
  @Field(() => String, { description: 'Name of the field.' })
  name!: string;

  @Field(() => String, { description: 'Value, at most 5,000 characters.' })
  value!: string;
}

@InputType({ description: 'Value for a field of the form of an approval.' })
export class ApprovalVariableInput {
  @Field(() => String, { description: 'Name of the field.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Value, at most 5,000 characters. Null: an empty text.' })
  value?: string | null;
}

@InputType({ description: 'Input of `approveOrRejectApprovals`.' })
export class ApproveOrRejectApprovalsInput extends RunCommandInput {
  @Field(() => ApprovalActionType, { description: 'Decision.' })
  action!: ApprovalActionType;

  @Field(() => ID, { description: 'ID of the execution’s application.' })
  applicationId!: string;

  @Field(() => ID, { description: 'ID of the approval.' })
  approvalId!: string;

  @Field(() => ID, { description: 'ID of the execution that requested the approval.' })
  executionId!: string;

  @Field(() => String, { nullable: true, description: 'Comment, shown with the decision. At most 5,000 characters.' })
  comments?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      '`digest` of the approval that the caller read. The mutation fails with APPROVAL_CHANGED if the digest differs. ' +
      'Without it, the vote counts for the subject of the last request.',
  })
  digest?: string | null;

  @Field(() => [ApprovalInputValue], {
    nullable: true,
    description:
      'Values for the form of the approval. Omitted fields keep the values of earlier votes, or get their defaults. Not allowed with a rejection.',
  })
  inputs?: ApprovalInputValue[] | null;

  @Field(() => [ApprovalVariableInput], { nullable: true, description: 'The same as `inputs`; give one of the two.' })
  variableInputs?: ApprovalVariableInput[] | null;
}

@ObjectType({ simpleResolvers: true, description: 'Result of `approveOrRejectApprovals`.' })
export class ApproveOrRejectApprovalsPayload {
  @Field(() => String, { nullable: true, description: '`clientMutationId` of the input.' })
  clientMutationId!: string | null;

  @Field(() => Boolean, { description: 'Always true: a decision that isn’t accepted returns an error.' })
  success!: boolean;

  @Field(() => Boolean, { description: 'False if others still have to approve: see `missing`.' })
  decided!: boolean;

  @Field(() => String, { nullable: true, description: 'People who still have to approve. Null if it is decided.' })
  missing!: string | null;

  @Field(() => ApprovalDetails, { description: 'Approval after the vote.' })
  approval!: object;
}

export const ApprovalConnection = ConnectionType(ApprovalDetails, 'Approval');

@InputType({ description: 'Input of `decideApprovals`.' })
export class DecideApprovalsInput extends MutationInput {
  @Field(() => [ApproveOrRejectApprovalsInput], {
    description: 'Decisions, from 1 to 50. They are made in this order, each independently of the others.',
  })
  decisions!: ApproveOrRejectApprovalsInput[];
}

@ObjectType({ simpleResolvers: true, description: 'Result of one decision of `decideApprovals`.' })
export class ApprovalDecision {
  @Field(() => ID, { description: 'ID of the approval.' })
  approvalId!: string;

  @Field(() => Boolean, { description: 'True if the decision was accepted.' })
  success!: boolean;

  @Field(() => String, { nullable: true, description: 'Error code. Null if the decision was accepted.' })
  code!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Explanation of the error. Null if the decision was accepted.',
  })
  message!: string | null;

  @Field(() => Boolean, { description: 'True if the approval is decided. False if others still have to approve.' })
  decided!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'People who still have to approve. Null if that is unknown, or nobody has to.',
  })
  missing!: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'Result of `decideApprovals`.' })
export class DecideApprovalsPayload {
  @Field(() => String, { nullable: true, description: '`clientMutationId` of the input.' })
  clientMutationId!: string | null;

  @Field(() => [ApprovalDecision], { description: 'Results, in the order of the decisions.' })
  results!: ApprovalDecision[];
}

@InputType({ description: 'Input of `reassignApproval`.' })
export class ReassignApprovalInput extends ReasonedCommandInput {
  @Field(() => ID, { description: 'ID of the execution’s application.' })
  applicationId!: string;

  @Field(() => ID, { description: 'ID of the execution that requested the approval.' })
  executionId!: string;

  @Field(() => ID, { description: 'ID of the approval.' })
  approvalId!: string;

  @Field(() => [String], {
    description: 'Names of the user groups to assign the approval to. They replace the current ones.',
  })
  approvers!: string[];
}

@ObjectType({ simpleResolvers: true, description: 'Result of `reassignApproval`.' })
export class ReassignApprovalPayload {
  @Field(() => String, { nullable: true, description: '`clientMutationId` of the input.' })
  clientMutationId!: string | null;

  @Field(() => ApprovalDetails, { nullable: true, description: 'Approval after the change.' })
  approval!: ApprovalDetails | null;
}
