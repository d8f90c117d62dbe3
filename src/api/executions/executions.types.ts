// Long because it describes executions, their stages and tasks: the descriptions are the API’s manual.
import { createUnionType, Field, ID, Int, InterfaceType, ObjectType, registerEnumType } from 'type-graphql';
import { TypeOf } from '../graphql/abstractTypes';
import { EventActor } from '../access/actor.types';
import { NodeInterface } from '../graphql/node.types';
import { ConnectionType } from '../graphql/paging.types';

export enum ExecutionStatusEnum {
  QUEUED = 'QUEUED',
  RUNNING = 'RUNNING',
  WAITING = 'WAITING',
  PAUSED = 'PAUSED',
  RESUMING = 'RESUMING',
  RESTORING = 'RESTORING',
  SUCCESS = 'SUCCESS',
  FAILED = 'FAILED',
  ERROR = 'ERROR',
  ABORTED = 'ABORTED',
  EXPIRED = 'EXPIRED',
  REJECTED = 'REJECTED',
  SKIPPED = 'SKIPPED',
  RESUMED = 'RESUMED',
}
registerEnumType(ExecutionStatusEnum, {
  name: 'ExecutionStatus',
  description:
    'Status of an execution, a stage or a task. SUCCESS, FAILED, ERROR, ABORTED, EXPIRED, REJECTED and SKIPPED are ' +
    'final. The status of parallel elements is rolled up: while any element is active, the most active status ' +
    'counts; afterwards ABORTED, REJECTED, EXPIRED, ERROR, FAILED, in this order of precedence.',
  valuesConfig: {
    QUEUED: { description: 'Created but not started, or a stage that has not been reached.' },
    RUNNING: { description: 'At least one part is running.' },
    WAITING: { description: 'Waiting for an approval, a person’s decision, or a lock.' },
    PAUSED: { description: 'Paused by a person, or asking for runtime inputs.' },
    RESUMING: { description: 'The next attempt is being prepared.' },
    RESTORING: { description: 'A restore to the restore point is in progress.' },
    SUCCESS: { description: 'Everything succeeded.' },
    FAILED: { description: 'A task failed.' },
    ERROR: { description: 'The server could not carry out the execution. The commands are not at fault.' },
    ABORTED: { description: 'A person aborted it.' },
    EXPIRED: { description: 'The time limit passed.' },
    REJECTED: { description: 'An approval was rejected.' },
    SKIPPED: { description: 'Stages and tasks only: not run. `reason` explains why.' },
    RESUMED: { description: 'Never produced. Kept for older clients.' },
  },
});

export enum ExecutionTypeEnum {
  PIPELINE = 'PIPELINE',
  WORKFLOW = 'WORKFLOW',
}
registerEnumType(ExecutionTypeEnum, {
  name: 'ExecutionType',
  description: 'Kind of definition to start.',
  valuesConfig: { PIPELINE: { description: 'A pipeline.' }, WORKFLOW: { description: 'A standalone workflow.' } },
});

export enum ApprovalStepType {
  USER_GROUP = 'USER_GROUP',
  JIRA = 'JIRA',
  SERVICENOW = 'SERVICENOW',
  SHELL_SCRIPT = 'SHELL_SCRIPT',
}
registerEnumType(ApprovalStepType, {
  name: 'ApprovalStepType',
  description: 'Method of approval.',
  valuesConfig: {
    USER_GROUP: { description: 'Any member of a user group can decide.' },
    JIRA: { description: 'Never produced. Kept for clients of FirstGen.' },
    SERVICENOW: { description: 'Never produced. Kept for clients of FirstGen.' },
    SHELL_SCRIPT: { description: 'Never produced. Kept for clients of FirstGen.' },
  },
});

export enum ExecuteOptions {
  GRAPHQL_API = 'GRAPHQL_API',
}
registerEnumType(ExecuteOptions, {
  name: 'ExecuteOptions',
  description: 'Interface through which an execution was started.',
  valuesConfig: { GRAPHQL_API: { description: 'This API.' } },
});

