// Long because it has a class for each type of event.
import { Field, ID, Int, InterfaceType, ObjectType } from 'type-graphql';
import { EventActor } from '../access/actor.types';
import { ArtifactTypeEnum } from '../artifacts/artifacts.types';
import { ApprovalStatusEnum } from '../approvals/approvals.types';
import { DeploymentStatusEnum } from '../deployments/deployments.types';
import type { ExecutionEventType } from '../../engine/executionEvent';
import { ExecutionStatusEnum, TaskTypeEnum } from '../executions/executions.types';
import { GraphQLJson } from '../graphql/scalars';

/** Resolved objects hold the fields of `data` next to the common fields: see `shownEvent`. */
@InterfaceType('ExecutionEvent', {
  description:
    'One committed change of an execution, written in the same transaction. Each type of event has its own object ' +
    'type with the fields of `data`. More types will follow; an older server delivers them as `OtherEvent`. Query ' +
    'the common fields and the types that you know: `{ sequence type at ... on TaskStatusEvent { name to } }`.',
  resolveType: () => 'OtherEvent',
})
export abstract class ExecutionEventInterface {
  @Field(() => ID, {
    description: 'ID of the run: the execution itself, or the pipeline execution that it is a member of.',
  })
  runId!: string;

  @Field(() => ID, { description: 'ID of the execution that changed.' })
  executionId!: string;

  @Field(() => Int, {
    description:
      'Sequence in the log that was requested (of a run, or of one member execution), from 1 and without gaps. ' +
      'Elsewhere, the sequence in the log of `executionId`. Can be used as `after` instead of a cursor.',
  })
  sequence!: number;

  @Field(() => String, { description: 'Type of the event, such as `TASK_STATUS`. More types may follow.' })
  type!: string;

  @Field(() => Date, { description: 'Time of the commit, by the clock of the server that committed it.' })
  at!: Date;

  @Field(() => EventActor, { description: 'User, key or system component that caused the event.' })
  actor!: EventActor;

  @Field(() => GraphQLJson, { description: 'All data of the event as JSON, for types that you don’t know.' })
  data!: unknown;
}

const type = (description: string, ...more: (abstract new () => ExecutionEventInterface)[]) => ({
  implements: [ExecutionEventInterface, ...more],
  simpleResolvers: true,
  description,
});

@ObjectType(type('`EXECUTION_CREATED`: a run was started, or a stage began its workflow.'))
export class ExecutionCreatedEvent extends ExecutionEventInterface {
  @Field(() => String, { description: '`PIPELINE` or `WORKFLOW`.' })
  kind!: string;

  @Field(() => String, { description: 'Name of the pipeline or workflow.' })
  name!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'ID of the stage element that it belongs to. Null for a standalone execution.',
  })
  stageExecutionId?: string | null;

  @Field(() => Int, { nullable: true, description: 'Number of tasks in the workflow. Null for a pipeline.' })
  tasks?: number | null;
}

@ObjectType(type('`ATTEMPT_STARTED`: the next attempt of a final execution began. Its status is RESUMING.'))
export class AttemptStartedEvent extends ExecutionEventInterface {
  @Field(() => Int, { description: 'Number of the attempt.' })
  attempt!: number;

  @Field(() => String, { description: 'Kind of the attempt: `RESUME`, `RERUN`, `EXTEND`. More may follow.' })
  kind!: string;

  @Field(() => ExecutionStatusEnum, { description: 'Status in which the previous attempt ended.' })
  from!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the stage that the attempt starts from. Null if it is the first stage, and for workflows.',
  })
  fromStage?: string | null;

  @Field(() => String, { nullable: true, description: 'Reason that was given.' })
  reason?: string | null;
}

@InterfaceType('StatusChangeEvent', {
  implements: ExecutionEventInterface,
  description: 'Common fields of all events about a status change.',
  resolveType: () => 'OtherEvent',
})
export abstract class StatusChangeEvent extends ExecutionEventInterface {
  @Field(() => ExecutionStatusEnum, { description: 'Status before the change.' })
  from!: string;

  @Field(() => ExecutionStatusEnum, { description: 'Status after the change.' })
  to!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Code of the reason, such as `TASK_FAILED`. Null if the change needs no reason.',
  })
  reasonCode?: string | null;

  @Field(() => String, { nullable: true, description: 'Explanation of `reasonCode`.' })
  reason?: string | null;
}

@ObjectType(type('`EXECUTION_STATUS`: the status of an execution changed.', StatusChangeEvent))
export class ExecutionStatusEvent extends StatusChangeEvent {
  @Field(() => Int, { description: 'Attempt that it belongs to.' })
  attempt!: number;
}

