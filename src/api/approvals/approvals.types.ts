import { Field, ID, InputType, InterfaceType, ObjectType, registerEnumType } from 'type-graphql';
import { RunCommandInput } from '../executions/runCommand.inputs';
import { ApprovalStepType } from '../executions/executions.types';

export enum ApprovalActionType {
  APPROVE = 'APPROVE',
  REJECT = 'REJECT',
}
registerEnumType(ApprovalActionType, {
  name: 'ApprovalActionType',
  description: 'A decision.',
  valuesConfig: {
    APPROVE: { description: 'The pipeline goes on.' },
    REJECT: { description: 'The stage and the execution end REJECTED.' },
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
  description: 'What became of an approval.',
  valuesConfig: {
    WAITING: { description: 'For a person.' },
    APPROVED: { description: 'Somebody approved.' },
    REJECTED: { description: 'Somebody rejected.' },
    EXPIRED: { description: 'Nobody decided in time.' },
    ABORTED: { description: 'The execution ended before somebody decided.' },
  },
});

@ObjectType({ simpleResolvers: true, description: 'Who decided.' })
export class Decider {
  @Field(() => ID, { description: 'Id of the user or API key.' })
  id!: string;

  @Field(() => String, { description: 'Its name.' })
  name!: string;
}

@InterfaceType('ApprovalDetails', {
  description: 'An approval that an execution asks for, or asked for.',
  resolveType: () => 'UserGroupApprovalDetails',
})
export abstract class ApprovalDetails {
  @Field(() => ID, { description: 'What `approveOrRejectApprovals` takes.' })
  approvalId!: string;

  @Field(() => ApprovalStepType, { description: 'How it is given.' })
  approvalType!: string;

  @Field(() => String, { description: 'The stage.' })
  stageName!: string;

  @Field(() => String, { description: 'The element of the stage.' })
  stepName!: string;

  @Field(() => Date, { description: 'When it was asked for.' })
  startedAt!: Date;

  @Field(() => Date, { description: 'When it becomes EXPIRED.' })
  willExpireAt!: Date;

  @Field(() => ApprovalStatusEnum, { description: 'What became of it.' })
  status!: string;

  @Field(() => Decider, { nullable: true, description: 'Who decided; null while it waits.' })
  decidedBy!: Decider | null;

  @Field(() => Date, { nullable: true, description: 'When it was decided.' })
  decidedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'What was said with the decision.' })
  comments!: string | null;
}

@ObjectType({ implements: ApprovalDetails, description: 'An approval by a member of a user group.' })
export class UserGroupApprovalDetails extends ApprovalDetails {
  @Field(() => [String], { description: 'Names of user groups; any one member of one of them decides.' })
  approvers!: string[];

  @Field(() => ID, { description: 'The execution that asks.' })
  executionId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'The approvals of an execution.' })
export class ApprovalDetailsPayload {
  @Field(() => [ApprovalDetails], {
    description: 'In the order in which they were asked for; by default only those that wait.',
  })
  approvalDetails!: ApprovalDetails[];
}

@InputType({ description: 'A decision on an approval.' })
export class ApproveOrRejectApprovalsInput extends RunCommandInput {
  @Field(() => ApprovalActionType, { description: 'The decision.' })
  action!: ApprovalActionType;

  @Field(() => ID, { description: 'The application of the execution.' })
  applicationId!: string;

  @Field(() => ID, { description: 'The approval.' })
  approvalId!: string;

  @Field(() => ID, { description: 'The execution that asks.' })
  executionId!: string;

  @Field(() => String, { nullable: true, description: 'At most 5,000 characters; shown with the decision.' })
  comments?: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'The decision was taken.' })
export class ApproveOrRejectApprovalsPayload {
  @Field(() => String, { nullable: true, description: 'As it was given.' })
  clientMutationId!: string | null;

  @Field(() => Boolean, { description: 'Always true: a decision that is not taken is an error.' })
  success!: boolean;
}
