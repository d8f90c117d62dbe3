import { isFinal } from '../../../contract/statuses';
import type { ExecutionEventData, ExecutionEventType } from '../../../engine/executionEvent';
import type { LogEvent } from '../../events/eventLog';
import type { EventFacts } from '../eventFacts';
import { eventKinds } from '../eventKinds';

/** Version of the CDEvents specification whose types and schemas the events follow. */
export const CDEVENTS = '0.5.1';

interface CdEvent {
  readonly type: string;
  readonly subject: { readonly id: string; readonly content: object };
}

const outcomes: Readonly<Record<string, string>> = {
  SUCCESS: 'success',
  FAILED: 'failure',
  EXPIRED: 'failure',
  ERROR: 'error',
  ABORTED: 'cancel',
  REJECTED: 'cancel',
};

const dataOf = <Type extends ExecutionEventType>(event: LogEvent, _type: Type) =>
  event.data as unknown as ExecutionEventData[Type];

/** CDEvents requires a URI of a run: its address, or else its identity. */
const uriOf = ({ link, event }: EventFacts): string => link ?? `urn:uuid:${event.runId}`;

/** Event of a type that CDEvents has; undefined for all others. */
function standardEvent(facts: EventFacts): CdEvent | undefined {
  const { event, definition, execution } = facts;
  const content = { pipelineName: definition?.name ?? '', uri: uriOf(facts) };
  const run = (predicate: string, more = {}): CdEvent => ({
    type: `dev.cdevents.pipelinerun.${predicate}.0.3.0`,
    subject: { id: event.runId, content: { ...content, ...more } },
  });
  switch (event.type as ExecutionEventType) {
    case 'EXECUTION_CREATED':
      return execution.id === execution.runId ? run('queued') : undefined;
    case 'EXECUTION_STATUS': {
      if (execution.id !== execution.runId) return undefined;
      const { from, to, reason } = dataOf(event, 'EXECUTION_STATUS');
      if (to === 'RUNNING' && (from === 'QUEUED' || from === 'RESUMING')) return run('started');
      const outcome = outcomes[to];
      return outcome === undefined
        ? undefined
        : run('finished', { outcome, ...(reason !== null && { errors: reason }) });
    }
    case 'TASK_STATUS':
      return taskRun(facts);
    case 'DEPLOYED': {
      const { serviceId, environmentId, image } = dataOf(event, 'DEPLOYED');
      const deployed = { environment: { id: environmentId }, artifactId: packageUrl(image) };
      return { type: 'dev.cdevents.service.deployed.0.3.0', subject: { id: serviceId, content: deployed } };
    }
    case 'DEPLOYMENT_STATUS': {
      const { serviceId, environmentId, status } = dataOf(event, 'DEPLOYMENT_STATUS');
      if (status !== 'REMOVED') return undefined;
      const removed = { environment: { id: environmentId } };
      return { type: 'dev.cdevents.service.removed.0.3.0', subject: { id: serviceId, content: removed } };
    }
    default:
      return undefined;
  }
}

function taskRun({ event }: EventFacts): CdEvent | undefined {
  const { taskExecutionId, name, to, reason } = dataOf(event, 'TASK_STATUS');
  const content = { taskName: name, pipelineRun: { id: event.runId } };
  if (to === 'RUNNING')
    return { type: 'dev.cdevents.taskrun.started.0.3.0', subject: { id: taskExecutionId, content } };
  const outcome = isFinal(to) ? outcomes[to] : undefined;
  if (outcome === undefined) return undefined;
  return {
    type: 'dev.cdevents.taskrun.finished.0.3.0',
    subject: { id: taskExecutionId, content: { ...content, outcome, ...(reason !== null && { errors: reason }) } },
  };
}

/** Package URL of an image: `pkg:oci/web@sha256%3A…?repository_url=registry.example.com/shop/web&tag=1.4`. */
export function packageUrl(image: string): string {
  const [named = '', digest] = image.split('@');
  const [, repository = named, tag] = /^(.*?)(?::([^:/]+))?$/.exec(named) ?? [];
  const name = (repository.split('/').at(-1) ?? repository).toLowerCase();
  const qualifiers = [
    ...(repository.includes('/') ? [`repository_url=${encodeURIComponent(repository).replaceAll('%2F', '/')}`] : []),
    ...(tag === undefined ? [] : [`tag=${encodeURIComponent(tag)}`]),
  ];
  const version = digest === undefined ? '' : `@${encodeURIComponent(digest)}`;
  return `pkg:oci/${encodeURIComponent(name)}${version}${qualifiers.length === 0 ? '' : `?${qualifiers.join('&')}`}`;
}

/** Subject of an event that CDEvents has no type for: the most specific thing that it names. */
function subjectIdOf({ event }: EventFacts): string {
  const data = event.data as Readonly<Record<string, unknown>>;
  const names = ['approvalId', 'deploymentId', 'artifactId', 'jobId', 'taskExecutionId', 'stageExecutionId'];
  for (const name of [...names, 'operationId', 'subscriptionId']) if (typeof data[name] === 'string') return data[name];
  return event.executionId;
}

function customEvent(facts: EventFacts): CdEvent {
  const { event } = facts;
  const known = (eventKinds as Readonly<Record<string, readonly [string, string] | undefined>>)[event.type];
  const [subject, predicate] = known ?? ['execution', event.type.toLowerCase().replaceAll(/[^a-z]/g, '')];
  return {
    type: `dev.cdeventsx.slipway-${subject}.${predicate}.0.1.0`,
    subject: { id: subjectIdOf(facts), content: { uri: uriOf(facts) } },
  };
}

/** Envelope of every CloudEvent that this server sends. */
export function envelope(
  source: string,
  {
    id,
    time,
    chainId,
    type,
    subject,
  }: CdEvent & { readonly id: string; readonly time: Date; readonly chainId: string },
  customData: object,
) {
  const timestamp = time.toISOString();
  return {
    ...{ specversion: '1.0', id, source, type, subject: subject.id, time: timestamp },
    datacontenttype: 'application/json',
    data: {
      context: { specversion: CDEVENTS, id, source, type, timestamp, chainId },
      subject: { ...subject, source },
      customData,
      customDataContentType: 'application/json',
    },
  };
}

export const sourceOf = (publicUrl: string | undefined): string => publicUrl ?? '/slipway';

/** An event of the log as a CloudEvent in JSON, whose data is a CDEvent. */
export function cloudEvent(facts: EventFacts, source: string): object {
  const { event, execution, application, definition, environment, service, cursor, link } = facts;
  const { runId, executionId, sequence, type, at, actor, data } = event;
  const described = standardEvent(facts) ?? customEvent(facts);
  const sent = envelope(
    source,
    { ...described, id: `${runId}/${sequence}`, time: at, chainId: runId },
    {
      ...{ event: { type, runId, executionId, sequence, at, actor, data }, cursor, url: link },
      execution: { id: execution.id, kind: execution.kind },
      ...{ application, definition, environment, service },
    },
  );
  // Extensions: the sequence sorts as text, and events of a run share a partition.
  return { ...sent, cursor, sequence: String(sequence).padStart(10, '0'), partitionkey: runId };
}