@ObjectType(
  type(
    '`EXECUTION_FAILING`: an execution can no longer succeed. Nothing new starts, and running tasks may finish. Its status follows when everything is final.',
  ),
)
export class ExecutionFailingEvent extends ExecutionEventInterface {
  @Field(() => String, { description: 'Value of the execution’s `failureCode`.' })
  reasonCode!: string;

  @Field(() => String, { description: 'Value of the execution’s `failureDetails`.' })
  reason!: string;
}

@ObjectType(type('`STAGE_STATUS`: the status of a stage element changed.', StatusChangeEvent))
export class StageStatusEvent extends StatusChangeEvent {
  @Field(() => ID, { description: 'ID of the element in this attempt.' })
  stageExecutionId!: string;

  @Field(() => ID, { description: 'ID of the element, the same in every execution of the pipeline.' })
  elementId!: string;

  @Field(() => String, { description: 'Name of the stage.' })
  stageName!: string;

  @Field(() => String, { description: 'Name of the element.' })
  stepName!: string;
}

@ObjectType(type('`TASK_STATUS`: the status of a task changed. When it is final, so is its job.', StatusChangeEvent))
export class TaskStatusEvent extends StatusChangeEvent {
  @Field(() => ID, { description: 'ID of the task in this attempt.' })
  taskExecutionId!: string;

  @Field(() => String, { description: 'Name of the task.' })
  name!: string;

  @Field(() => ID, { nullable: true, description: 'ID of the newest job. Null if there is none.' })
  jobId?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Exit code of the command, if it ended on its own; 128 plus the signal number if a signal ended it.',
  })
  exitCode?: number | null;

  @Field(() => Int, { description: 'Try of the task, from 1. 0 before the first.' })
  try!: number;

  @Field(() => TaskTypeEnum, {
    nullable: true,
    description: 'Purpose of a detached task. Null for tasks of the graph.',
  })
  taskType?: string | null;
}

@ObjectType(
  type(
    '`BESIDE_TASK_CREATED`: a detached task was created, because something failed or is restored. Its `TaskStatusEvent`s follow, even after the execution is final.',
  ),
)
export class BesideTaskCreatedEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'ID of the task in this attempt.' })
  taskExecutionId!: string;

  @Field(() => String, { description: 'Name of the task.' })
  name!: string;

  @Field(() => TaskTypeEnum, { description: 'Purpose of the task.' })
  taskType!: string;

  @Field(() => ID, {
    nullable: true,
    description:
      'ID of the task whose failure it handles. Null for the failure handler of the workflow, and for restore tasks.',
  })
  failedTaskExecutionId?: string | null;
}

@InterfaceType('JobEvent', {
  implements: ExecutionEventInterface,
  description:
    'Common fields of the events about jobs. The `TaskStatusEvent` of the task reports how a job ended, because the ' +
    'two are one change.',
  resolveType: () => 'OtherEvent',
})
export abstract class JobEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'ID of the job.' })
  jobId!: string;

  @Field(() => ID, { description: 'ID of the job’s task.' })
  taskExecutionId!: string;

  @Field(() => String, { description: 'Name of the task.' })
  name!: string;

  @Field(() => Int, { description: 'Try of the task, from 1.' })
  attempt!: number;
}

@ObjectType(type('`JOB_QUEUED`: the dependencies of a task are done, and it waits for an agent.', JobEvent))
export class JobQueuedEvent extends JobEvent {}

@ObjectType(type('`JOB_STARTED`: an agent started the job.', JobEvent))
export class JobStartedEvent extends JobEvent {
  @Field(() => ID, { description: 'ID of the agent.' })
  agentId!: string;
}

@ObjectType(type('`JOB_LOST`: the agent of a job was lost or stopped.', JobEvent))
export class JobLostEvent extends JobEvent {
  @Field(() => Boolean, {
    description: 'True if the task gets another job: its command had not started, or `on_lost` is RETRY.',
  })
  retried!: boolean;
}

@ObjectType(type('`APPROVAL_REQUESTED`: an approval waits for a person.'))
export class ApprovalRequestedEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'ID of the approval.' })
  approvalId!: string;

  @Field(() => ID, { description: 'ID of the stage element that requests the approval.' })
  stageExecutionId!: string;

  @Field(() => [String], { description: 'Names of user groups. Any one member of any of them decides.' })
  approvers!: string[];

  @Field(() => Date, { description: 'Time at which it becomes EXPIRED.' })
  expiresAt!: Date;
}

