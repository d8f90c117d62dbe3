import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ReasonedCommandInput, RunCommandInput } from '../executions/runCommand.inputs';
import { EventActor } from '../access/actor.types';
import { VariableInputType } from '../executions/executions.inputs';
import { ExecutionInterface, ExecutionStatusEnum } from '../executions/executions.types';
import { MutationPayload } from '../graphql/mutations.types';
import { PreviewedRefusal } from '../resumes/resumePreview.types';

export enum OperationKind {
  EXTEND = 'EXTEND',
  RESTORE = 'RESTORE',
}
registerEnumType(OperationKind, {
  name: 'OperationKind',
  description: 'What an operation does to a run.',
  valuesConfig: {
    EXTEND: { description: '`addImagesToRun`: adds images, or changes inputs. Ends when the next attempt has begun.' },
    RESTORE: { description: '`restoreRun`: brings the run back to its restore point.' },
  },
});

export enum OperationStatus {
  RUNNING = 'RUNNING',
  SUCCESS = 'SUCCESS',
  FAILED = 'FAILED',
  CANCELLED = 'CANCELLED',
}
registerEnumType(OperationStatus, {
  name: 'OperationStatus',
  description: 'Where an operation stands.',
  valuesConfig: {
    RUNNING: { description: 'It is under way; a restore at most for `SLIPWAY_RESTORE_SECONDS`.' },
    SUCCESS: { description: 'All of it was done.' },
    FAILED: { description: 'The run is as it was; `error` says why. It can be tried again.' },
    CANCELLED: { description: '`cancelRestore` ended it: the run is as it was. It can be tried again.' },
  },
});

export enum OperationLogLevel {
  DEBUG = 'DEBUG',
  INFO = 'INFO',
  ERROR = 'ERROR',
}
registerEnumType(OperationLogLevel, {
  name: 'OperationLogLevel',
  description: 'How much a line matters.',
  valuesConfig: {
    DEBUG: { description: 'Details; only when the operation was asked for with `debug: true`.' },
    INFO: { description: 'What was done.' },
    ERROR: { description: 'What went wrong.' },
  },
});

@InputType({ description: 'An image of a service that a run is to have besides what it has.' })
export class ImageInput {
  @Field(() => String, { description: 'The name of the service; the run deploys it already.' })
  service!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The image, such as `web:1.3.0`. Images can’t be taken away: null is refused with NEW_RUN_REQUIRED. What is left out of the request stays as it is.',
  })
  image?: string | null;
}

@InputType({ description: 'Which run to extend, and with what.' })
export class AddImagesToRunInput extends ReasonedCommandInput {
  @Field(() => ID, { description: 'The pipeline execution.' })
  runId!: string;

  @Field(() => [ImageInput], { nullable: true, description: 'Images to add, one for each service.' })
  images?: ImageInput[] | null;

  @Field(() => [VariableInputType], {
    nullable: true,
    description: 'Other values for variables that the pipeline declares; those that are not named keep theirs.',
  })
  variableInputs?: VariableInputType[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether the operation’s log names each task that runs again and that is kept; false by default.',
  })
  debug?: boolean | null;
}

@InputType({ description: 'Which run to restore, and how.' })
export class RestoreRunInput extends RunCommandInput {
  @Field(() => ID, { description: 'The pipeline execution.' })
  runId!: string;

  @Field(() => ID, {
    nullable: true,
    description:
      'The restore point that the caller saw; by default the newest one of the run, which is the only one that can be used.',
  })
  restorePointId?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether the log has debug lines; false by default.' })
  debug?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether what other runs have deployed in the environments since may be overruled; false by default. The preview lists it.',
  })
  confirmEnvironmentConflicts?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: '`planToken` of a preview; PLAN_STALE when anything changed since, conflicts included.',
  })
  planToken?: string | null;
}

@InputType({ description: 'Run whose restore is to be cancelled.' })
export class CancelRestoreInput extends ReasonedCommandInput {
  @Field(() => ID, { description: 'The pipeline execution.' })
  runId!: string;
}

