import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import {
  OverrideFreezeInput,
  ReasonedCommandInput,
  RedeployingCommandInput,
  RunCommandInput,
} from '../executions/runCommand.inputs';
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
  description: 'Kind of an operation on a run.',
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
  description: 'Status of an operation.',
  valuesConfig: {
    RUNNING: { description: 'In progress; a restore for at most `SLIPWAY_RESTORE_SECONDS`.' },
    SUCCESS: { description: 'Completed.' },
    FAILED: { description: 'Failed; the run is unchanged. See `error`. The operation can be retried.' },
    CANCELLED: { description: 'Canceled by `cancelRestore`; the run is unchanged. The restore can be retried.' },
  },
});

export enum OperationLogLevel {
  DEBUG = 'DEBUG',
  INFO = 'INFO',
  ERROR = 'ERROR',
}
registerEnumType(OperationLogLevel, {
  name: 'OperationLogLevel',
  description: 'Severity of a log line.',
  valuesConfig: {
    DEBUG: { description: 'Detail, logged only for operations with `debug: true`.' },
    INFO: { description: 'Progress.' },
    ERROR: { description: 'Error.' },
  },
});

@InputType({ description: 'Image of a service to add to a run.' })
export class ImageInput {
  @Field(() => String, { description: 'Name of a service that the run already deploys.' })
  service!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Image, such as `web:1.3.0`. Images can’t be removed: null fails with NEW_RUN_REQUIRED. Services that are left ' +
      'out keep their images.',
  })
  image?: string | null;
}

@InputType({ description: 'Input of `addImagesToRun`.' })
export class AddImagesToRunInput extends RedeployingCommandInput {
  @Field(() => ID, { description: 'ID of the pipeline execution.' })
  runId!: string;

  @Field(() => [ImageInput], { nullable: true, description: 'Images to add, one for each service.' })
  images?: ImageInput[] | null;

  @Field(() => [VariableInputType], {
    nullable: true,
    description: 'New values for variables that the pipeline declares. Omitted variables keep their values.',
  })
  variableInputs?: VariableInputType[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'True if the operation’s log names each task that runs again and each task that is kept. Defaults to false.',
  })
  debug?: boolean | null;
}

@InputType({ description: 'Input of `restoreRun`.' })
export class RestoreRunInput extends RunCommandInput {
  @Field(() => OverrideFreezeInput, {
    nullable: true,
    description: 'Override of freezes. Defaults to none: within a freeze, a restore fails with ENVIRONMENT_FROZEN.',
  })
  overrideFreeze?: OverrideFreezeInput | null;

  @Field(() => ID, { description: 'ID of the pipeline execution.' })
  runId!: string;

  @Field(() => ID, {
    nullable: true,
    description:
      'ID of the restore point that the caller saw. Defaults to the newest one of the run, which is the only one that ' +
      'can be used.',
  })
  restorePointId?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'True to log debug lines. Defaults to false.' })
  debug?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'True to override deployments that runs which started later have made to the environments; the preview lists them. Defaults to false.',
  })
  confirmEnvironmentConflicts?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: '`planToken` of a preview. Fails with PLAN_STALE if anything changed since, including conflicts.',
  })
  planToken?: string | null;
}

@InputType({ description: 'Run whose restore is to be canceled.' })
export class CancelRestoreInput extends ReasonedCommandInput {
  @Field(() => ID, { description: 'ID of the pipeline execution.' })
  runId!: string;
}

@ObjectType('OperationError', { simpleResolvers: true, description: 'Error of a failed or canceled operation.' })
export class OperationErrorType {
  @Field(() => String, {
    description:
      'Error code: `TASK_FAILED`, `TIMED_OUT`, `NO_AGENT`, `ENVIRONMENT_CONFLICT`, `CANCELLED`, or `INTERNAL` for an ' +
      'unexpected error in the server.',
  })
  code!: string;

  @Field(() => String, { description: 'Explanation of the failure.' })
  message!: string;
}

