import { createUnionType, Field, ID, Int, InterfaceType, ObjectType, registerEnumType } from 'type-graphql';
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
    'Where an execution, a stage or a task stands. SUCCESS, FAILED, ERROR, ABORTED, EXPIRED, REJECTED and SKIPPED are final. Elements that run ' +
    'side by side are rolled up: while one is active the most active counts, then ABORTED, REJECTED, EXPIRED, ERROR, FAILED in this order.',
  valuesConfig: {
    QUEUED: { description: 'Made, but nothing of it has begun; or a stage that has not been reached.' },
    RUNNING: { description: 'Something of it runs.' },
    WAITING: { description: 'For a person’s approval or decision, or for a lock.' },
    PAUSED: { description: 'By a person, or because it asks for runtime inputs.' },
    RESUMING: { description: 'The next attempt is being prepared.' },
    RESTORING: { description: 'It is being brought back to its restore point.' },
    SUCCESS: { description: 'All of it succeeded.' },
    FAILED: { description: 'A task failed.' },
    ERROR: { description: 'The server could not carry it out; not the fault of what was run.' },
    ABORTED: { description: 'A person ended it.' },
    EXPIRED: { description: 'Its time was over.' },
    REJECTED: { description: 'An approval was refused.' },
    SKIPPED: { description: 'Stages and tasks only: not run; the reason says why.' },
    RESUMED: { description: 'Never produced. Kept for clients that were written for it.' },
  },
});

export enum ExecutionTypeEnum {
  PIPELINE = 'PIPELINE',
  WORKFLOW = 'WORKFLOW',
}
registerEnumType(ExecutionTypeEnum, {
  name: 'ExecutionType',
  description: 'What is started.',
  valuesConfig: { PIPELINE: { description: 'A pipeline.' }, WORKFLOW: { description: 'A workflow by itself.' } },
});

export enum ApprovalStepType {
  USER_GROUP = 'USER_GROUP',
}
registerEnumType(ApprovalStepType, {
  name: 'ApprovalStepType',
  description: 'How an approval is given.',
  valuesConfig: { USER_GROUP: { description: 'By any one member of a group of users.' } },
});

export enum ExecuteOptions {
  GRAPHQL_API = 'GRAPHQL_API',
}
registerEnumType(ExecuteOptions, {
  name: 'ExecuteOptions',
  description: 'Through which door an execution was started.',
  valuesConfig: { GRAPHQL_API: { description: 'This API.' } },
});

@ObjectType({
  simpleResolvers: true,
  description: 'A key of this API, as the cause of what it started. Its value is never shown.',
})
export class APIKey {
  @Field(() => ID, { description: 'Given by the server.' })
  id!: string;

  @Field(() => String, { description: 'What it is for.' })
  name!: string;
}

@ObjectType({ description: 'Somebody started it with an API key.' })
export class ExecutedByAPIKey {
  @Field(() => APIKey, { description: 'The key.' })
  apiKey!: APIKey;

  @Field(() => ExecuteOptions, { description: 'Through which door.' })
  using!: string;
}

@ObjectType({ description: 'A person started it.' })
export class ExecutedByUser {
  readonly userId!: string;

  @Field(() => ExecuteOptions, { description: 'Through which door.' })
  using!: string;
}

@ObjectType({ description: 'A stage of a pipeline execution started it.' })
export class ExecutedAlongPipeline {
  readonly __typename = 'ExecutedAlongPipeline';
  readonly executionId!: string;
}

export const Cause = createUnionType({
  name: 'Cause',
  description: 'Why an execution was started.',
  types: () => [ExecutedAlongPipeline, ExecutedByAPIKey, ExecutedByUser] as const,
  resolveType: (value: object) => ('executionId' in value ? ExecutedAlongPipeline : ExecutedByAPIKey),
});

@InterfaceType('Execution', {
  description: 'One run of a pipeline, or of a workflow: alone, or inside a stage.',
  resolveType: (row: { kind: string }) => (row.kind === 'PIPELINE' ? 'PipelineExecution' : 'WorkflowExecution'),
})
export abstract class ExecutionInterface {
  @Field(() => ID, { description: 'Given by the server; the same through all attempts.' })
  id!: string;

