import { column, table } from '../../kernel/database/table';
import type { Agent, AgentToken } from '../../contract/labels';

export const agentTable = table<Agent>('agent', {
  columns: {
    id: column.id,
    name: column.text,
    labels: column.texts,
    slots: column.integer,
    version: column.textOrNull,
    secretHash: column.text,
    registeredAt: column.time,
    lastSeenAt: column.time,
    leftAt: column.timeOrNull,
  },
  indices: [{ name: 'agent_registered', columns: ['registeredAt', 'id'] }],
});

export const agentTokenTable = table<AgentToken>('agent_token', {
  columns: {
    id: column.id,
    name: column.text,
    secretHash: column.text,
    createdAt: column.time,
    createdBy: column.textOrNull,
    revokedAt: column.timeOrNull,
  },
  uniques: [{ name: 'agent_token_secret', columns: ['secretHash'] }],
});
