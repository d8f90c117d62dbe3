// Long because each type of event has its class here.
import { Field, ID, Int, InterfaceType, ObjectType } from 'type-graphql';
import { EventActor } from '../access/actor.types';
import { ApprovalStatusEnum } from '../approvals/approvals.types';
import type { ExecutionEventType } from '../../engine/executionEvent';
import { ExecutionStatusEnum, TaskTypeEnum } from '../executions/executions.types';
import { GraphQLJson } from '../graphql/scalars';

/** Fields of `data` lie beside those of the event in the objects that are resolved: see `shownEvent`. */
@InterfaceType('ExecutionEvent', {
  description:
    'One committed change of an execution, written in the same transaction. Each type of event has its own object type with the fields of `data`; more types will follow, and are ' +
    'delivered as `OtherEvent` to whoever asks an older server. So ask for what all have in common, and for the types that you know: ' +
    '`{ sequence type at ... on TaskStatusEvent { name to } }`.',
  resolveType: () => 'OtherEvent',
})
export abstract class ExecutionEventInterface {
  @Field(() => ID, {
    description:
      'The execution that nobody started from another one: it, or the pipeline execution that it is a member of.',
  })
  runId!: string;

  @Field(() => ID, { description: 'The execution that changed.' })
  executionId!: string;

  @Field(() => Int, {
    description:
      'Its place in the log that was asked for, from 1 and without gaps: in the log of a run, or of a member execution alone. Elsewhere its place in the log of `executionId`. Takes the place ' +
      'of a cursor as `after`.',
  })
  sequence!: number;

  @Field(() => String, { description: 'Such as `TASK_STATUS`. More may follow.' })
  type!: string;

  @Field(() => Date, { description: 'When it was committed, by the clock of the server that did it.' })
  at!: Date;

  @Field(() => EventActor, { description: 'Who brought it about.' })
  actor!: EventActor;

  @Field(() => GraphQLJson, { description: 'All that the event tells, as JSON: for types that you do not know.' })
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

  @Field(() => String, { description: 'The name of the pipeline or workflow.' })
  name!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'The element of a stage that it belongs to; null when it was started by itself.',
  })
  stageExecutionId?: string | null;

  @Field(() => Int, { nullable: true, description: 'How many tasks a workflow has.' })
  tasks?: number | null;
}

@ObjectType(type('`ATTEMPT_STARTED`: a final execution goes on, as its next attempt. Its status is RESUMING.'))
export class AttemptStartedEvent extends ExecutionEventInterface {
  @Field(() => Int, { description: 'The number of the attempt.' })
  attempt!: number;

  @Field(() => String, { description: 'Why there is one: `RESUME`, `RERUN`, `EXTEND`; more may follow.' })
  kind!: string;

  @Field(() => ExecutionStatusEnum, { description: 'What it had ended with.' })
  from!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The stage that it goes on from; null for the first one, and for workflows.',
  })
  fromStage?: string | null;

  @Field(() => String, { nullable: true, description: 'What was given as the reason.' })
  reason?: string | null;
}

@InterfaceType('StatusChangeEvent', {
  implements: ExecutionEventInterface,
  description: 'What the events of all moves from one status to another have in common.',
  resolveType: () => 'OtherEvent',
})
export abstract class StatusChangeEvent extends ExecutionEventInterface {
  @Field(() => ExecutionStatusEnum, { description: 'The status before.' })
  from!: string;

  @Field(() => ExecutionStatusEnum, { description: 'The status from now on.' })
  to!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Why, for programs: such as `TASK_FAILED`; null when it needs no reason.',
  })
  reasonCode?: string | null;

  @Field(() => String, { nullable: true, description: 'The same in words.' })
  reason?: string | null;
}

@ObjectType(type('`EXECUTION_STATUS`: an execution moved to another status.', StatusChangeEvent))
export class ExecutionStatusEvent extends StatusChangeEvent {
  @Field(() => Int, { description: 'The attempt that it belongs to.' })
  attempt!: number;
}

@ObjectType(
  type(
    '`EXECUTION_FAILING`: an execution will not succeed any more. Nothing new of it begins, what runs may finish; its status follows when the last of it is final.',
  ),
)
export class ExecutionFailingEvent extends ExecutionEventInterface {
  @Field(() => String, { description: '`failureCode` of the execution.' })
  reasonCode!: string;

  @Field(() => String, { description: '`failureDetails` of the execution.' })
  reason!: string;
}

@ObjectType(type('`STAGE_STATUS`: an element of a stage moved to another status.', StatusChangeEvent))
export class StageStatusEvent extends StatusChangeEvent {
  @Field(() => ID, { description: 'The element in this attempt.' })
  stageExecutionId!: string;

  @Field(() => ID, { description: '`pipelineStageElementId`: the same in every execution of the pipeline.' })
  elementId!: string;

  @Field(() => String, { description: 'The name of the stage.' })
  stageName!: string;

  @Field(() => String, { description: 'The name of the element.' })
  stepName!: string;
}