@ObjectType('OperationError', { simpleResolvers: true, description: 'Why an operation failed.' })
export class OperationErrorType {
  @Field(() => String, {
    description:
      '`TASK_FAILED`, `TIMED_OUT`, `NO_AGENT`, `ENVIRONMENT_CONFLICT`, `CANCELLED`, or `INTERNAL` for a fault of the server.',
  })
  code!: string;

  @Field(() => String, { description: 'The same in words.' })
  message!: string;
}

@ObjectType('Operation', { description: 'An extension or a restore of a run, with a log of its own.' })
export class OperationType {
  @Field(() => ID, { description: 'Given by the server.' })
  id!: string;

  @Field(() => ID, { description: 'The run.' })
  runId!: string;

  @Field(() => OperationKind, { description: 'What it does.' })
  kind!: string;

  @Field(() => OperationStatus, { description: 'Where it stands.' })
  status!: string;

  @Field(() => ID, {
    nullable: true,
    description:
      'The restore point that an extension made (null: it kept the one before), or that a restore goes back to.',
  })
  restorePointId!: string | null;

  @Field(() => EventActor, { description: 'Who asked for it.' })
  actor!: EventActor;

  @Field(() => Boolean, { description: 'Whether its log has debug lines.' })
  debug!: boolean;

  @Field(() => Date, { description: 'When it was taken.' })
  startedAt!: Date;

  @Field(() => Date, { description: 'When a restore fails if it is not done by then.' })
  deadlineAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When it ended.' })
  endedAt!: Date | null;
}

@ObjectType('OperationLogLine', { simpleResolvers: true, description: 'A line of an operation’s log.' })
export class OperationLogLineType {
  @Field(() => Int, { description: 'From 1, without gaps.' })
  number!: number;

  @Field(() => Date, { description: 'When it was written.' })
  at!: Date;

  @Field(() => OperationLogLevel, { description: 'How much it matters.' })
  level!: string;

  @Field(() => String, { description: 'Plain text.' })
  message!: string;
}

@ObjectType('OperationLogPage', { simpleResolvers: true, description: 'A stretch of an operation’s log.' })
export class OperationLogPageType {
  @Field(() => [OperationLogLineType], { description: 'Its lines, in order.' })
  lines!: OperationLogLineType[];

  @Field(() => Int, { description: 'Where the next page begins: give it as `after`.' })
  nextAfter!: number;

  @Field(() => Boolean, { description: 'Nothing comes after this page, now or later.' })
  final!: boolean;
}

@ObjectType('RestorePoint', {
  description: 'Reference to the attempt that a run stood at before it was extended. Never changed, used at most once.',
})
export class RestorePointType {
  @Field(() => ID, { description: 'Given by the server.' })
  id!: string;

  @Field(() => Int, { description: 'Attempt that the run stood at: a success.' })
  attempt!: number;

  @Field(() => Date, { description: 'When the run was extended.' })
  createdAt!: Date;

  @Field(() => EventActor, { description: 'Who extended it.' })
  createdBy!: EventActor;
}

@ObjectType({ description: 'What an extension or a restore answers with.' })
export class OperationPayload extends MutationPayload {
  @Field(() => ExecutionInterface, {
    description: 'The run as it stands: RESUMING after an extension, RESTORING while it is being restored.',
  })
  run!: object;

  @Field(() => OperationType, { description: 'What is done. A restore goes on by itself: follow `operationLog`.' })
  operation!: object;
}

@ObjectType({ simpleResolvers: true, description: 'A value that a restore changes.' })
export class RevertedValue {
  @Field(() => String, { description: 'The name of the variable, or of the service whose image it is.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'What it is now; null: nothing.' })
  now!: string | null;

  @Field(() => String, { nullable: true, description: 'What it will be; null: nothing.' })
  restored!: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'A variable of an element’s workflow that a restore changes.' })
export class RevertedVariable extends RevertedValue {
  @Field(() => ID, { description: 'The element.' })
  elementId!: string;

  @Field(() => String, { description: 'The stage.' })
  stageName!: string;