  @Field(() => ExecutionStatusEnum, { description: 'Where it stands.' })
  status!: string;

  @Field(() => Int, { description: 'From 1; grows by one with each resume, rerun, extension or restore.' })
  attempt!: number;

  @Field(() => Int, { description: 'Grows with every change of its status.' })
  version!: number;

  @Field(() => String, { nullable: true, description: 'What was noted at the start.' })
  notes!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Why it did not succeed, or will not: `TASK_FAILED`, `EXIT_CODE`, `TIMED_OUT`, `LOST`, `ABORTED`, `EXPIRED`, `REJECTED` and the like.',
  })
  failureCode!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The same in words: which stage, step and task, and what happened.',
  })
  failureDetails!: string | null;

  @Field(() => Date, { description: 'When it was started by its cause.' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When the first of it ran, or waited for an approval.' })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it became final.' })
  endedAt!: Date | null;

  @Field(() => Date, { description: 'When it becomes EXPIRED unless it is final by then.' })
  expiresAt!: Date;
}

@ObjectType({ implements: ExecutionInterface, simpleResolvers: true, description: 'One run of a pipeline.' })
export class PipelineExecution extends ExecutionInterface {}

export enum WorkflowModeEnum {
  SEQUENTIAL = 'SEQUENTIAL',
  PARALLEL = 'PARALLEL',
  WORK_STEALING = 'WORK_STEALING',
}
registerEnumType(WorkflowModeEnum, {
  name: 'WorkflowMode',
  description: 'How a graph of tasks is run. All three come to the same end when the tasks do.',
  valuesConfig: {
    SEQUENTIAL: { description: 'One task at a time, by level, then name. After a failure nothing starts any more.' },
    PARALLEL: { description: 'Level by level. A level in which a task fails is finished; later ones don’t start.' },
    WORK_STEALING: {
      description:
        'A task starts as soon as its own dependencies are done. After a failure nothing starts any more; `on_task_failure` says whether what runs is cancelled or finished.',
    },
  },
});

@ObjectType({
  implements: ExecutionInterface,
  simpleResolvers: true,
  description: 'One run of a workflow: alone, or inside a stage.',
})
export class WorkflowExecution extends ExecutionInterface {
  @Field(() => WorkflowModeEnum, {
    description: 'How its graph is run: as it was given at the start, else as the definition says.',
  })
  mode!: string;

  @Field(() => Int, { nullable: true, description: 'How many of its tasks run side by side; null: no bound.' })
  maxParallel!: number | null;
}

export const ExecutionConnection = ConnectionType(ExecutionInterface, 'Execution');

@ObjectType({ simpleResolvers: true, description: 'The value of a variable in an execution.' })
export class InputVariable {
  @Field(() => String, { description: 'The name of the variable.' })
  name!: string;

  @Field(() => String, { description: 'Its value, as text.' })
  value!: string;
}

@InterfaceType('PipelineStageExecution', {
  description:
    'One element of one stage of a pipeline execution. Elements that run side by side share `pipelineStageName`.',
  resolveType: (row: { kind: string }) =>
    row.kind === 'APPROVAL' ? 'ApprovalStageExecution' : 'WorkflowStageExecution',
})
export abstract class PipelineStageExecution {
  @Field(() => ID, { description: 'The same for the same element in every execution of the pipeline.' })
  pipelineStageElementId!: string;

  @Field(() => String, { description: 'The name of the stage; `STAGE 1`, `STAGE 2`, … for stages without one.' })
  pipelineStageName!: string;

  @Field(() => String, { description: 'The name of the element.' })
  pipelineStepName!: string;

  @Field(() => ExecutionStatusEnum, { description: 'Where it stands. QUEUED: not reached yet.' })
  status!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Why it ended as it did, unless it succeeded; such as `TASK_FAILED`, `NOT_STARTED`, `CONDITION_TRUE` (its skip condition was true) or `CONDITION_ERROR` (it could not be decided).',
  })
  reasonCode!: string | null;

  @Field(() => String, { nullable: true, description: 'The same in words.' })
  reason!: string | null;

  @Field(() => Int, {
    description: 'Attempt of the pipeline execution that ran it; later attempts that keep its result show it too.',
  })
  attempt!: number;

  @Field(() => Date, { nullable: true, description: 'When the first of it ran, or when the approval was asked for.' })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it became final.' })
  endedAt!: Date | null;
}