@ObjectType('Operation', { description: 'Extension or restore of a run, with its own log.' })
export class OperationType {
  @Field(() => ID, { description: 'Unique ID, assigned by the server.' })
  id!: string;

  @Field(() => ID, { description: 'ID of the run.' })
  runId!: string;

  @Field(() => OperationKind, { description: 'Kind of the operation.' })
  kind!: string;

  @Field(() => OperationStatus, { description: 'Current status.' })
  status!: string;

  @Field(() => ID, {
    nullable: true,
    description:
      'Restore point that an extension created (null if it kept the previous one), or to which a restore returns.',
  })
  restorePointId!: string | null;

  @Field(() => EventActor, { description: 'User or key that requested it.' })
  actor!: EventActor;

  @Field(() => Boolean, { description: 'True if its log has debug lines.' })
  debug!: boolean;

  @Field(() => Date, { description: 'Time of the request.' })
  startedAt!: Date;

  @Field(() => Date, { description: 'Time at which a restore fails unless it is done by then.' })
  deadlineAt!: Date;

  @Field(() => Date, { nullable: true, description: 'Time at which it ended.' })
  endedAt!: Date | null;
}

@ObjectType('OperationLogLine', { simpleResolvers: true, description: 'Line of an operation’s log.' })
export class OperationLogLineType {
  @Field(() => Int, { description: 'Number of the line, from 1 and without gaps.' })
  number!: number;

  @Field(() => Date, { description: 'Time of the line.' })
  at!: Date;

  @Field(() => OperationLogLevel, { description: 'Severity.' })
  level!: string;

  @Field(() => String, { description: 'Plain text.' })
  message!: string;
}

@ObjectType('OperationLogPage', { simpleResolvers: true, description: 'Page of an operation’s log.' })
export class OperationLogPageType {
  @Field(() => [OperationLogLineType], { description: 'Lines, in order.' })
  lines!: OperationLogLineType[];

  @Field(() => Int, { description: 'Position of the next page. Pass it as `after`.' })
  nextAfter!: number;

  @Field(() => Boolean, { description: 'True if nothing follows this page, now or later.' })
  final!: boolean;
}

@ObjectType('RestorePoint', {
  description:
    'Reference to the attempt that a run was at before it was extended. Never changed, and used at most once.',
})
export class RestorePointType {
  @Field(() => ID, { description: 'Unique ID, assigned by the server.' })
  id!: string;

  @Field(() => Int, { description: 'Attempt that the run was at. It succeeded.' })
  attempt!: number;

  @Field(() => Date, { description: 'Time at which the run was extended.' })
  createdAt!: Date;

  @Field(() => EventActor, { description: 'User or key that extended it.' })
  createdBy!: EventActor;
}

@ObjectType({ description: 'Result of an extension or a restore.' })
export class OperationPayload extends MutationPayload {
  @Field(() => ExecutionInterface, {
    description: 'Current state of the run: RESUMING after an extension, RESTORING during a restore.',
  })
  run!: object;

  @Field(() => OperationType, {
    description: 'Operation that was started. A restore continues on its own; follow `operationLog`.',
  })
  operation!: object;
}

@ObjectType({ simpleResolvers: true, description: 'Value that a restore changes.' })
export class RevertedValue {
  @Field(() => String, { description: 'Name of the variable, or of the service whose image it is.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Current value. Null if there is none.' })
  now!: string | null;

  @Field(() => String, { nullable: true, description: 'Restored value. Null if there is none.' })
  restored!: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'Variable of an element’s workflow that a restore changes.' })
export class RevertedVariable extends RevertedValue {
  @Field(() => ID, { description: 'ID of the element.' })
  elementId!: string;

  @Field(() => String, { description: 'Name of the stage.' })
  stageName!: string;

  @Field(() => String, { description: 'Name of the element.' })
  stepName!: string;
}

@ObjectType({ description: 'Image in an environment to which later attempts of the run have begun to deploy.' })
export class RevertedImage {
  @Field(() => ID, { description: 'Environment.' })
  environmentId!: string;

