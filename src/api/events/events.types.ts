// Long because it describes every field of every type of event.
import { EventActor } from '../access/actor.types';
import { SubjectChangeType } from '../approvals/approvalSubject.types';
import { ApprovalStatusEnum } from '../approvals/approvals.types';
import type { DeploymentStatus } from '../../engine/deployment';
import { DeploymentStatusEnum } from '../deployments/deployments.types';
import { ArtifactTypeEnum } from '../artifacts/artifacts.types';
import type { ExecutionEventData, ExecutionEventType } from '../../engine/executionEvent';
import { ExecutionStatusEnum, TaskTypeEnum } from '../executions/executions.types';
import { interfaceType, objectType } from '../graphql/described.types';
import { type Field, type Fields, field, graphqlField, listOf, orNull } from '../../kernel/fields';

const status = (description: string) => graphqlField<string>(() => ExecutionStatusEnum, description);
const reason = (description: string) => orNull(field.text(description));
const fallback = 'OtherEvent';
const approvalDigest = field.text('Digest of the subject of the approval.');
const subjectChanges = listOf(
  field.object(
    () => SubjectChangeType,
    'Changes of the subject that caused the approval to be requested again. Empty for the first request.',
  ),
);

const common = {
  runId: field.key('ID of the run: the execution itself, or the pipeline execution that it is a member of.'),
  executionId: field.key('ID of the execution that changed.'),
  sequence: field.integer(
    'Sequence in the log that was requested (of a run, or of one member execution), from 1 and without gaps. ' +
      'Elsewhere, the sequence in the log of `executionId`. Can be used as `after` instead of a cursor.',
  ),
  type: field.text('Type of the event, such as `TASK_STATUS`. More types may follow.'),
  at: field.time('Commit time, by the clock of the server that committed the event.'),
  actor: field.object(() => EventActor, 'User, key or system component that caused the event.'),
  data: field.json('Full event data as JSON, for event types that the client doesn’t know.'),
};

const asking = {
  stageExecutionId: field.key(
    'ID of the stage element that requested the approval; of the task, in a standalone workflow.',
  ),
  taskExecutionId: orNull(
    field.key('ID of the task of a workflow that requested the approval. Null if a stage element requested it.'),
  ),
};

const GivenApprovalInput = objectType('GivenApprovalInput', 'Value of a field of the form of an approval.', {
  name: field.text('Name of the field.'),
  value: field.text('Value that was given, or the default.'),
});

/** Resolved objects hold the fields of `data` along with the common fields: see `shownEvent`. */
export const ExecutionEventInterface = interfaceType(
  'ExecutionEvent',
  'One committed change of an execution, written in the same transaction. Each type of event has its own object ' +
    'type with the fields of `data`. More types will follow; an older server delivers them as `OtherEvent`. Query ' +
    'the common fields and the types that you know: `{ sequence type at ... on TaskStatusEvent { name to } }`.',
  common,
  { fallback },
);

const StatusChange = interfaceType(
  'StatusChangeEvent',
  'Common fields of all events about a status change.',
  {
    ...common,
    from: status('Status before the change.'),
    to: status('Status after the change.'),
    reasonCode: reason('Code of the reason, such as `TASK_FAILED`. Null if the change needs no reason.'),
    reason: reason('Explanation of `reasonCode`.'),
  },
  { fallback, interfaces: [ExecutionEventInterface] },
);

const JobEvent = interfaceType(
  'JobEvent',
  'Common fields of the events about jobs. The `TaskStatusEvent` of the task reports how a job ended, because the ' +
    'two are one change.',
  {
    ...common,
    jobId: field.key('ID of the job.'),
    taskExecutionId: field.key('ID of the job’s task.'),
    name: field.text('Name of the task.'),
    attempt: field.integer('Try of the task, from 1.'),
  },
  { fallback, interfaces: [ExecutionEventInterface] },
);

const stageExecutionId = field.key('ID of the element in this attempt.');
const elementId = field.key('ID of the element, the same in every execution of the pipeline.');
const stageName = field.text('Name of the stage.');
const stepName = field.text('Name of the element.');
const taskExecutionId = field.key('ID of the task in this attempt.');
const taskName = field.text('Name of the task.');
const given = { reason: reason('Reason given with the request.') };
const intervening = {
  taskExecutionId: orNull(field.key('ID of the task. Null for a stage element.')),
  stageExecutionId: orNull(field.key('ID of the stage element in this attempt. Null for a task.')),
  elementId: orNull(field.key('ID of the stage element in every execution of the pipeline. Null for a task.')),
  name: field.text('Name of the task or element.'),
};