  @Field(() => String, { description: 'The name of the element.' })
  stepName!: string;
}

@ObjectType({ description: 'An image in an environment where later attempts of the run have begun to deploy.' })
export class RevertedImage {
  @Field(() => ID, { description: 'The environment.' })
  environmentId!: string;

  @Field(() => String, { description: 'Its name.' })
  environment!: string;

  @Field(() => ID, { description: 'The service.' })
  serviceId!: string;

  @Field(() => String, { description: 'Its name.' })
  service!: string;

  @Field(() => String, {
    nullable: true,
    description: 'What is deployed now; null: nothing. The same as `restored` where a deployment was begun and failed.',
  })
  now!: string | null;

  @Field(() => String, { nullable: true, description: 'What will be deployed again; null: nothing.' })
  restored!: string | null;
}

@ObjectType({
  description:
    'What another run has deployed where this one would be restored. It has to be confirmed to be overruled.',
})
export class EnvironmentConflict extends RevertedImage {
  @Field(() => ID, { description: 'The run that deployed what is there now.' })
  runId!: string;

  @Field(() => Date, { description: 'When it did.' })
  deployedAt!: Date;
}

@ObjectType({ simpleResolvers: true, description: 'An element whose shown result a restore changes.' })
export class RevertedStage {
  @Field(() => ID, { description: 'The element.' })
  elementId!: string;

  @Field(() => String, { description: 'The stage.' })
  stageName!: string;

  @Field(() => String, { description: 'The name of the element.' })
  stepName!: string;

  @Field(() => ExecutionStatusEnum, { nullable: true, description: 'Where it stands now.' })
  status!: string | null;

  @Field(() => Int, { nullable: true, description: 'The attempt whose result that is.' })
  attempt!: number | null;

  @Field(() => ExecutionStatusEnum, { nullable: true, description: 'What will be shown again.' })
  restoredStatus!: string | null;

  @Field(() => Int, { nullable: true, description: 'The attempt whose result that is.' })
  restoredAttempt!: number | null;
}

@ObjectType({ description: 'A task with `type: restore` that a restore will run.' })
export class PreviewedRestoreTask {
  @Field(() => String, { description: 'The name of the task.' })
  name!: string;

  @Field(() => Int, { description: 'Tasks of one step run side by side, the steps one after the other; from 1.' })
  step!: number;

  @Field(() => String, { description: 'The workflow that defines it.' })
  workflow!: string;

  @Field(() => String, { description: 'The stage.' })
  stageName!: string;

  @Field(() => String, { description: 'The name of the element.' })
  stepName!: string;

  @Field(() => String, { nullable: true, description: 'The environment that it runs for; null: none.' })
  environment!: string | null;

  @Field(() => [String], { description: 'What its agent must have: `key=value`.' })
  labels!: string[];
}

@ObjectType('RestorePreview', { description: 'What a restore of a run would do, and what stands in its way.' })
export class RestorePreviewType {
  @Field(() => Boolean, {
    description: 'Whether it would be taken; with `environmentConflicts` only if they are confirmed.',
  })
  allowed!: boolean;

  @Field(() => [PreviewedRefusal], {
    description: 'Every reason why not: FORBIDDEN, NOT_RESTORABLE, NO_RESTORE_POINT, RESTORE_POINT_CONSUMED.',
  })
  refusals!: PreviewedRefusal[];

  @Field(() => String, {
    nullable: true,
    description:
      'The configuration of the previous successful version, as YAML documents: the run’s inputs and images, what it had deployed where, its pipeline, and its workflows. Null without a restore point that can be used.',
  })
  configuration!: string | null;

  @Field(() => [RevertedValue], {
    description: 'Inputs of the run that will be what they were: variables, then images.',
  })
  inputs!: RevertedValue[];

  @Field(() => [RevertedVariable], {
    description: 'Variables of workflows, given or set by their tasks, that will be what they were.',
  })
  variables!: RevertedVariable[];

  @Field(() => [RevertedStage], { description: 'Elements that will show their earlier result again.' })
  stages!: RevertedStage[];

  @Field(() => String, {
    nullable: true,
    description: 'For the mutation: it is refused with PLAN_STALE when anything changed in between.',
  })
  planToken!: string | null;
}
