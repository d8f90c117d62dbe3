import type { Execution } from './execution';
import type { RunSlice } from './runSlice';

/** An event with its places in the logs of its run and of its execution. */
export interface PlacedEvent {
  readonly runId: string;
  readonly sequence: number;
  readonly executionId: string;
  readonly executionSequence: number;
  readonly type: string;
  readonly data: unknown;
}

export interface PlacedEvents {
  readonly events: readonly PlacedEvent[];
  /** Last sequence of each run before these events. */
  readonly ends: ReadonlyMap<string, number>;
}

/**
 * Gives the events of a decision their places, and records the new ends of the logs in the rows of the executions, so
 * that each row is written once. Null if the decision does not know all of these rows.
 */
export function placeEvents(run: RunSlice): PlacedEvents | null {
  const { events } = run.changes;
  const ids = new Set(events.flatMap(({ runId, executionId }) => [runId, executionId]));
  const logs = new Map<string, { readonly row: Execution; last: number; own: number }>();
  for (const id of ids) {
    const row = run.knownExecution(id);
    if (row === undefined) return null;
    logs.set(id, { row, last: row.lastSequence, own: row.lastExecutionSequence });
  }
  const logOf = (id: string) => {
    const log = logs.get(id);
    if (log === undefined) throw new Error(`execution ${id} has no log`);
    return log;
  };
  const ends = new Map<string, number>();
  const placed = events.map(({ runId, executionId, type, data }): PlacedEvent => {
    const log = logOf(runId);
    if (!ends.has(runId)) ends.set(runId, log.last);
    return {
      runId,
      sequence: ++log.last,
      executionId,
      executionSequence: ++logOf(executionId).own,
      type,
      data,
    };
  });
  for (const { row, last, own } of logs.values()) {
    run.setExecution({ ...row, lastSequence: last, lastExecutionSequence: own });
  }
  return { events: placed, ends };
}