@ObjectType(type('`TASK_STATUS`: a task moved to another status. When it is final, so is its job.', StatusChangeEvent))
export class TaskStatusEvent extends StatusChangeEvent {
  @Field(() => ID, { description: 'The task in this attempt.' })
  taskExecutionId!: string;

  @Field(() => String, { description: 'The name of the task.' })
  name!: string;

  @Field(() => ID, { nullable: true, description: 'Its newest job; null when it has none.' })
  jobId?: string | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'The exit code of its command, when it ended by itself; 128 plus the number of a signal that it ended by.',
  })
  exitCode?: number | null;

  @Field(() => Int, { description: 'Which try of the task it is, from 1; 0 before the first.' })
  try!: number;

  @Field(() => TaskTypeEnum, { nullable: true, description: 'What it is for; null for tasks of the graph.' })
  taskType?: string | null;
}

@ObjectType(
  type(
    '`BESIDE_TASK_CREATED`: a task runs beside the graph of the workflow, because something failed or is restored. Its `TaskStatusEvent`s follow, also after the execution is final.',
  ),
)
export class BesideTaskCreatedEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'The task in this attempt.' })
  taskExecutionId!: string;

  @Field(() => String, { description: 'The name of the task.' })
  name!: string;

  @Field(() => TaskTypeEnum, { description: 'What it is for.' })
  taskType!: string;

  @Field(() => ID, {
    nullable: true,
    description:
      'The task whose failure it handles; null for the failure handler of the workflow, and for restore tasks.',
  })
  failedTaskExecutionId?: string | null;
}

@InterfaceType('JobEvent', {
  implements: ExecutionEventInterface,
  description:
    'What the events of jobs have in common. How a job ended is told by the `TaskStatusEvent` of its task: the two are one change.',
  resolveType: () => 'OtherEvent',
})
export abstract class JobEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'The job.' })
  jobId!: string;

  @Field(() => ID, { description: 'Its task.' })
  taskExecutionId!: string;

  @Field(() => String, { description: 'The name of the task.' })
  name!: string;

  @Field(() => Int, { description: 'Which try of the task it is, from 1.' })
  attempt!: number;
}

@ObjectType(type('`JOB_QUEUED`: what a task depends on is done; it waits for an agent.', JobEvent))
export class JobQueuedEvent extends JobEvent {}

@ObjectType(type('`JOB_STARTED`: an agent runs the job.', JobEvent))
export class JobStartedEvent extends JobEvent {
  @Field(() => ID, { description: 'The agent.' })
  agentId!: string;
}

@ObjectType(type('`JOB_LOST`: the agent was not heard of in time.', JobEvent))
export class JobLostEvent extends JobEvent {
  @Field(() => Boolean, { description: 'Whether the task gets another job.' })
  retried!: boolean;
}

@ObjectType(type('`APPROVAL_REQUESTED`: a person is asked.'))
export class ApprovalRequestedEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'The approval.' })
  approvalId!: string;

  @Field(() => ID, { description: 'The element of a stage that asks.' })
  stageExecutionId!: string;

  @Field(() => [String], { description: 'Names of user groups; any one member of one of them decides.' })
  approvers!: string[];

  @Field(() => Date, { description: 'When it becomes EXPIRED.' })
  expiresAt!: Date;
}

@ObjectType(type('`APPROVAL_DECIDED`: an approval no longer waits.'))
export class ApprovalDecidedEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'The approval.' })
  approvalId!: string;

  @Field(() => ID, { description: 'The element of a stage that asked.' })
  stageExecutionId!: string;

  @Field(() => ApprovalStatusEnum, { description: 'What became of it.' })
  status!: string;

  @Field(() => String, { nullable: true, description: 'What was said with the decision.' })
  comments?: string | null;
}

@ObjectType(type('`RUNTIME_INPUTS_REQUESTED`: an element of a stage is PAUSED until somebody answers.'))
export class RuntimeInputsRequestedEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'The element in this attempt.' })
  stageExecutionId!: string;

  @Field(() => ID, { description: '`pipelineStageElementId`, as `pipelineResumeRuntime` takes it.' })
  elementId!: string;

  @Field(() => String, { description: 'The name of the stage.' })
  stageName!: string;

  @Field(() => String, { description: 'The name of the element.' })
  stepName!: string;

  @Field(() => [String], { description: 'The names of the variables that it asks for.' })
  variables!: string[];

  @Field(() => Date, { description: 'When it is EXPIRED, or goes on with its defaults.' })
  expiresAt!: Date;
}

@ObjectType(
  type('`RUNTIME_INPUTS_GIVEN`: somebody answered what an element asked for, or its time was over and it goes on.'),
)
export class RuntimeInputsGivenEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'The element in this attempt.' })
  stageExecutionId!: string;

  @Field(() => ID, { description: '`pipelineStageElementId`: the same in every execution of the pipeline.' })
  elementId!: string;

  @Field(() => [String], { description: 'The names of the variables that were given a value.' })
  variables!: string[];
}

