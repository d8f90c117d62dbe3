import type { Actor } from '../../access/actor';
import type { ExecutionEventType } from '../../engine/executionEvent';
import { allOf, bind } from '../../kernel/filters';
import { messageTypes, statusTypes } from './eventKinds';
import type { EventSubscription, SubscriptionFormat } from './eventSubscriptions';

const typesOf: Readonly<Record<SubscriptionFormat, readonly ExecutionEventType[] | null>> = {
  CLOUDEVENTS: null,
  SLACK: messageTypes,
  TEAMS: messageTypes,
  GITHUB: statusTypes,
  GITLAB: statusTypes,
};

/** A member's beginning and end are those of its stage; what people and code hosts see is the run. */
const OF_RUNS = `(event.type NOT IN ('EXECUTION_CREATED', 'ATTEMPT_STARTED', 'EXECUTION_STATUS') OR event.execution_id = event.run_id)`;
/** Messages and statuses of runs of their own: observations, of which there are many, have none. */
const NO_OBSERVATION = 'NOT EXISTS (SELECT FROM observation one WHERE one.execution_id = e.run_id)';

/**
 * Condition on `event` and its execution `e` for the events that a subscription delivers: those that its filter selects
 * and its owner may read.
 */
export function subscribedEvents(
  { applicationId, format, filter }: EventSubscription,
  owner: Actor,
  parameters: unknown[],
): string {
  const conditions: string[] = [];
  const any = (values: readonly string[], type: 'uuid' | 'text') => `ANY (${bind(parameters, values)}::${type}[])`;
  if (applicationId !== null) conditions.push(`e.application_id = ${bind(parameters, applicationId)}`);
  const { applicationIds, pipelineIds, workflowIds, environmentIds, eventTypes, statuses } = filter;
  if (applicationIds) conditions.push(`e.application_id = ${any(applicationIds, 'uuid')}`);
  const of = [
    ...(pipelineIds
      ? [
          `EXISTS (SELECT FROM execution run WHERE run.id = e.run_id AND run.kind = 'PIPELINE' AND run.entity_id = ${any(pipelineIds, 'uuid')})`,
        ]
      : []),
    ...(workflowIds ? [`e.kind = 'WORKFLOW' AND e.entity_id = ${any(workflowIds, 'uuid')}`] : []),
  ];
  if (of.length > 0) conditions.push(`(${of.join(' OR ')})`);
  if (environmentIds) {
    const wanted = any(environmentIds, 'uuid');
    conditions.push(`CASE WHEN event.data ? 'environmentId' THEN (event.data->>'environmentId')::uuid = ${wanted}
      ELSE EXISTS (SELECT FROM execution_environment link WHERE link.execution_id = e.id AND link.environment_id = ${wanted}) END`);
  }
  const types = eventTypes ?? typesOf[format];
  if (types) conditions.push(`event.type = ${any(types, 'text')}`);
  if (statuses) conditions.push(`(NOT event.data ? 'to' OR event.data->>'to' = ${any(statuses, 'text')})`);
  if (format !== 'CLOUDEVENTS') conditions.push(OF_RUNS, NO_OBSERVATION);
  conditions.push(owner.access.condition('READ', 'Execution', 'e', parameters));
  return allOf(conditions);
}
