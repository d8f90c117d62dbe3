/** Process on any machine that claims and runs jobs if it has all their required labels. */
export interface Agent {
  readonly id: string;
  readonly name: string;
  /** Sorted `key=value` pairs. */
  readonly labels: readonly string[];
  readonly slots: number;
  readonly version: string | null;
  readonly secretHash: string;
  readonly registeredAt: Date;
  readonly lastSeenAt: Date;
  readonly leftAt: Date | null;
}

/** Token that registers a machine as an agent. */
export interface AgentToken {
  readonly id: string;
  readonly name: string;
  readonly secretHash: string;
  readonly createdAt: Date;
  readonly createdBy: string | null;
  readonly revokedAt: Date | null;
}

export const OFFLINE_AFTER_MS = 90_000;

export type AgentStatus = 'ONLINE' | 'OFFLINE' | 'LEFT';

export function agentStatus(agent: Pick<Agent, 'leftAt' | 'lastSeenAt'>, now: Date): AgentStatus {
  if (agent.leftAt !== null) return 'LEFT';
  return now.getTime() - agent.lastSeenAt.getTime() > OFFLINE_AFTER_MS ? 'OFFLINE' : 'ONLINE';
}

export const labelList = (labels: Readonly<Record<string, string>>): string[] =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort();
