import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { Deployment } from '../deployments/deployments.types';
import { Environment } from '../environments/environments.types';
import { PipelineExecution } from '../executions/executions.types';
import { OVERRIDE_FREEZE, OverrideFreezeInput } from '../executions/runCommand.inputs';
import { MutationInput, MutationPayload } from '../graphql/mutations.types';
import { PreviewedRefusal } from '../resumes/resumePreview.types';
import { Service } from '../services/services.types';

export enum OnFreeze {
  WAIT = 'WAIT',
  REFUSE = 'REFUSE',
}
registerEnumType(OnFreeze, {
  name: 'OnFreeze',
  description: 'Effect of a freeze on a run that would deploy.',
  valuesConfig: {
    WAIT: { description: 'Waits for the end of the freeze.' },
    REFUSE: { description: 'Fails with ENVIRONMENT_FROZEN.' },
  },
});

/** Common fields of inputs that start a rollback. */
@InputType()
export abstract class RollbackInput extends MutationInput {
  @Field(() => String, {
    nullable: true,
    description: '`planToken` of the preview. The mutation fails with PLAN_STALE if anything changed since.',
  })
  planToken?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'True to roll back although a deployment is in progress. Defaults to false: the mutation then fails with ENVIRONMENT_MOVED_ON.',
  })
  overrule?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: 'Reason, shown as the notes of the new run. At most 5,000 characters.',
  })
  reason?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Key that makes the request idempotent: 1 to 200 characters, unique within the application. The same key with the same request returns the first run.',
  })
  idempotencyKey?: string | null;

  @Field(() => OverrideFreezeInput, { nullable: true, description: OVERRIDE_FREEZE })
  overrideFreeze?: OverrideFreezeInput | null;

  @Field(() => OnFreeze, { nullable: true, description: 'Effect of a freeze on the new run. Defaults to WAIT.' })
  onFreeze?: OnFreeze | null;
}

@InputType({
  description: 'State that a rollback brings back. Without a field: the previous image of each service.',
})
export class RollbackTargetInput {
  @Field(() => ID, {
    nullable: true,
    description: 'ID of a deployment to the environment that SUCCEEDED. The rollback concerns its service only.',
  })
  deploymentId?: string | null;

  @Field(() => Date, { nullable: true, description: 'Moment whose images to bring back, as in `stateAt`.' })
  time?: Date | null;
}

@InputType({ description: 'Input of `rollbackEnvironment` and `rollbackPreview`.' })
export class RollbackEnvironmentInput extends RollbackInput {
  @Field(() => ID, { description: 'ID of the environment.' })
  environmentId!: string;

  @Field(() => [String], {
    nullable: true,
    description: 'Names or IDs of the services to roll back. Defaults to all services of the environment.',
  })
  services?: string[] | null;

  @Field(() => RollbackTargetInput, {
    nullable: true,
    description: 'State to bring back. Defaults to the previous image of each service.',
  })
  to?: RollbackTargetInput | null;
}

@ObjectType({ description: 'Result of `rollbackEnvironment`.' })
export class RollbackEnvironmentPayload extends MutationPayload {
  @Field(() => PipelineExecution, { nullable: true, description: 'Run that rolls back.' })
  execution!: object;
}

@ObjectType({ description: 'Service that a rollback brings back.' })
export class PreviewedRollbackService {
  @Field(() => Environment, { description: 'Environment.' })
  environment?: object;

  @Field(() => Service, { nullable: true, description: 'Service. Null if the caller may not see it.' })
  service?: object | null;

  @Field(() => Deployment, { nullable: true, description: 'Current deployment. Null if there is none.' })
  from!: object | null;

  @Field(() => Deployment, {
    nullable: true,
    description: 'Newer deployment that is IN_PROGRESS, FAILED or UNKNOWN. Null if there is none.',
  })
  newer!: object | null;

  @Field(() => Deployment, { description: 'Deployment whose image the rollback brings back.' })
  to!: object;
}

@ObjectType({ simpleResolvers: true, description: 'Service that a rollback leaves as it is.' })
export class KeptRollbackService {
  @Field(() => String, { description: 'Name of the service.' })
  service!: string;

  @Field(() => String, { description: 'Reason.' })
  reason!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Workflow that a rollback runs again.' })
export class RollbackStep {
  @Field(() => Environment, { description: 'Environment that it deploys to.' })
  environment?: object;

  @Field(() => String, { description: 'Name of the workflow.' })
  workflow!: string;

  @Field(() => ID, { description: 'ID of the workflow execution that it repeats.' })
  executionId!: string;

  @Field(() => [String], { description: 'Names of the services that it deploys.' })
  services!: string[];

  @Field(() => [String], { description: 'Tasks that run, in order.' })
  tasks!: string[];

  @Field(() => Boolean, {
    description: 'True if these are the workflow’s tasks of type `rollback`; false if they are its normal tasks.',
  })
  hasRollbackTasks!: boolean;
}

@ObjectType({ description: 'Preview of a rollback.' })
export class RollbackPreview {
  @Field(() => Environment, { description: 'Environment.' })
  environment!: object;

  @Field(() => Boolean, { description: 'True if the rollback would be accepted.' })
  allowed!: boolean;

  @Field(() => [PreviewedRefusal], { description: 'Reasons why it would fail. Empty if it would be accepted.' })
  refusals!: object[];

  @Field(() => [PreviewedRollbackService], { description: 'Services that it brings back, by name.' })
  services!: object[];

  @Field(() => [KeptRollbackService], { description: 'Services that it leaves as they are, by name.' })
  kept!: object[];

  @Field(() => [RollbackStep], { description: 'Workflows that it runs, in order.' })
  steps!: object[];

  @Field(() => String, {
    nullable: true,
    description: 'Token for `rollbackEnvironment`. Null if the rollback would fail.',
  })
  planToken!: string | null;
}

@ObjectType({ description: 'Service that a run has brought, or brings, back.' })
export class RolledBackService {
  @Field(() => Environment, { nullable: true, description: 'Environment. Null if the caller may not see it.' })
  environment?: object | null;

  @Field(() => Service, { nullable: true, description: 'Service. Null if the caller may not see it.' })
  service?: object | null;

  @Field(() => String, { description: 'Image that it brings back.' })
  image!: string;

  @Field(() => Deployment, { nullable: true, description: 'Deployment that it replaces. Null if there was none.' })
  from?: object | null;

  @Field(() => Deployment, { nullable: true, description: 'Deployment whose image it brings back.' })
  to?: object | null;
}

@ObjectType({ description: 'Origin of a run that rolls environments back.' })
export class Rollback {
  @Field(() => Environment, {
    nullable: true,
    description:
      'Environment. Null if the run brings several environments back (see `services`), or if the caller may not see it.',
  })
  environment?: object | null;

  @Field(() => Date, {
    nullable: true,
    description:
      'Moment to which `restoreEnvironments` brings environments back. Null for a rollback of one environment.',
  })
  time!: Date | null;

  @Field(() => [RolledBackService], { description: 'Services that it brings back.' })
  services!: object[];

  @Field(() => PipelineExecution, {
    nullable: true,
    description:
      'Run whose stage failed, if it asked for this rollback with `on_failure: rollback`. Null for a rollback that a user or a key started.',
  })
  failedExecution?: object | null;
}