@ObjectType({
  simpleResolvers: true,
  description: 'API key that started an execution. Its value is never shown.',
})
export class APIKey {
  @Field(() => ID, { description: 'Unique ID, assigned by the server.' })
  id!: string;

  @Field(() => String, { description: 'Name of the key.' })
  name!: string;
}

@ObjectType({ description: 'Start with an API key.' })
export class ExecutedByAPIKey {
  @Field(() => APIKey, { description: 'API key.' })
  apiKey!: APIKey;

  @Field(() => ExecuteOptions, { description: 'Interface that was used.' })
  using!: string;
}

@ObjectType({ description: 'Start by a user.' })
export class ExecutedByUser {
  readonly userId!: string;

  @Field(() => ExecuteOptions, { description: 'Interface that was used.' })
  using!: string;
}

@ObjectType({ description: 'Start by a stage of a pipeline execution.' })
export class ExecutedAlongPipeline {
  readonly __typename = 'ExecutedAlongPipeline';
  readonly executionId!: string;
}

@ObjectType({ description: 'Start by a trigger.' })
export class ExecutedByTrigger {
  readonly triggerId!: string;

  @Field(() => EventActor, { description: 'The trigger as the actor of the start; `owner` is the name of its author.' })
  actor!: EventActor;
}

export const Cause = createUnionType({
  name: 'Cause',
  description: 'Cause of an execution.',
  types: () => [ExecutedAlongPipeline, ExecutedByAPIKey, ExecutedByTrigger, ExecutedByUser] as const,
});

@TypeOf(({ kind }: { kind: string }) => (kind === 'PIPELINE' ? 'PipelineExecution' : 'WorkflowExecution'))
@InterfaceType('Execution', {
  description: 'One run of a pipeline or of a workflow. A workflow runs standalone or inside a stage.',
})
export abstract class ExecutionInterface {
  @Field(() => ID, { description: 'Unique ID, assigned by the server. Stays the same in all attempts.' })
  id!: string;

  @Field(() => ExecutionStatusEnum, { description: 'Current status.' })
  status!: string;

  @Field(() => Int, {
    description: 'Number of the current attempt, from 1. Each resume, rerun, extension or restore starts a new one.',
  })
  attempt!: number;

  @Field(() => Int, { description: 'Counter that increases with every change of the status.' })
  version!: number;

  @Field(() => String, { nullable: true, description: 'Note given at the start.' })
  notes!: string | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Priority set at its start or by `setPriority`. Null: that of its pipeline or workflow, then of its application, then 0. For a member of a run, that of the run applies.',
  })
  priority!: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Code of the failure, also while the execution is still failing: `TASK_FAILED`, `EXIT_CODE`, `TIMED_OUT`, ' +
      '`AGENT_LOST`, `ABORTED`, `EXPIRED`, `REJECTED`, `SERVER_ERROR` (status ERROR) and others.',
  })
  failureCode!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Explanation of `failureCode`: the stage, step and task, and what happened.',
  })
  failureDetails!: string | null;

  @Field(() => Date, { description: 'Time at which the execution was created.' })
  createdAt!: Date;

  @Field(() => Date, {
    nullable: true,
    description: 'Time at which the first part ran, or first waited for an approval.',
  })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'Time at which it became final.' })
  endedAt!: Date | null;

  @Field(() => Date, {
    description:
      'Time at which it becomes EXPIRED unless it is final by then. While tasks of `finally` run, the time limit of those.',
  })
  expiresAt!: Date;
}

@ObjectType({
  implements: [ExecutionInterface, NodeInterface],
  simpleResolvers: true,
  description: 'One run of a pipeline.',
})
export class PipelineExecution extends ExecutionInterface {}

