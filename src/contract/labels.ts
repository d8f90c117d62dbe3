/** Process on any machine that claims and runs jobs if its labels match what they require. */
export interface Agent {
  readonly id: string;
  readonly name: string;
  /** Name of its machine. Null if the agent is too old to report it. */
  readonly host: string | null;
  /** Sorted `key=value` pairs that count: its own, changed by the server's edits and by its registration token. */
  readonly labels: readonly string[];
  /** Number of the set of these labels: `label_match` has what it can run. */
  readonly labelSetId: number;
  /** Labels that the agent reported. */
  readonly ownLabels: readonly string[];
  /** Edits on the server, by key. Null removes the label. */
  readonly labelEdits: LabelEdits;
  readonly slots: number;
  readonly version: string | null;
  /** Version of the protocol that it speaks. */
  readonly protocol: number;
  readonly secretHash: string;
  /** Registration token that it used. Null for `SLIPWAY_AGENT_TOKEN` of the server. */
  readonly tokenId: string | null;
  /** Applications whose jobs it runs; null: all. From its registration token. */
  readonly applicationIds: readonly string[] | null;
  readonly registeredAt: Date;
  readonly lastSeenAt: Date;
  readonly leftAt: Date | null;
  /** The server's clock minus the agent's at its registration. Null if the agent is too old to report its time. */
  readonly clockSkewMs: number | null;
  readonly pausedAt: Date | null;
  readonly pausedBy: string | null;
  readonly pauseNote: string | null;
  /** End of the pause; null: until a person resumes it. */
  readonly pausedUntil: Date | null;
  readonly drainingAt: Date | null;
  readonly removedAt: Date | null;
  /** What happens to its running jobs after its removal. */
  readonly removal: Removal | null;
  /** Grows with each change that the agent has to learn of. */
  readonly revision: number;
  readonly jobsDone: number;
  readonly jobsLost: number;
}

export type LabelEdits = Readonly<Record<string, string | null>>;

/** FINISH: it finishes them and leaves. LOSE: they are lost at once. */
export type Removal = 'FINISH' | 'LOSE';

/** Token that registers a machine as an agent. */
export interface AgentToken {
  readonly id: string;
  readonly name: string;
  readonly secretHash: string;
  readonly createdAt: Date;
  readonly createdBy: string | null;
  /** Labels that its agents have, instead of their own with the same key. Null: no restriction. */
  readonly labels: readonly string[] | null;
  readonly applicationIds: readonly string[] | null;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly revokedBy: string | null;
  readonly lastUsedAt: Date | null;
}

export const OFFLINE_AFTER_MS = 90_000;

/** If the server hears from an agent. */
export type AgentStatus = 'ONLINE' | 'OFFLINE' | 'LEFT';

export function agentStatus(agent: Pick<Agent, 'leftAt' | 'lastSeenAt'>, now: Date): AgentStatus {
  if (agent.leftAt !== null) return 'LEFT';
  return now.getTime() - agent.lastSeenAt.getTime() > OFFLINE_AFTER_MS ? 'OFFLINE' : 'ONLINE';
}

/** What an agent does. `agents.queries.ts` has the same in SQL. */
export const agentStates = ['ONLINE', 'BUSY', 'DRAINING', 'PAUSED', 'LOST', 'LEFT'] as const;
export type AgentState = (typeof agentStates)[number];

type Standing = Pick<Agent, 'leftAt' | 'lastSeenAt' | 'drainingAt' | 'pausedAt' | 'pausedUntil'>;

export function agentState(agent: Standing, slotsUsed: number, now: Date): AgentState {
  const status = agentStatus(agent, now);
  if (status !== 'ONLINE') return status === 'LEFT' ? 'LEFT' : 'LOST';
  if (agent.drainingAt !== null) return 'DRAINING';
  if (isPaused(agent, now)) return 'PAUSED';
  return slotsUsed > 0 ? 'BUSY' : 'ONLINE';
}

/** A pause ends at its time without anybody's help. */
export const isPaused = ({ pausedAt, pausedUntil }: Pick<Agent, 'pausedAt' | 'pausedUntil'>, now: Date): boolean =>
  pausedAt !== null && (pausedUntil === null || pausedUntil > now);

export const labelList = (labels: Readonly<Record<string, string>>): string[] =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort();

/** Values by key of a list of `key=value`. */
export const labelsOf = (list: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    list.map((label) => {
      const at = label.indexOf('=');
      return [label.slice(0, at), label.slice(at + 1)];
    }),
  );

/** Labels that count: those of the agent, with the server's edits, and those of its registration token above all. */
export function effectiveLabels(
  own: readonly string[],
  edits: LabelEdits,
  ofToken: readonly string[] | null,
): readonly string[] {
  if (ofToken !== null) return [...ofToken].sort();
  const labels = { ...labelsOf(own), ...edits };
  return labelList(
    Object.fromEntries(Object.entries(labels).filter((entry): entry is [string, string] => entry[1] !== null)),
  );
}