type EventClass = new () => object;
/** Fields of an event's data, without those of its interface. */
type OwnFields<Type extends ExecutionEventType> = {
  readonly [Name in keyof ExecutionEventData[Type]]?: Field<unknown>;
};

/** `JOB_QUEUED` is a `JobQueuedEvent`. */
function event<Type extends ExecutionEventType>(
  type: Type,
  description: string,
  fields: OwnFields<Type>,
  more?: EventClass,
): EventClass {
  const name = `${type.toLowerCase().replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())}Event`;
  const interfaces = more === undefined ? [ExecutionEventInterface] : [ExecutionEventInterface, more];
  return objectType(name, `\`${type}\`: ${description}`, fields as Fields, { interfaces });
}

/** Object type for each type of event. */
const drift = {
  deploymentId: field.key('ID of the deployment of this run.'),
  environmentId: field.key('ID of the environment.'),
  serviceId: field.key('ID of the service.'),
  image: field.text('Image that this run deployed.'),
  observed: orNull(field.text('Image that was observed. Null if the service is not running.')),
  observationId: field.key('ID of the execution that observed it.'),
};

export const eventTypes: Readonly<Record<ExecutionEventType, EventClass>> = {
  EXECUTION_CREATED: event('EXECUTION_CREATED', 'a run was started, or a stage began its workflow.', {
    kind: field.text('`PIPELINE` or `WORKFLOW`.'),
    name: field.text('Name of the pipeline or workflow.'),
    stageExecutionId: orNull(field.key('ID of the stage element that it belongs to. Null for a standalone execution.')),
    tasks: orNull(field.integer('Number of tasks in the workflow. Null for a pipeline.')),
  }),
  ATTEMPT_STARTED: event('ATTEMPT_STARTED', 'the next attempt of a final execution began. Its status is RESUMING.', {
    attempt: field.integer('Number of the attempt.'),
    kind: field.text('Kind of the attempt: `RESUME`, `RERUN`, `EXTEND`. More may follow.'),
    from: status('Status in which the previous attempt ended.'),
    fromStage: reason(
      'Name of the stage that the attempt starts from. Null if it is the first stage, and for workflows.',
    ),
    ...given,
  }),
  EXECUTION_STATUS: event(
    'EXECUTION_STATUS',
    'the status of an execution changed.',
    { attempt: field.integer('Attempt that it belongs to.') },
    StatusChange,
  ),
  EXECUTION_FAILING: event(
    'EXECUTION_FAILING',
    'an execution can no longer succeed. Nothing new starts, and running tasks may finish. Its status follows when everything is final.',
    {
      reasonCode: field.text('Value of the execution’s `failureCode`.'),
      reason: field.text('Value of the execution’s `failureDetails`.'),
    },
  ),
  STAGE_STATUS: event(
    'STAGE_STATUS',
    'the status of a stage element changed.',
    { stageExecutionId, elementId, stageName, stepName },
    StatusChange,
  ),
  TASK_STATUS: event(
    'TASK_STATUS',
    'the status of a task changed. When it is final, so is its job.',
    {
      taskExecutionId,
      name: taskName,
      jobId: orNull(field.key('ID of the newest job. Null if there is none.')),
      exitCode: orNull(
        field.integer(
          'Exit code of the command, if it ended on its own; 128 plus the signal number if a signal ended it.',
        ),
      ),
      try: field.integer('Try of the task, from 1. 0 before the first.'),
      taskType: orNull(
        graphqlField<string>(() => TaskTypeEnum, 'Purpose of a detached task. Null for tasks of the graph.'),
      ),
    },
    StatusChange,
  ),
  FINALLY_STARTED: event(
    'FINALLY_STARTED',
    'the graph of a workflow has ended, and its tasks of `finally` begin. The execution ends after them.',
    {
      status: status('Status with which the graph ended. SUCCESS becomes FAILED if one of the tasks fails.'),
      reasonCode: reason('Value of the execution’s `failureCode`. Null after a success.'),
      reason: reason('Value of the execution’s `failureDetails`. Null after a success.'),
      tasks: listOf(field.text('Names of the tasks.')),
      expiresAt: field.time('Time at which those that still run are canceled.'),
    },
  ),
  BESIDE_TASK_CREATED: event(
    'BESIDE_TASK_CREATED',
    'a detached task was created, because something failed, a graph ended, or a run is being restored. Its `TaskStatusEvent`s follow; those of failure handlers even after the execution is final.',
    {
      taskExecutionId,
      name: taskName,
      taskType: graphqlField<string>(() => TaskTypeEnum, 'Purpose of the task.'),
      failedTaskExecutionId: orNull(
        field.key(
          'ID of the task whose failure it handles. Null for the failure handler of the workflow, and for restore tasks.',
        ),
      ),
    },
  ),
  JOB_QUEUED: event('JOB_QUEUED', 'the dependencies of a task are done, and it waits for an agent.', {}, JobEvent),
  JOB_STARTED: event('JOB_STARTED', 'an agent started the job.', { agentId: field.key('ID of the agent.') }, JobEvent),
  JOB_FACTS: event(
    'JOB_FACTS',
    'a job with a container or a checkout ended, and its agent reported the image and the commit.',
    {
      image: orNull(field.text('Image of the container, as in the definition. Null without a container.')),
      digest: orNull(field.text('Digest of the image that ran: `sha256:…`.')),
      repository: orNull(field.text('URL of the repository. Null without a checkout.')),
      ref: orNull(field.text('Branch, tag or commit that was requested. Null for the default branch.')),
      commit: orNull(field.text('Commit that was checked out.')),
    },
    JobEvent,
  ),
  JOB_MOVED: event(
    'JOB_MOVED',
    'a person moved the waiting job in the queue, or gave it another priority.',
    { priority: field.integer('Priority that it has now.') },
    JobEvent,
  ),
  PRIORITY_CHANGED: event(
    'PRIORITY_CHANGED',
    'the run got another priority, its own or that of its pipeline, workflow or application; its waiting jobs moved.',
    { priority: field.integer('Priority that the run has now.') },
  ),
  JOB_LOST: event(
    'JOB_LOST',
    'the agent of a job was lost or stopped.',
    {
      retried: field.boolean('True if the task gets another job: its command had not started, or `on_lost` is RETRY.'),
    },
    JobEvent,
  ),
  APPROVAL_REQUESTED: event('APPROVAL_REQUESTED', 'an approval waits for a person.', {
    approvalId: field.key('ID of the approval.'),
    ...asking,
    approvers: listOf(field.text('Names of user groups whose members can decide.')),
    message: reason('Text for the approvers. Null if the definition has none.'),
    expiresAt: field.time('Time at which it becomes EXPIRED.'),
    needs: field.text('People who have to approve, such as `2 of Managers, and 1 of Security`.'),
    digest: approvalDigest,
    renewsId: orNull(field.key('ID of the approval that it renews. Null if it renews none.')),
    changes: subjectChanges,
  }),
  APPROVAL_VOTED: event('APPROVAL_VOTED', 'a person approved, and others still have to approve.', {
    approvalId: field.key('ID of the approval.'),
    ...asking,
    comments: reason('Comment given with the vote.'),
    missing: field.text('People who still have to approve, such as `1 more of Managers`.'),
  }),
  APPROVAL_CHANGED: event(
    'APPROVAL_CHANGED',
    'the subject of a waiting approval changed. The approval was requested again, and earlier votes no longer count.',
    {
      approvalId: field.key('ID of the approval.'),
      ...asking,
      approvers: listOf(field.text('Names of the user groups that the approval is assigned to.')),
      digest: approvalDigest,
      changes: subjectChanges,
    },
  ),
  APPROVAL_UNDECIDABLE: event('APPROVAL_UNDECIDABLE', 'nobody is left who can decide a waiting approval.', {
    approvalId: field.key('ID of the approval.'),
    ...asking,
    approvers: listOf(field.text('Names of the user groups that the approval is assigned to.')),
  }),
  APPROVAL_DECIDABLE: event(
    'APPROVAL_DECIDABLE',
    'somebody can decide a waiting approval again that nobody could decide.',
    {
      approvalId: field.key('ID of the approval.'),
      ...asking,
      approvers: listOf(field.text('Names of the user groups that the approval is assigned to.')),
    },
  ),
  APPROVAL_REASSIGNED: event(
    'APPROVAL_REASSIGNED',
    'an administrator assigned a waiting approval to other user groups.',
    {
      approvalId: field.key('ID of the approval.'),
      ...asking,
      approvers: listOf(field.text('Names of the new user groups.')),
      previousApprovers: listOf(field.text('Names of the previous user groups.')),
      reason: reason('Reason given by the administrator.'),
    },
  ),
  APPROVAL_REMINDED: event('APPROVAL_REMINDED', 'the approvers of an approval that still waits were reminded.', {
    approvalId: field.key('ID of the approval.'),
    ...asking,
    approvers: listOf(field.text('Names of the user groups whose members can decide.')),
    reminder: field.integer('Number of the reminder, from 1.'),
    expiresAt: field.time('Time at which it becomes EXPIRED.'),
  }),
  APPROVAL_ESCALATED: event(
    'APPROVAL_ESCALATED',
    'an approval that still waits was escalated: members of other user groups may decide as well.',
    {
      approvalId: field.key('ID of the approval.'),
      ...asking,
      to: listOf(field.text('Names of the user groups of this step.')),
      approvers: listOf(field.text('Names of all user groups whose members can decide now.')),
      step: field.integer('Number of the step, from 1.'),
    },
  ),
  APPROVAL_DECIDED: event('APPROVAL_DECIDED', 'an approval stopped waiting.', {
    approvalId: field.key('ID of the approval.'),
    ...asking,
    status: graphqlField<string>(() => ApprovalStatusEnum, 'Status of the approval.'),
    comments: reason('Comment given with the decision.'),
    inputs: listOf(field.object(() => GivenApprovalInput, 'Values of its form, in the order of the form.')),
  }),
  RUNTIME_INPUTS_REQUESTED: event(
    'RUNTIME_INPUTS_REQUESTED',
    'a stage element is PAUSED until its runtime inputs are given.',
    {
      stageExecutionId,
      elementId: field.key('ID of the stage element, for `pipelineResumeRuntime`.'),
      stageName,
      stepName,
      variables: listOf(field.text('Names of the variables that the element asks for.')),
      expiresAt: field.time('Time at which it becomes EXPIRED, or continues with its defaults.'),
    },
  ),
  RUNTIME_INPUTS_GIVEN: event(
    'RUNTIME_INPUTS_GIVEN',
    'the runtime inputs of an element were given, or the time limit passed and it continues with the defaults.',
    {
      stageExecutionId,
      elementId,
      variables: listOf(field.text('Names of the variables that were given a value.')),
    },
  ),
  INTERVENTION_REQUESTED: event(
    'INTERVENTION_REQUESTED',
    'a failure waits for a person; `interveneExecution` decides.',
    {
      ...intervening,
      reason: reason('Reason of the failure.'),
      expiresAt: field.time('Time at which the definition decides.'),
    },
  ),
  INTERVENED: event(
    'INTERVENED',
    'a person decided about a failure, or the time limit passed and the definition decided.',
    { ...intervening, action: field.text('Decision, one of the actions of `interveneExecution`.'), ...given },
  ),
  TASK_RETRIED: event(
    'TASK_RETRIED',
    'a failed task is retried while its workflow is still running. Its failure is taken back.',
    {
      taskExecutionId: field.key('ID of the task.'),
      name: taskName,
      ...given,
      restored: field.integer(
        'Number of tasks that were skipped because of the failure and now wait for their turn again.',
      ),
    },
  ),
  BEGIN_DELAYED: event(
    'BEGIN_DELAYED',
    'an element of a stage, or an execution, may not begin yet. Repeated when the holder of its slot or its place in the queue changes.',
    {
      stageExecutionId: orNull(field.key('ID of the stage element in this attempt. Null for an execution.')),
      reasonCode: field.text('Code of the reason: `WAITING_FOR_SLOT` or `FROZEN`. More may follow.'),
      reason: field.text('Explanation of `reasonCode`.'),
      until: orNull(field.time('Time at which the wait ends. Null if it is not known.')),
      group: reason('Environment or concurrency group whose slot it waits for. Null if it waits for something else.'),
      holderExecutionId: orNull(field.key('ID of the execution that holds the slot. Null if none does.')),
      position: orNull(field.integer('Place in the queue for the slot, from 1. Null if it waits for something else.')),
    },
  ),
  FREEZE_OVERRIDDEN: event(
    'FREEZE_OVERRIDDEN',
    'an element of a stage, or an execution, begins in spite of a freeze.',
    {
      stageExecutionId: orNull(field.key('ID of the stage element in this attempt. Null for an execution.')),
      environmentId: field.key('ID of the environment.'),
      freezeId: field.key('ID of the freeze.'),
      freeze: field.text('Name of the freeze.'),
      by: field.object(() => EventActor, 'User or API key that overrode it.'),
      reason: field.text('Reason that was given.'),
    },
  ),
  ABORT_REQUESTED: event(
    'ABORT_REQUESTED',
    'a person aborts the execution. Running commands are asked to stop.',
    given,
  ),
  PAUSE_REQUESTED: event(
    'PAUSE_REQUESTED',
    'a person pauses the execution. Nothing new starts; running tasks finish.',
    given,
  ),
  CONTINUE_REQUESTED: event('CONTINUE_REQUESTED', 'a person continues a paused execution.', given),
  ARTIFACT_ADDED: event('ARTIFACT_ADDED', 'a job uploaded a file.', {
    artifactId: field.key('ID of the artifact.'),
    taskExecutionId: field.key('ID of the task that uploaded it.'),
    name: field.text('Path of the file.'),
    artifactType: graphqlField<string>(() => ArtifactTypeEnum, 'Type of the artifact.'),
    mode: field.text('Permission bits in octal.'),
    size: field.bigint('Size in bytes.'),
    sha256: field.text('SHA-256 of the content, in hex.'),
  }),
  RESTORE_STARTED: event(
    'RESTORE_STARTED',
    'a restore of a run to its restore point began. The status of the run is RESTORING.',
    {
      operationId: field.key('ID of the operation. Its log has the details.'),
      restorePointId: field.key('ID of the restore point.'),
    },
  ),
  RESTORE_ENDED: event(
    'RESTORE_ENDED',
    'a restore ended. After SUCCESS the run has the stages, tasks, variables, images and inputs of its restore point: read them again.',
    {
      operationId: field.key('ID of the operation.'),
      status: field.text(
        'Result of the restore: `SUCCESS`; or `FAILED` or `CANCELLED`, in which case nothing has changed.',
      ),
      reasonCode: reason('Code of the failure, as `Operation.error.code`.'),
      reason: reason('Explanation of `reasonCode`.'),
    },
  ),
  ROLLED_BACK: event(
    'ROLLED_BACK',
    'a stage with `on_failure: rollback` failed, and the rollback of an environment was started, or refused.',
    {
      environmentId: field.key('ID of the environment.'),
      rollbackRunId: orNull(field.key('ID of the run that rolls it back. Null if the rollback was refused.')),
      reasonCode: reason('Code of the refusal.'),
      reason: reason('Explanation of `reasonCode`.'),
    },
  ),
  DRIFTED: event('DRIFTED', 'an observation found a different image than the one that this run deployed.', drift),
  DRIFT_RESOLVED: event(
    'DRIFT_RESOLVED',
    'an observation found the image of this run again, or a newer deployment of the service.',
    drift,
  ),
  DEPLOYMENT_STATUS: event(
    'DEPLOYMENT_STATUS',
    'a deployment of a service to an environment began or ended, or a restore made it.',
    {
      deploymentId: field.key('ID of the deployment.'),
      environmentId: field.key('ID of the environment.'),
      serviceId: field.key('ID of the service.'),
      image: field.text('Image.'),
      status: graphqlField<DeploymentStatus>(() => DeploymentStatusEnum, 'New status.'),
      task: orNull(
        field.text('Name of the task that deploys. Null if the workflow as a whole does, and for a restore.'),
      ),
    },
  ),
  SUBSCRIPTION_SWITCHED_OFF: event(
    'SUBSCRIPTION_SWITCHED_OFF',
    'an event subscription was turned off when an event of this run could not be delivered.',
    {
      subscriptionId: field.key('ID of the event subscription.'),
      name: field.text('Name of the event subscription.'),
      reasonCode: field.text('`GONE`, `FAILING` or `OWNER_GONE`.'),
      reason: field.text('Explanation of `reasonCode`.'),
    },
  ),
  DEPLOYED: event(
    'DEPLOYED',
    'an environment has a new image of a service. Follows `DEPLOYMENT_STATUS` with SUCCEEDED.',
    {
      environmentId: field.key('ID of the environment.'),
      serviceId: field.key('ID of the service.'),
      image: field.text('Image.'),
    },
  ),
};

export const OtherEvent = objectType(
  fallback,
  'Event of a type that this version of the schema does not know. `type` and `data` describe it.',
  {},
  { interfaces: [ExecutionEventInterface] },
);