export enum WorkflowModeEnum {
  SEQUENTIAL = 'SEQUENTIAL',
  PARALLEL = 'PARALLEL',
  WORK_STEALING = 'WORK_STEALING',
}
registerEnumType(WorkflowModeEnum, {
  name: 'WorkflowMode',
  description:
    'Order in which a graph of tasks runs. If the tasks end the same way, all three modes have the same result.',
  valuesConfig: {
    SEQUENTIAL: { description: 'One task at a time, by level, then by name. After a failure no further task starts.' },
    PARALLEL: { description: 'Level by level. A level in which a task fails is finished; later levels don’t start.' },
    WORK_STEALING: {
      description:
        'Each task starts as soon as its own dependencies are done. After a failure no further task starts; ' +
        '`on_task_failure` decides whether running tasks are canceled or finished.',
    },
  },
});

@ObjectType({
  implements: [ExecutionInterface, NodeInterface],
  simpleResolvers: true,
  description: 'One run of a workflow, standalone or inside a stage.',
})
export class WorkflowExecution extends ExecutionInterface {
  @Field(() => WorkflowModeEnum, {
    description:
      'Order in which the graph runs. Taken from the start, or from the definition if the start did not set it.',
  })
  mode!: string;

  @Field(() => Int, { nullable: true, description: 'Maximum number of tasks that run in parallel. Null: unlimited.' })
  maxParallel!: number | null;
}

export const ExecutionConnection = ConnectionType(ExecutionInterface, 'Execution');

@ObjectType({ simpleResolvers: true, description: 'Value of a variable in an execution.' })
export class InputVariable {
  @Field(() => String, { description: 'Name of the variable.' })
  name!: string;

  @Field(() => String, { description: 'Value, as text.' })
  value!: string;
}

@TypeOf(({ kind }: { kind: string }) => (kind === 'APPROVAL' ? 'ApprovalStageExecution' : 'WorkflowStageExecution'))
@InterfaceType('PipelineStageExecution', {
  description: 'One element of one stage of a pipeline execution. Parallel elements have the same `pipelineStageName`.',
})
export abstract class PipelineStageExecution {
  @Field(() => ID, { description: 'ID of the element, the same in every execution of the pipeline.' })
  pipelineStageElementId!: string;

  @Field(() => String, { description: 'Name of the stage: `STAGE 1`, `STAGE 2`, … for unnamed stages.' })
  pipelineStageName!: string;

  @Field(() => String, { description: 'Name of the element.' })
  pipelineStepName!: string;

  @Field(() => ExecutionStatusEnum, { description: 'Current status. QUEUED: not reached yet.' })
  status!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Code of the reason, unless the element succeeded: `TASK_FAILED`, `NOT_STARTED`, `CONDITION_TRUE` (its skip ' +
      'condition was true), `CONDITION_ERROR` (its skip condition could not be decided) and others.',
  })
  reasonCode!: string | null;

  @Field(() => String, { nullable: true, description: 'Explanation of `reasonCode`.' })
  reason!: string | null;

  @Field(() => Int, {
    description: 'Attempt of the pipeline execution that ran it. Later attempts that keep its result also show it.',
  })
  attempt!: number;

  @Field(() => Date, {
    nullable: true,
    description: 'Time at which the first part ran, or at which the approval was requested.',
  })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'Time at which it became final.' })
  endedAt!: Date | null;
}

@ObjectType({
  implements: PipelineStageExecution,
  simpleResolvers: true,
  description: 'Approval in a stage of a pipeline execution.',
})
export class ApprovalStageExecution extends PipelineStageExecution {}

@ObjectType({
  implements: PipelineStageExecution,
  simpleResolvers: true,
  description: 'Workflow in a stage of a pipeline execution.',
})
export class WorkflowStageExecution extends PipelineStageExecution {
  @Field(() => ID, { nullable: true, description: 'Execution of the workflow. Null until the stage is reached.' })
  workflowExecutionId!: string | null;

