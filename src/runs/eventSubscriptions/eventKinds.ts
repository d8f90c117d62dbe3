import type { ExecutionEventType } from '../../engine/executionEvent';

/**
 * Subject and predicate of each type of event, for those that CDEvents has no type for. The keys are all types of
 * events.
 */
export const eventKinds: Readonly<Record<ExecutionEventType, readonly [subject: string, predicate: string]>> = {
  EXECUTION_CREATED: ['execution', 'created'],
  ATTEMPT_STARTED: ['attempt', 'started'],
  EXECUTION_STATUS: ['execution', 'changed'],
  EXECUTION_FAILING: ['execution', 'failing'],
  STAGE_STATUS: ['stage', 'changed'],
  TASK_STATUS: ['task', 'changed'],
  FINALLY_STARTED: ['finally', 'started'],
  BESIDE_TASK_CREATED: ['detachedtask', 'created'],
  JOB_QUEUED: ['job', 'queued'],
  JOB_STARTED: ['job', 'started'],
  JOB_FACTS: ['job', 'reported'],
  JOB_MOVED: ['job', 'moved'],
  PRIORITY_CHANGED: ['priority', 'changed'],
  JOB_LOST: ['job', 'lost'],
  APPROVAL_REQUESTED: ['approval', 'requested'],
  APPROVAL_VOTED: ['approval', 'voted'],
  APPROVAL_CHANGED: ['approval', 'changed'],
  APPROVAL_UNDECIDABLE: ['approval', 'undecidable'],
  APPROVAL_DECIDABLE: ['approval', 'decidable'],
  APPROVAL_REASSIGNED: ['approval', 'reassigned'],
  APPROVAL_REMINDED: ['approval', 'reminded'],
  APPROVAL_ESCALATED: ['approval', 'escalated'],
  APPROVAL_DECIDED: ['approval', 'decided'],
  RUNTIME_INPUTS_REQUESTED: ['inputs', 'requested'],
  RUNTIME_INPUTS_GIVEN: ['inputs', 'given'],
  INTERVENTION_REQUESTED: ['intervention', 'requested'],
  INTERVENED: ['intervention', 'decided'],
  TASK_RETRIED: ['task', 'retried'],
  BEGIN_DELAYED: ['begin', 'delayed'],
  FREEZE_OVERRIDDEN: ['freeze', 'overridden'],
  ABORT_REQUESTED: ['abort', 'requested'],
  PAUSE_REQUESTED: ['pause', 'requested'],
  CONTINUE_REQUESTED: ['continue', 'requested'],
  ARTIFACT_ADDED: ['artifact', 'added'],
  RESTORE_STARTED: ['restore', 'started'],
  RESTORE_ENDED: ['restore', 'ended'],
  ROLLED_BACK: ['rollback', 'started'],
  DRIFTED: ['drift', 'detected'],
  DRIFT_RESOLVED: ['drift', 'resolved'],
  DEPLOYMENT_STATUS: ['deployment', 'changed'],
  SUBSCRIPTION_SWITCHED_OFF: ['subscription', 'disabled'],
  DEPLOYED: ['deployment', 'succeeded'],
};

export const eventTypeNames = Object.keys(eventKinds) as readonly ExecutionEventType[];

/** Events that messages for people are about, unless the subscription names its own. */
export const messageTypes: readonly ExecutionEventType[] = [
  ...(['EXECUTION_CREATED', 'ATTEMPT_STARTED', 'EXECUTION_STATUS', 'APPROVAL_REQUESTED', 'APPROVAL_REMINDED'] as const),
  ...(['APPROVAL_ESCALATED', 'APPROVAL_UNDECIDABLE', 'APPROVAL_DECIDED', 'RUNTIME_INPUTS_REQUESTED'] as const),
  ...(['INTERVENTION_REQUESTED', 'FREEZE_OVERRIDDEN', 'RESTORE_STARTED', 'RESTORE_ENDED', 'ROLLED_BACK'] as const),
  ...(['DRIFTED', 'DRIFT_RESOLVED', 'DEPLOYED', 'SUBSCRIPTION_SWITCHED_OFF'] as const),
];

/** Events that a commit or deployment status follows from. */
export const statusTypes: readonly ExecutionEventType[] = [
  ...(['EXECUTION_CREATED', 'ATTEMPT_STARTED', 'EXECUTION_STATUS', 'JOB_FACTS', 'DEPLOYMENT_STATUS'] as const),
];
