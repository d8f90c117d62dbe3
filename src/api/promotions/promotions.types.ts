import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { Deployment } from '../deployments/deployments.types';
import { Environment } from '../environments/environments.types';
import { VariableInputType } from '../executions/executions.inputs';
import { OVERRIDE_FREEZE, OverrideFreezeInput } from '../executions/runCommand.inputs';
import { ExecutionInterface, ExecutionTypeEnum } from '../executions/executions.types';
import { MutationInput, MutationPayload } from '../graphql/mutations.types';
import { PreviewedRefusal } from '../resumes/resumePreview.types';
import { Service } from '../services/services.types';

@InputType({ description: 'Input of `promote` and `promotePreview`.' })
export class PromoteInput extends MutationInput {
  @Field(() => ID, {
    nullable: true,
    description: 'Environment whose images to promote. Defaults to the one that the target comes `after`.',
  })
  fromId?: string | null;

  @Field(() => ID, { description: 'Environment to promote to, of the same application.' })
  toId!: string;

  @Field(() => [String], {
    nullable: true,
    description: 'Names or IDs of the services to promote. Defaults to all whose images differ.',
  })
  services?: string[] | null;

  @Field(() => ID, {
    nullable: true,
    description:
      'ID or name of the pipeline to start. Defaults to the only pipeline, or else the only workflow, that deploys these services to the target and nowhere else.',
  })
  pipelineId?: string | null;

  @Field(() => ID, { nullable: true, description: 'ID or name of the workflow to start, instead of a pipeline.' })
  workflowId?: string | null;

  @Field(() => [VariableInputType], { nullable: true, description: 'Values for variables of the start.' })
  variableInputs?: VariableInputType[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'True to replace newer images of the target. Defaults to false: the mutation then fails with ENVIRONMENT_MOVED_ON, which lists them.',
  })
  overrule?: boolean | null;

  @Field(() => OverrideFreezeInput, { nullable: true, description: OVERRIDE_FREEZE })
  overrideFreeze?: OverrideFreezeInput | null;

  @Field(() => String, {
    nullable: true,
    description: '`planToken` of the preview. The mutation fails with PLAN_STALE if anything changed since.',
  })
  planToken?: string | null;

  @Field(() => String, { nullable: true, description: 'Note to show with the run. At most 5,000 characters.' })
  notes?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Key that makes the request idempotent: 1 to 200 characters, unique within the application. The same key with the same request returns the first run.',
  })
  idempotencyKey?: string | null;
}

@ObjectType({ description: 'Result of `promote`.' })
export class PromotePayload extends MutationPayload {
  @Field(() => ExecutionInterface, { nullable: true, description: 'Run that was started.' })
  execution!: object;
}

@ObjectType({ description: 'Image that waits to be promoted from one environment to the next.' })
export class Promotion {
  @Field(() => Service, { nullable: true, description: 'Service. Null if the caller may not see it.' })
  service?: object | null;

  @Field(() => Deployment, { description: 'Deployment whose image would be promoted.' })
  deployment!: object;

  @Field(() => Deployment, {
    nullable: true,
    description: 'Deployment of the target that it would replace. Null if there is none.',
  })
  current!: object | null;

  @Field(() => Boolean, {
    description: 'True if the target has the newer image: its first deployment to any environment came later.',
  })
  older!: boolean;
}

@ObjectType({ simpleResolvers: true, description: 'Pipeline or workflow that a promotion would start.' })
export class PromotionStart {
  @Field(() => ID, { description: 'ID of the pipeline or workflow.' })
  entityId!: string;

  @Field(() => ExecutionTypeEnum, { description: 'Kind of `entityId`.' })
  executionType!: string;

  @Field(() => String, { description: 'Name of the pipeline or workflow.' })
  name!: string;
}

@ObjectType({ description: 'Preview of a promotion.' })
export class PromotePreview {
  @Field(() => Environment, { description: 'Environment whose images would be promoted.' })
  from!: object;

  @Field(() => Environment, { description: 'Environment that would get them.' })
  to!: object;

  @Field(() => Boolean, { description: 'True if the promotion would be accepted, given the right to start the run.' })
  allowed!: boolean;

  @Field(() => [PreviewedRefusal], { description: 'Reasons why it would fail. Empty if it would be accepted.' })
  refusals!: object[];

  @Field(() => [Promotion], { description: 'Images that would be promoted, by service name.' })
  promotions!: object[];

  @Field(() => PromotionStart, {
    nullable: true,
    description: 'Definition that would be started. Null if none was found.',
  })
  start!: object | null;

  @Field(() => String, { nullable: true, description: 'Token for `promote`. Null if the promotion would fail.' })
  planToken!: string | null;
}