  @Field(() => Date, {
    nullable: true,
    description:
      'Deadline for a person to act: `pipelineResumeRuntime` if PAUSED, `interveneExecution` if ' +
      'WAITING. Null if it doesn’t wait.',
  })
  waitsUntil!: Date | null;

  @Field(() => Boolean, {
    description: 'True if the element failed and its failure is ignored, so that the pipeline continues.',
  })
  ignoredFailure!: boolean;
}

export enum TaskTypeEnum {
  NORMAL = 'normal',
  FORENSIC = 'forensic',
  RESTORE = 'restore',
  ROLLBACK = 'rollback',
  FINALLY = 'finally',
}
registerEnumType(TaskTypeEnum, {
  name: 'TaskType',
  description: 'Purpose of a task, from its definition.',
  valuesConfig: {
    NORMAL: { description: 'Node of the graph.' },
    FORENSIC: { description: 'Failure handler: a detached task that runs after a task or the workflow failed.' },
    RESTORE: { description: 'Restore task: a detached task that runs when a run is restored.' },
    ROLLBACK: {
      description: 'Rollback task: runs in place of the normal tasks when a deployment is rolled back.',
    },
    FINALLY: {
      description: 'Task of `finally`: a detached task that runs after the graph has ended, with any outcome.',
    },
  },
});

@ObjectType({
  simpleResolvers: true,
  description: 'One node of a workflow’s graph in an execution, or a detached task.',
})
export class TaskExecution {
  @Field(() => ID, { description: 'Unique ID, assigned by the server.' })
  id!: string;

  @Field(() => String, { description: 'Name of the task.' })
  name!: string;

  @Field(() => TaskTypeEnum, { description: 'Purpose of the task.' })
  type!: string;

  @Field(() => ExecutionStatusEnum, {
    description:
      'Current status. QUEUED: waiting for other tasks, for `maxParallel`, or for an agent. WAITING: for an approval, or ' +
      'for a decision about its failure.',
  })
  status!: string;

  @Field(() => Int, { description: 'Attempt of the execution in which the task ran.' })
  attempt!: number;

  @Field(() => Int, { description: 'Number of jobs created for the task.' })
  tries!: number;

  @Field(() => Date, {
    nullable: true,
    description:
      'Time of the next try, while the task waits for it after a failure. `reasonCode` and `exitCode` are then those ' +
      'of the last try.',
  })
  nextTryAt!: Date | null;

  @Field(() => Date, {
    nullable: true,
    description:
      'Time until which the task waits for a person to decide about its failure with `interveneExecution`. Afterwards ' +
      'the definition decides. Null if it doesn’t wait.',
  })
  waitsUntil!: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Code of the reason, unless the task succeeded. As `Job.reasonCode`, or before the first job ' +
      '`UNDEFINED_VARIABLE`, `CONDITION_FALSE` (skipped; dependent tasks run), `CONDITION_ERROR` (the condition ' +
      'could not be decided), `BAD_MATRIX` or `EMPTY_MATRIX` (the value that an earlier task set is not a list, or is ' +
      'empty: skipped). `FAIL_FAST` if it was canceled because another combination of its matrix failed. Of an approval, `REJECTED`, `EXPIRED` or `REFERENCE_UNFILLED`.',
  })
  reasonCode!: string | null;

  @Field(() => String, { nullable: true, description: 'Explanation of `reasonCode`.' })
  reason!: string | null;

  @Field(() => Int, { nullable: true, description: 'Exit code of the command.' })
  exitCode!: number | null;

  @Field(() => Date, { nullable: true, description: 'Time at which the task first ran.' })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'Time at which it became final.' })
  endedAt!: Date | null;
}

@ObjectType({ simpleResolvers: true, description: 'Image of a service that an execution deploys.' })
export class ServiceImage {
  @Field(() => ID, { description: 'ID of the service.' })
  serviceId!: string;

  @Field(() => String, { description: 'Image, as given at the start.' })
  image!: string;
}
