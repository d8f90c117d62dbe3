import { column, oneOf, references, table } from '../../kernel/database/table';
import type { Agent, AgentToken } from '../../contract/labels';

export const agentTable = table<Agent>('agent', {
  columns: {
    id: column.id,
    name: column.text,
    host: column.textOrNull,
    labels: column.texts,
    labelSetId: column.integer,
    ownLabels: column.texts,
    labelEdits: column.json,
    slots: column.integer,
    version: column.textOrNull,
    protocol: column.integer,
    secretHash: column.text,
    tokenId: column.uuidOrNull,
    applicationIds: { ...column.uuid, array: true, nullable: true },
    registeredAt: column.time,
    lastSeenAt: column.time,
    leftAt: column.timeOrNull,
    clockSkewMs: { ...column.bigint, nullable: true },
    pausedAt: column.timeOrNull,
    pausedBy: column.textOrNull,
    pauseNote: column.textOrNull,
    pausedUntil: column.timeOrNull,
    drainingAt: column.timeOrNull,
    removedAt: column.timeOrNull,
    removal: column.textOrNull,
    revision: column.integer,
    jobsDone: column.integer,
    jobsLost: column.integer,
  },
  foreignKeys: [references('label_set', 'labelSetId'), references('agent_token', 'tokenId')],
  indices: [
    { name: 'agent_registered', columns: ['registeredAt', 'id'] },
    { name: 'agent_name', columns: ['name', 'registeredAt'] },
    // Not on the time of the last contact, which changes all the time.
    { name: 'agent_present', columns: ['id'], where: 'left_at IS NULL' },
  ],
  checks: [
    {
      name: 'agent_removal',
      expression: `(removal IS NULL) = (removed_at IS NULL) AND (removal IS NULL OR ${oneOf('removal', ['FINISH', 'LOSE'])})`,
    },
  ],
});

export const agentTokenTable = table<AgentToken>('agent_token', {
  columns: {
    id: column.id,
    name: column.text,
    secretHash: column.text,
    createdAt: column.time,
    createdBy: column.textOrNull,
    labels: { ...column.texts, nullable: true },
    applicationIds: { ...column.uuid, array: true, nullable: true },
    expiresAt: column.timeOrNull,
    revokedAt: column.timeOrNull,
    revokedBy: column.textOrNull,
    lastUsedAt: column.timeOrNull,
  },
  uniques: [{ name: 'agent_token_secret', columns: ['secretHash'] }],
});

/** Load of an agent's machine, each half minute. */
export interface AgentSample {
  readonly agentId: string;
  readonly at: Date;
  /** Share of all processors in use since the sample before, 0 to 1. */
  readonly cpu: number;
  readonly memoryUsedBytes: number;
  readonly memoryBytes: number;
}

export const agentSampleTable = table<AgentSample>('agent_sample', {
  columns: {
    agentId: { ...column.uuid, primary: true },
    at: { ...column.time, primary: true },
    cpu: { type: 'real' },
    memoryUsedBytes: column.bigint,
    memoryBytes: column.bigint,
  },
  indices: [{ name: 'agent_sample_at', columns: ['at'] }],
});
