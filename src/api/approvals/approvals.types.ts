import { Field, ID, InputType, Int, InterfaceType, ObjectType, registerEnumType } from 'type-graphql';
import { ReasonedCommandInput, RunCommandInput } from '../executions/runCommand.inputs';
import { ApprovalStepType, PipelineExecution } from '../executions/executions.types';
import { TypeOf } from '../graphql/abstractTypes';
import { MutationInput } from '../graphql/mutations.types';
import { ConnectionType } from '../graphql/paging.types';

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

  @Field(() => String, { nullable: true, description: 'Value if none is given. Null for none.' })
  default!: string | null;

  @Field(() => Boolean, { description: 'True if an approval must give a value that is not empty.' })
  required!: boolean;

  @Field(() => String, { nullable: true, description: 'Description for the person who approves.' })
  description!: string | null;

  @Field(() => Int, { nullable: true, description: 'Maximum length of a text, in characters. Null for a choice.' })
  maxLength!: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Value that was given, or the default. Null until the approval is given, and for a field left out.',
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

  @Field(() => String, { description: 'Name of the stage.' })
  stageName!: string;

  @Field(() => String, { description: 'Name of the stage element.' })
  stepName!: string;

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

  @Field(() => PipelineExecution, { description: 'Execution that requested the approval.' })
  execution?: PipelineExecution;
}

@ObjectType({ implements: ApprovalDetails, description: 'Approval by a member of a user group.' })
export class UserGroupApprovalDetails extends ApprovalDetails {
  @Field(() => [String], { description: 'Names of user groups. Any member of any of them can decide.' })
  approvers!: string[];

  @Field(() => ID, { description: 'ID of the execution that requested the approval.' })
  executionId!: string;

  @Field(() => Date, {
    nullable: true,
    description:
      'Time since which nobody has been left who can decide: the groups were deleted or emptied, their keys were revoked or have expired, or the only people left may not approve their own execution. Without an identity provider, only keys count. Null while somebody can decide.',
  })
  undecidableSince!: Date | null;
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

  @Field(() => [ApprovalInputValue], {
    nullable: true,
    description:
      'Values for the form of the approval. Fields that are left out have their defaults. A rejection takes none.',
  })
  inputs?: ApprovalInputValue[] | null;
}

@ObjectType({ simpleResolvers: true, description: 'Result of the decision.' })
export class ApproveOrRejectApprovalsPayload {
  @Field(() => String, { nullable: true, description: '`clientMutationId` of the input.' })
  clientMutationId!: string | null;

  @Field(() => Boolean, { description: 'Always true: a decision that isn’t accepted returns an error.' })
  success!: boolean;
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
