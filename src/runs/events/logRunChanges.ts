import type { ActorRef } from '../../access/actor';
import { isFinal } from '../../contract/statuses';
import type { ExecutionEventData, ExecutionEventType } from '../../engine/executionEvent';
import { traceIdOf } from '../../contract/traceIds';
import type { Log } from '../../kernel/log';

/** Messages for the changes that operators look for. All other events appear only in the run's log. */
const messages: { readonly [T in ExecutionEventType]?: string } = {
  EXECUTION_CREATED: 'run started',
  ATTEMPT_STARTED: 'next attempt of the run started',
  APPROVAL_REQUESTED: 'run waits for an approval',
  APPROVAL_VOTED: 'approval voted on',
  APPROVAL_CHANGED: 'subject of an approval changed',
  APPROVAL_REMINDED: 'approvers reminded',
  APPROVAL_ESCALATED: 'approval escalated',
  APPROVAL_DECIDED: 'approval decided',
  RUNTIME_INPUTS_REQUESTED: 'run waits for runtime inputs',
  RUNTIME_INPUTS_GIVEN: 'runtime inputs given',
  INTERVENTION_REQUESTED: 'failure waits for a decision',
  INTERVENED: 'failure decided',
  TASK_RETRIED: 'failed task retried',
  ABORT_REQUESTED: 'abort requested',
  PAUSE_REQUESTED: 'pause requested',
  CONTINUE_REQUESTED: 'continue requested',
  RESTORE_STARTED: 'restore started',
  RESTORE_ENDED: 'restore ended',
  ROLLED_BACK: 'rollback of a failed stage',
  DRIFTED: 'drift of a deployment',
  DRIFT_RESOLVED: 'end of the drift of a deployment',
  JOB_LOST: 'agent of a job lost',
  JOB_FACTS: 'image and commit of a job',
  SUBSCRIPTION_SWITCHED_OFF: 'event subscription switched off',
  DEPLOYED: 'image deployed',
};
/** Event fields that are short and contain no user-written text. */
const shown = [
  'kind',
  'name',
  'attempt',
  'fromStage',
  'status',
  'action',
  'stageName',
  'stepName',
  'image',
  'retried',
  'reasonCode',
];

interface RunChange {
  readonly runId: string;
  readonly executionId: string;
  readonly type: string;
  readonly data: unknown;
}

/**
 * Logs one `info` line for each committed change of a run that operators look for, on the server that made the change.
 */
export function logRunChanges(log: Log, changes: readonly RunChange[], actor: ActorRef, traces = false): void {
  if (!log.isLevelEnabled('info')) return;
  for (const { runId, executionId, type, data } of changes) {
    const fields = data as Readonly<Record<string, unknown>>;
    // The beginning and end of a member are those of its stage.
    const isOfMember = executionId !== runId && /^(EXECUTION|ATTEMPT)_/.test(type);
    const message = isOfMember ? undefined : messageOf(type as ExecutionEventType, fields);
    if (message === undefined) continue;
    const facts = shown.filter((name) => fields[name] != null).map((name) => [name, fields[name]]);
    const who = { actor: actor.name, actorKind: actor.kind, actorId: actor.id };
    const about = executionId === runId ? {} : { execution: executionId };
    const trace = traces ? { traceId: traceIdOf(runId) } : {};
    log.info({ event: type, run: runId, ...about, ...who, ...trace, ...Object.fromEntries(facts) }, message);
  }
}

function messageOf(type: ExecutionEventType, data: Readonly<Record<string, unknown>>): string | undefined {
  if (type === 'STAGE_STATUS') {
    const { to } = data as unknown as ExecutionEventData['STAGE_STATUS'];
    return isFinal(to) ? `stage is ${to}` : undefined;
  }
  if (type !== 'EXECUTION_STATUS') return messages[type];
  const { to } = data as unknown as ExecutionEventData['EXECUTION_STATUS'];
  return `run is ${to}`;
}
