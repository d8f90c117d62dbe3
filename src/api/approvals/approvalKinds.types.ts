import { Field, Float, ObjectType } from 'type-graphql';
import { ApprovalDetails } from './approvals.types';

/** Kinds of approvals, and fields of approvals, that FirstGen’s clients ask for. */

const NEVER = 'Never produced. Kept for clients of FirstGen.';

@ObjectType({ simpleResolvers: true, description: 'Field of the form of an approval, with its value.' })
export class ApprovalVariable {
  @Field(() => String, { description: 'Name.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Value that was given, or the default. Null if there is none.' })
  value!: string | null;
}

@ObjectType({ implements: ApprovalDetails, description: `Approval by a Jira issue. ${NEVER}` })
export class JiraApprovalDetails extends ApprovalDetails {
  @Field(() => String, { nullable: true, description: 'Condition on the ticket that approves.' })
  approvalCondition!: string | null;

  @Field(() => String, { nullable: true, description: 'Condition on the ticket that rejects.' })
  rejectionCondition!: string | null;

  @Field(() => String, { nullable: true, description: 'Status of the ticket.' })
  currentStatus!: string | null;

  @Field(() => String, { nullable: true, description: 'Key of the issue.' })
  issueKey!: string | null;

  @Field(() => String, { nullable: true, description: 'URL of the issue.' })
  issueUrl!: string | null;
}

@ObjectType({ implements: ApprovalDetails, description: `Approval by a ServiceNow ticket. ${NEVER}` })
export class SNOWApprovalDetails extends ApprovalDetails {
  @Field(() => String, { nullable: true, description: 'Condition on the ticket that approves.' })
  approvalCondition!: string | null;

  @Field(() => String, { nullable: true, description: 'Condition on the ticket that rejects.' })
  rejectionCondition!: string | null;

  @Field(() => String, { nullable: true, description: 'Status of the ticket.' })
  currentStatus!: string | null;

  @Field(() => String, { nullable: true, description: 'Type of the ticket.' })
  ticketType!: string | null;

  @Field(() => String, { nullable: true, description: 'URL of the ticket.' })
  ticketUrl!: string | null;
}

@ObjectType({ implements: ApprovalDetails, description: `Approval by a shell script. ${NEVER}` })
export class ShellScriptDetails extends ApprovalDetails {
  @Field(() => Float, { nullable: true, description: 'Seconds between two runs of the script.' })
  retryInterval!: number | null;
}