@ObjectType(type('`APPROVAL_DECIDED`: an approval no longer waits.'))
export class ApprovalDecidedEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'ID of the approval.' })
  approvalId!: string;

  @Field(() => ID, { description: 'ID of the stage element that requested the approval.' })
  stageExecutionId!: string;

  @Field(() => ApprovalStatusEnum, { description: 'Status of the approval.' })
  status!: string;

  @Field(() => String, { nullable: true, description: 'Comment given with the decision.' })
  comments?: string | null;
}

@ObjectType(type('`RUNTIME_INPUTS_REQUESTED`: a stage element is PAUSED until its runtime inputs are given.'))
export class RuntimeInputsRequestedEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'ID of the element in this attempt.' })
  stageExecutionId!: string;

  @Field(() => ID, { description: 'ID of the stage element, for `pipelineResumeRuntime`.' })
  elementId!: string;

  @Field(() => String, { description: 'Name of the stage.' })
  stageName!: string;

  @Field(() => String, { description: 'Name of the element.' })
  stepName!: string;

  @Field(() => [String], { description: 'Names of the variables that the element asks for.' })
  variables!: string[];

  @Field(() => Date, { description: 'Time at which it becomes EXPIRED, or continues with its defaults.' })
  expiresAt!: Date;
}

@ObjectType(
  type(
    '`RUNTIME_INPUTS_GIVEN`: the runtime inputs of an element were given, or the time limit passed and it continues with the defaults.',
  ),
)
export class RuntimeInputsGivenEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'ID of the element in this attempt.' })
  stageExecutionId!: string;

  @Field(() => ID, { description: 'ID of the element, the same in every execution of the pipeline.' })
  elementId!: string;

  @Field(() => [String], { description: 'Names of the variables that were given a value.' })
  variables!: string[];
}

@ObjectType(type('`INTERVENTION_REQUESTED`: a failure waits for a person; `interveneExecution` decides.'))
export class InterventionRequestedEvent extends ExecutionEventInterface {
  @Field(() => ID, { nullable: true, description: 'ID of the task. Null for a stage element.' })
  taskExecutionId?: string | null;

  @Field(() => ID, { nullable: true, description: 'ID of the stage element in this attempt. Null for a task.' })
  stageExecutionId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'ID of the stage element in every execution of the pipeline. Null for a task.',
  })
  elementId?: string | null;

  @Field(() => String, { description: 'Name of the task or element.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Reason of the failure.' })
  reason?: string | null;

  @Field(() => Date, { description: 'Time at which the definition decides.' })
  expiresAt!: Date;
}

@ObjectType(
  type('`INTERVENED`: a person decided about a failure, or the time limit passed and the definition decided.'),
)
export class IntervenedEvent extends ExecutionEventInterface {
  @Field(() => ID, { nullable: true, description: 'ID of the task. Null for a stage element.' })
  taskExecutionId?: string | null;

  @Field(() => ID, { nullable: true, description: 'ID of the stage element in this attempt. Null for a task.' })
  stageExecutionId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'ID of the stage element in every execution of the pipeline. Null for a task.',
  })
  elementId?: string | null;

  @Field(() => String, { description: 'Name of the task or element.' })
  name!: string;

  @Field(() => String, { description: 'Decision, one of the actions of `interveneExecution`.' })
  action!: string;

  @Field(() => String, { nullable: true, description: 'Reason that was given.' })
  reason?: string | null;
}

@ObjectType(
  type('`TASK_RETRIED`: a failed task is retried while its workflow is still running. Its failure is taken back.'),
)
export class TaskRetriedEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'ID of the task.' })
  taskExecutionId!: string;

  @Field(() => String, { description: 'Name of the task.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Reason that was given.' })
  reason?: string | null;

  @Field(() => Int, {
    description: 'Number of tasks that were skipped because of the failure and now wait for their turn again.',
  })
  restored!: number;
}

@ObjectType(type('`ABORT_REQUESTED`: a person aborts the execution. Running commands are asked to stop.'))
export class AbortRequestedEvent extends ExecutionEventInterface {
  @Field(() => String, { nullable: true, description: 'Reason that was given.' })
  reason?: string | null;
}

@ObjectType(type('`PAUSE_REQUESTED`: a person pauses the execution. Nothing new starts; running tasks finish.'))
export class PauseRequestedEvent extends ExecutionEventInterface {
  @Field(() => String, { nullable: true, description: 'Reason that was given.' })
  reason?: string | null;
}

@ObjectType(type('`CONTINUE_REQUESTED`: a person continues a paused execution.'))
export class ContinueRequestedEvent extends ExecutionEventInterface {
  @Field(() => String, { nullable: true, description: 'Reason that was given.' })
  reason?: string | null;
}