  @Field(() => String, { description: 'Name.' })
  environment!: string;

  @Field(() => ID, { description: 'Service.' })
  serviceId!: string;

  @Field(() => String, { description: 'Name.' })
  service!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Image that is deployed now. Null if there is none. Equal to `restored` if a deployment was started but failed.',
  })
  now!: string | null;

  @Field(() => String, { nullable: true, description: 'Image that will be deployed again. Null if there is none.' })
  restored!: string | null;
}

@ObjectType({
  description:
    'Deployment by a run that started later, to an environment that this restore affects. The caller must confirm that the restore may override it.',
})
export class EnvironmentConflict extends RevertedImage {
  @Field(() => ID, { description: 'ID of the run that deployed the current image.' })
  runId!: string;

  @Field(() => Date, { description: 'Time of that deployment.' })
  deployedAt!: Date;
}

@ObjectType({ simpleResolvers: true, description: 'Element whose visible result a restore changes.' })
export class RevertedStage {
  @Field(() => ID, { description: 'ID of the element.' })
  elementId!: string;

  @Field(() => String, { description: 'Name of the stage.' })
  stageName!: string;

  @Field(() => String, { description: 'Name of the element.' })
  stepName!: string;

  @Field(() => ExecutionStatusEnum, { nullable: true, description: 'Current status.' })
  status!: string | null;

  @Field(() => Int, { nullable: true, description: 'Attempt of that result.' })
  attempt!: number | null;

  @Field(() => ExecutionStatusEnum, { nullable: true, description: 'Result that will be visible again.' })
  restoredStatus!: string | null;

  @Field(() => Int, { nullable: true, description: 'Attempt of that result.' })
  restoredAttempt!: number | null;
}

@ObjectType({ description: 'Task with `type: restore` that a restore will run.' })
export class PreviewedRestoreTask {
  @Field(() => String, { description: 'Name of the task.' })
  name!: string;

  @Field(() => Int, {
    description: 'Step of the task, from 1. Tasks of one step run in parallel, steps one after the other.',
  })
  step!: number;

  @Field(() => String, { description: 'Name of the workflow that defines it.' })
  workflow!: string;

  @Field(() => String, { description: 'Name of the stage.' })
  stageName!: string;

  @Field(() => String, { description: 'Name of the element.' })
  stepName!: string;

  @Field(() => String, { nullable: true, description: 'Environment that it runs for. Null if there is none.' })
  environment!: string | null;

  @Field(() => [String], { description: 'Labels that its agent must have: `key=value`.' })
  labels!: string[];
}

@ObjectType('RestorePreview', { description: 'Preview of a restore, with everything that prevents it.' })
export class RestorePreviewType {
  @Field(() => Boolean, {
    description: 'True if the restore would be accepted; with `environmentConflicts` only if they are confirmed.',
  })
  allowed!: boolean;

  @Field(() => [PreviewedRefusal], {
    description:
      'Reasons why the restore would fail: FORBIDDEN, NOT_RESTORABLE, NO_RESTORE_POINT, RESTORE_POINT_CONSUMED.',
  })
  refusals!: PreviewedRefusal[];

  @Field(() => String, {
    nullable: true,
    description:
      'Configuration of the previous successful version, as YAML documents: inputs and images of the run, its deployments, its pipeline, and its workflows. Null without a restore point that can be used.',
  })
  configuration!: string | null;

  @Field(() => [RevertedValue], {
    description: 'Inputs of the run that will be restored: variables, then images.',
  })
  inputs!: RevertedValue[];

  @Field(() => [RevertedVariable], {
    description: 'Variables of workflows that will be restored, given at the start or set by tasks.',
  })
  variables!: RevertedVariable[];

  @Field(() => [RevertedStage], { description: 'Elements whose earlier result will be visible again.' })
  stages!: RevertedStage[];

  @Field(() => String, {
    nullable: true,
    description: 'Token for the mutation, which fails with PLAN_STALE if anything changed in between.',
  })
  planToken!: string | null;
}
