import type { ExecutionEventData, ExecutionEventType } from '../../../engine/executionEvent';
import type { EventFacts } from '../eventFacts';

/** An event as people read it. */
export interface Message {
  readonly title: string;
  readonly tone: 'good' | 'bad' | 'attention' | 'neutral';
  /** Where, who and why, as far as known. */
  readonly facts: readonly (readonly [label: string, text: string])[];
  readonly link: string | null;
}

type Data = Readonly<Record<string, unknown>>;
type Tone = Message['tone'];

const tones: Readonly<Record<string, Tone>> = {
  SUCCESS: 'good',
  FAILED: 'bad',
  ERROR: 'bad',
  EXPIRED: 'bad',
  REJECTED: 'bad',
  ABORTED: 'attention',
  WAITING: 'attention',
  PAUSED: 'attention',
};

const textIn = (data: Data, name: string): string | null => (typeof data[name] === 'string' ? data[name] : null);
const namesIn = (data: Data, name: string): string | null =>
  Array.isArray(data[name]) && data[name].length > 0 ? data[name].join(', ') : null;

/** Verb phrase that follows the name of the run, and its tone. */
function happening(type: ExecutionEventType, data: Data, service: string): readonly [string, Tone] {
  switch (type) {
    case 'EXECUTION_CREATED':
      return ['was started', 'neutral'];
    case 'ATTEMPT_STARTED': {
      const { kind, attempt } = data as unknown as ExecutionEventData['ATTEMPT_STARTED'];
      return [`began attempt ${attempt} (${kind.toLowerCase()})`, 'neutral'];
    }
    case 'EXECUTION_STATUS': {
      const { to } = data as unknown as ExecutionEventData['EXECUTION_STATUS'];
      return [`is ${to}`, tones[to] ?? 'neutral'];
    }
    case 'APPROVAL_REQUESTED':
      return ['waits for an approval', 'attention'];
    case 'APPROVAL_REMINDED':
      return ['still waits for an approval', 'attention'];
    case 'APPROVAL_ESCALATED':
      return ['waits for an approval that was escalated', 'attention'];
    case 'APPROVAL_UNDECIDABLE':
      return ['waits for an approval that nobody can give', 'bad'];
    case 'APPROVAL_DECIDED': {
      const status = textIn(data, 'status') ?? '';
      return [`has an approval that is ${status}`, status === 'APPROVED' ? 'good' : 'bad'];
    }
    case 'RUNTIME_INPUTS_REQUESTED':
      return ['waits for runtime inputs', 'attention'];
    case 'INTERVENTION_REQUESTED':
      return ['has a failure that waits for a decision', 'attention'];
    case 'FREEZE_OVERRIDDEN':
      return ['deploys in spite of a freeze', 'attention'];
    case 'RESTORE_STARTED':
      return ['is being restored', 'neutral'];
    case 'RESTORE_ENDED': {
      const status = textIn(data, 'status') ?? '';
      return [`has a restore that ended ${status}`, status === 'SUCCESS' ? 'good' : 'bad'];
    }
    case 'ROLLED_BACK':
      return ['had a failed stage that is rolled back', 'attention'];
    case 'DRIFTED':
      return [`deployed ${service}, and something else is running`, 'bad'];
    case 'DRIFT_RESOLVED':
      return [`deployed ${service}, and its drift is resolved`, 'good'];
    case 'DEPLOYED':
      return [`deployed ${service}`, 'good'];
    case 'SUBSCRIPTION_SWITCHED_OFF':
      return [`could not be reported: the subscription ${textIn(data, 'name')} was switched off`, 'bad'];
    default:
      return [type.toLowerCase().replaceAll('_', ' '), 'neutral'];
  }
}

export function messageOf({ event, application, definition, environment, service, link }: EventFacts): Message {
  const data = event.data as Data;
  const by = data.by as { readonly name?: string } | undefined;
  const [what, tone] = happening(event.type as ExecutionEventType, data, service?.name ?? 'a service');
  const facts: readonly (readonly [string, string | null])[] = [
    ['Application', application?.name ?? null],
    ['Environment', environment?.name ?? null],
    ['Stage', textIn(data, 'stageName')],
    ['Task', textIn(data, 'taskExecutionId') === null ? null : textIn(data, 'name')],
    ['Image', textIn(data, 'image')],
    ['Running', textIn(data, 'observed')],
    ['Freeze', textIn(data, 'freeze')],
    ['Approvers', textIn(data, 'needs') ?? namesIn(data, 'approvers')],
    ['Message', textIn(data, 'message')],
    ['Why', textIn(data, 'reason') ?? textIn(data, 'comments')],
    ['By', by?.name ?? event.actor.name],
  ];
  return {
    title: `${definition?.name ?? 'A run'} ${what}`,
    ...{ tone, link },
    facts: facts.flatMap(([label, text]) => (text === null ? [] : [[label, shorten(text, 1000)] as const])),
  };
}

export const shorten = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;