@ObjectType(type('`ARTIFACT_ADDED`: a job uploaded a file.'))
export class ArtifactAddedEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'ID of the artifact.' })
  artifactId!: string;

  @Field(() => ID, { description: 'ID of the task that uploaded it.' })
  taskExecutionId!: string;

  @Field(() => String, { description: 'Path of the file.' })
  name!: string;

  @Field(() => ArtifactTypeEnum, { description: 'Type of the artifact.' })
  artifactType!: string;

  @Field(() => String, { description: 'Permission bits in octal.' })
  mode!: string;

  @Field(() => Number, { description: 'Size in bytes.' })
  size!: number;

  @Field(() => String, { description: 'SHA-256 of the content, in hex.' })
  sha256!: string;
}

@ObjectType(
  type('`DEPLOYMENT_STATUS`: a deployment of a service to an environment began or ended, or a restore made it.'),
)
export class DeploymentStatusEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'ID of the deployment.' })
  deploymentId!: string;

  @Field(() => ID, { description: 'ID of the environment.' })
  environmentId!: string;

  @Field(() => ID, { description: 'ID of the service.' })
  serviceId!: string;

  @Field(() => String, { description: 'Image.' })
  image!: string;

  @Field(() => DeploymentStatusEnum, { description: 'New status.' })
  status!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the task that deploys. Null if the workflow as a whole does, and for a restore.',
  })
  task!: string | null;
}

@ObjectType(
  type('`DEPLOYED`: an environment has a new image of a service. Follows `DEPLOYMENT_STATUS` with SUCCEEDED.'),
)
export class DeployedEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'ID of the environment.' })
  environmentId!: string;

  @Field(() => ID, { description: 'ID of the service.' })
  serviceId!: string;

  @Field(() => String, { description: 'Image.' })
  image!: string;
}

@ObjectType(
  type('`RESTORE_STARTED`: a restore of a run to its restore point began. The status of the run is RESTORING.'),
)
export class RestoreStartedEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'ID of the operation. Its log has the details.' })
  operationId!: string;

  @Field(() => ID, { description: 'ID of the restore point.' })
  restorePointId!: string;
}

@ObjectType(
  type(
    '`RESTORE_ENDED`: a restore ended. After SUCCESS the run has the stages, tasks, variables, images and inputs of its restore point: read them again.',
  ),
)
export class RestoreEndedEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'ID of the operation.' })
  operationId!: string;

  @Field(() => String, {
    description:
      'Result of the restore: `SUCCESS`; or `FAILED` or `CANCELLED`, in which case everything is as it was before.',
  })
  status!: string;

  @Field(() => String, { nullable: true, description: 'Code of the failure, as `Operation.error.code`.' })
  reasonCode?: string | null;

  @Field(() => String, { nullable: true, description: 'Explanation of `reasonCode`.' })
  reason?: string | null;
}

@ObjectType(type('Event of a type that this version of the schema does not know. `type` and `data` describe it.'))
export class OtherEvent extends ExecutionEventInterface {}

/** Object type for each type of event. */
export const eventTypes: Readonly<Record<ExecutionEventType, abstract new () => ExecutionEventInterface>> = {
  EXECUTION_CREATED: ExecutionCreatedEvent,
  ATTEMPT_STARTED: AttemptStartedEvent,
  EXECUTION_STATUS: ExecutionStatusEvent,
  EXECUTION_FAILING: ExecutionFailingEvent,
  STAGE_STATUS: StageStatusEvent,
  TASK_STATUS: TaskStatusEvent,
  BESIDE_TASK_CREATED: BesideTaskCreatedEvent,
  JOB_QUEUED: JobQueuedEvent,
  JOB_STARTED: JobStartedEvent,
  JOB_LOST: JobLostEvent,
  APPROVAL_REQUESTED: ApprovalRequestedEvent,
  APPROVAL_DECIDED: ApprovalDecidedEvent,
  RUNTIME_INPUTS_REQUESTED: RuntimeInputsRequestedEvent,
  RUNTIME_INPUTS_GIVEN: RuntimeInputsGivenEvent,
  INTERVENTION_REQUESTED: InterventionRequestedEvent,
  INTERVENED: IntervenedEvent,
  TASK_RETRIED: TaskRetriedEvent,
  ABORT_REQUESTED: AbortRequestedEvent,
  PAUSE_REQUESTED: PauseRequestedEvent,
  CONTINUE_REQUESTED: ContinueRequestedEvent,
  ARTIFACT_ADDED: ArtifactAddedEvent,
  RESTORE_STARTED: RestoreStartedEvent,
  RESTORE_ENDED: RestoreEndedEvent,
  DEPLOYMENT_STATUS: DeploymentStatusEvent,
  DEPLOYED: DeployedEvent,
};
