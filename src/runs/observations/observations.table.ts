import { type ObservedService, type Observation, observationOutcomes, type Observer } from '../../engine/observation';
import { column, oneOf, references, table } from '../../kernel/database/table';

/** One row for each environment and each workflow that observes it. */
export const observerTable = table<Observer>('observer', {
  columns: {
    environmentId: { ...column.uuid, primary: true },
    workflowId: { ...column.uuid, primary: true },
    sourceRevisionId: column.uuid,
    revisionId: column.uuidOrNull,
    everySeconds: column.integerOrNull,
    nextAt: column.timeOrNull,
    requestedBy: column.jsonOrNull,
    lastAt: column.timeOrNull,
    lastOutcome: column.textOrNull,
    lastReason: column.textOrNull,
    lastExecutionId: column.uuidOrNull,
    observedAt: column.timeOrNull,
  },
  foreignKeys: [references('environment', 'environmentId'), references('workflow', 'workflowId')],
  indices: [{ name: 'observer_next', columns: ['nextAt'], where: 'next_at IS NOT NULL' }],
  checks: [{ name: 'observer_outcome', expression: oneOf('last_outcome', observationOutcomes) }],
});

/** Runs that observe. They are no part of the history: only the newest ones are kept. */
export const observationTable = table<Observation>('observation', {
  columns: {
    executionId: { ...column.uuid, primary: true },
    environmentId: column.uuid,
    workflowId: column.uuid,
    startedAt: column.time,
    endedAt: column.timeOrNull,
  },
  foreignKeys: [references('execution', 'executionId')],
  indices: [
    // An environment is observed once at a time.
    { name: 'observation_open', columns: ['environmentId'], unique: true, where: 'ended_at IS NULL' },
    { name: 'observation_newest', columns: ['environmentId', 'workflowId', 'startedAt'] },
  ],
});

export const observedServiceTable = table<ObservedService>('observed_service', {
  columns: {
    environmentId: { ...column.uuid, primary: true },
    serviceId: { ...column.uuid, primary: true },
    image: column.textOrNull,
    observedAt: column.time,
    executionId: column.uuid,
    deploymentId: column.uuidOrNull,
    endNumber: { ...column.bigint, nullable: true },
    drifted: column.boolean,
  },
  foreignKeys: [references('environment', 'environmentId'), references('service', 'serviceId')],
  indices: [{ name: 'observed_service_drifted', columns: ['environmentId'], where: 'drifted' }],
});