@ObjectType(type('`INTERVENTION_REQUESTED`: a failure waits for a person; `interveneExecution` decides.'))
export class InterventionRequestedEvent extends ExecutionEventInterface {
  @Field(() => ID, { nullable: true, description: 'The task; null for an element of a stage.' })
  taskExecutionId?: string | null;

  @Field(() => ID, { nullable: true, description: 'The element of a stage in this attempt; null for a task.' })
  stageExecutionId?: string | null;

  @Field(() => ID, { nullable: true, description: '`pipelineStageElementId` of the element; null for a task.' })
  elementId?: string | null;

  @Field(() => String, { description: 'The name of the task or element.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Why it failed.' })
  reason?: string | null;

  @Field(() => Date, { description: 'When its definition decides.' })
  expiresAt!: Date;
}

@ObjectType(
  type(
    '`INTERVENED`: a person decided about a failure; or the server, as the definition says, when the time was over.',
  ),
)
export class IntervenedEvent extends ExecutionEventInterface {
  @Field(() => ID, { nullable: true, description: 'The task; null for an element of a stage.' })
  taskExecutionId?: string | null;

  @Field(() => ID, { nullable: true, description: 'The element of a stage in this attempt; null for a task.' })
  stageExecutionId?: string | null;

  @Field(() => ID, { nullable: true, description: '`pipelineStageElementId` of the element; null for a task.' })
  elementId?: string | null;

  @Field(() => String, { description: 'The name of the task or element.' })
  name!: string;

  @Field(() => String, { description: 'The action of `interveneExecution`.' })
  action!: string;

  @Field(() => String, { nullable: true, description: 'What was given as the reason.' })
  reason?: string | null;
}

@ObjectType(
  type('`TASK_RETRIED`: a failed task gets a further try while its workflow still runs; its failure is taken back.'),
)
export class TaskRetriedEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'The task.' })
  taskExecutionId!: string;

  @Field(() => String, { description: 'The name of the task.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'What was given as the reason.' })
  reason?: string | null;

  @Field(() => Int, {
    description: 'How many tasks that were skipped because of the failure wait for their turn again.',
  })
  restored!: number;
}

@ObjectType(type('`ABORT_REQUESTED`: a person ends the execution. What runs is asked to stop.'))
export class AbortRequestedEvent extends ExecutionEventInterface {
  @Field(() => String, { nullable: true, description: 'What was given as the reason.' })
  reason?: string | null;
}

@ObjectType(type('`PAUSE_REQUESTED`: a person holds the execution. Nothing of it starts, what runs is finished.'))
export class PauseRequestedEvent extends ExecutionEventInterface {
  @Field(() => String, { nullable: true, description: 'What was given as the reason.' })
  reason?: string | null;
}

@ObjectType(type('`CONTINUE_REQUESTED`: a person lets a paused execution go on.'))
export class ContinueRequestedEvent extends ExecutionEventInterface {
  @Field(() => String, { nullable: true, description: 'What was given as the reason.' })
  reason?: string | null;
}

@ObjectType(type('`ARTIFACT_ADDED`: a job left a file behind.'))
export class ArtifactAddedEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'The artifact.' })
  artifactId!: string;

  @Field(() => ID, { description: 'The task that made it.' })
  taskExecutionId!: string;

  @Field(() => String, { description: 'Its path.' })
  name!: string;

  @Field(() => Number, { description: 'Its size in bytes.' })
  size!: number;

  @Field(() => String, { description: 'SHA-256 of its bytes, in hex.' })
  sha256!: string;
}

@ObjectType(type('`DEPLOYED`: an environment holds another image of a service.'))
export class DeployedEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'The environment.' })
  environmentId!: string;

  @Field(() => ID, { description: 'The service.' })
  serviceId!: string;

  @Field(() => String, { description: 'The image.' })
  image!: string;
}

@ObjectType(type('`RESTORE_STARTED`: a run is being brought back to its restore point; its status is RESTORING.'))
export class RestoreStartedEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'The operation; its log says what happens.' })
  operationId!: string;

  @Field(() => ID, { description: 'The restore point.' })
  restorePointId!: string;
}

@ObjectType(
  type(
    '`RESTORE_ENDED`: a restore is over. After a SUCCESS the run shows the stages, tasks, variables, images and inputs of its restore point: read them again.',
  ),
)
export class RestoreEndedEvent extends ExecutionEventInterface {
  @Field(() => ID, { description: 'The operation.' })
  operationId!: string;

  @Field(() => String, {
    description: '`SUCCESS`; or `FAILED` or `CANCELLED`: then everything is as it was before the restore.',
  })
  status!: string;

  @Field(() => String, { nullable: true, description: 'Why it failed, as `Operation.error.code`.' })
  reasonCode?: string | null;

  @Field(() => String, { nullable: true, description: 'The same in words.' })
  reason?: string | null;
}

@ObjectType(type('An event of a type that this version of the schema does not know. `type` and `data` say what it is.'))
export class OtherEvent extends ExecutionEventInterface {}

/** The object type of each type of event. */
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
  DEPLOYED: DeployedEvent,
};
