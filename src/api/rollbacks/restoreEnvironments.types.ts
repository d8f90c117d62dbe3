import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { Application } from '../applications/application.types';
import { Environment } from '../environments/environments.types';
import { PipelineExecution } from '../executions/executions.types';
import { MutationPayload } from '../graphql/mutations.types';
import { PreviewedRefusal } from '../resumes/resumePreview.types';
import { PreviewedRollbackService, RollbackInput, RollbackStep } from './rollbacks.types';

@InputType({ description: 'Input of `restoreEnvironments` and `restoreEnvironmentsPreview`.' })
export class RestoreEnvironmentsInput extends RollbackInput {
  @Field(() => [ID], {
    description:
      'IDs of the applications. A run belongs to one application: if services of several differ, the mutation fails with SEVERAL_APPLICATIONS.',
  })
  applicationIds!: string[];

  @Field(() => Date, {
    description: 'Moment whose images to bring back, as in `stateAt`. A time in the future means now.',
  })
  time!: Date;

  @Field(() => [ID], {
    nullable: true,
    description:
      'IDs of the environments. Defaults to all environments of the applications that the caller may roll back.',
  })
  environmentIds?: string[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'True to leave services that can’t be brought back as they are. Defaults to false: the mutation then fails with PARTLY_GONE.',
  })
  leaveOut?: boolean | null;
}

@ObjectType({ description: 'Result of `restoreEnvironments`.' })
export class RestoreEnvironmentsPayload extends MutationPayload {
  @Field(() => PipelineExecution, { nullable: true, description: 'Run that brings the environments back.' })
  execution!: object;
}

@ObjectType({ simpleResolvers: true, description: 'Service that can’t be brought back to the requested time.' })
export class LeftOutService {
  @Field(() => Environment, { description: 'Environment.' })
  environment?: object;

  @Field(() => String, { description: 'Name of the service.' })
  service!: string;

  @Field(() => String, {
    description:
      'Stable code: NOTHING_TO_ROLL_BACK if nothing was deployed, REVISION_GONE if its workflow was deleted.',
  })
  code!: string;

  @Field(() => String, { description: 'Reason.' })
  reason!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Workflows that run in parallel.' })
export class RollbackStage {
  @Field(() => [RollbackStep], { description: 'Workflows.' })
  steps!: object[];
}

@ObjectType({ simpleResolvers: true, description: 'Preview of `restoreEnvironments`.' })
export class RestoreEnvironmentsPreview {
  @Field(() => Date, { description: 'Moment whose images it brings back.' })
  time!: Date;

  @Field(() => [Environment], { description: 'Environments that were compared with the moment, by name.' })
  environments!: object[];

  @Field(() => [Application], {
    description: 'Applications of the services that differ, in the order of their dependencies.',
  })
  applications!: object[];

  @Field(() => Boolean, { description: 'True if the mutation would be accepted.' })
  allowed!: boolean;

  @Field(() => [PreviewedRefusal], { description: 'Reasons why it would fail. Empty if it would be accepted.' })
  refusals!: object[];

  @Field(() => [PreviewedRollbackService], { description: 'Services that it brings back, by environment and name.' })
  services!: object[];

  @Field(() => [LeftOutService], { description: 'Services that differ and can’t be brought back.' })
  left!: object[];

  @Field(() => [RollbackStage], { description: 'Stages of the run: a service comes after those that it depends on.' })
  stages!: object[];

  @Field(() => String, { nullable: true, description: 'Token for `restoreEnvironments`. Null if it would fail.' })
  planToken!: string | null;
}