@ObjectType({
  implements: PipelineStageExecution,
  simpleResolvers: true,
  description: 'A person’s gate in a pipeline execution.',
})
export class ApprovalStageExecution extends PipelineStageExecution {
  @Field(() => ApprovalStepType, { description: 'How it is given.' })
  approvalStepType!: string;
}

@ObjectType({
  implements: PipelineStageExecution,
  simpleResolvers: true,
  description: 'A workflow in a stage of a pipeline execution.',
})
export class WorkflowStageExecution extends PipelineStageExecution {
  @Field(() => ID, { nullable: true, description: 'The execution of the workflow; null until the stage is reached.' })
  workflowExecutionId!: string | null;

  @Field(() => [InputVariable], { description: 'The values that its workflow runs with.' })
  inputVariables!: InputVariable[];

  @Field(() => Date, {
    nullable: true,
    description:
      'Until when it waits for a person: PAUSED for `pipelineResumeRuntime`, WAITING for `interveneExecution`. Null when it does not.',
  })
  waitsUntil!: Date | null;

  @Field(() => Boolean, { description: 'Whether it failed and that does not count: the pipeline goes on.' })
  ignoredFailure!: boolean;
}

export enum TaskTypeEnum {
  NORMAL = 'normal',
  FORENSIC = 'forensic',
  RESTORE = 'restore',
}
registerEnumType(TaskTypeEnum, {
  name: 'TaskType',
  description: 'What a task is for, as its definition says it.',
  valuesConfig: {
    NORMAL: { description: 'A node of the graph.' },
    FORENSIC: { description: 'A failure handler: runs beside the graph when a task or the workflow has failed.' },
    RESTORE: { description: 'Runs beside the graph when a run is restored.' },
  },
});

@ObjectType({
  simpleResolvers: true,
  description: 'One node of a workflow’s graph in an execution; or a task that ran beside the graph.',
})
export class TaskExecution {
  @Field(() => ID, { description: 'Given by the server.' })
  id!: string;

  @Field(() => String, { description: 'The name of the task.' })
  name!: string;

  @Field(() => TaskTypeEnum, { description: 'What it is for.' })
  type!: string;

  @Field(() => ExecutionStatusEnum, {
    description: 'Where it stands. QUEUED: waits for other tasks, for `maxParallel`, or for an agent.',
  })
  status!: string;

  @Field(() => Int, { description: 'The attempt of the execution in which it ran.' })
  attempt!: number;

  @Field(() => Int, { description: 'How many jobs were made for it.' })
  tries!: number;

  @Field(() => Date, {
    nullable: true,
    description:
      'When it is tried again, while it waits for that after a failure. `reasonCode` and `exitCode` are those of the last try then.',
  })
  nextTryAt!: Date | null;

  @Field(() => Date, {
    nullable: true,
    description:
      'Until when it waits for a person to decide about its failure (`interveneExecution`); null when it does not. Afterwards its definition decides.',
  })
  waitsUntil!: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Why it did not succeed, as `Job.reasonCode`; or before it had a job: `UNDEFINED_VARIABLE`, `CONDITION_FALSE` (skipped; what depends on it goes on), `CONDITION_ERROR` (its condition could not be decided).',
  })
  reasonCode!: string | null;

  @Field(() => String, { nullable: true, description: 'The same in words.' })
  reason!: string | null;

  @Field(() => Int, { nullable: true, description: 'The exit code of its command.' })
  exitCode!: number | null;

  @Field(() => Date, { nullable: true, description: 'When it first ran.' })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it became final.' })
  endedAt!: Date | null;
}

@ObjectType({ simpleResolvers: true, description: 'A service and the image of it that an execution deploys.' })
export class ServiceImage {
  @Field(() => ID, { description: 'The service.' })
  serviceId!: string;

  @Field(() => String, { description: 'The image, as it was given at the start.' })
  image!: string;
}
