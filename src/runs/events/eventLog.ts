import { type ExecutionStatus, isFinal } from '../../contract/statuses';
import { type Execution, type ExecutionEvent } from '../../engine/execution';
import { cursorCodec } from '../../kernel/paging';
import type { StreamEvent } from '../../kernel/streamEvent';
import { invalidInput } from '../../kernel/errors';

/** Event as readers see it. `sequence` is its position in the requested log: the run's or one member's. */
export type LogEvent = Omit<ExecutionEvent, 'executionSequence' | 'transactionId'>;

/** True if an event made an execution final, false if it made it active again, undefined otherwise. */
export function finalAfter(event: LogEvent, executionId: string): boolean | undefined {
  if (event.executionId !== executionId) return undefined;
  if (event.type === 'ATTEMPT_STARTED') return false;
  return event.type === 'EXECUTION_STATUS' ? isFinal(event.data.to as ExecutionStatus) : undefined;
}

/** Change that the event makes to `Execution.detachedTasks`. */
export function detachedAfter({ type, data }: LogEvent): number {
  if (type === 'BESIDE_TASK_CREATED') return 1;
  return type === 'TASK_STATUS' && data.taskType !== undefined && isFinal(data.to as ExecutionStatus) ? -1 : 0;
}

/** Reasons why a reader can't get all events after its cursor. */
export const gapReasons = ['PRUNED', 'UNKNOWN'] as const;

export interface EventGap {
  readonly reason: (typeof gapReasons)[number];
  /** Cursor after which events are missing. */
  readonly after: string;
}

/** Message to a watcher of an execution: an event, or a snapshot. A gap always comes with a snapshot. */
export interface WatchedEvent extends StreamEvent {
  readonly cursor: string;
  /** Watched execution. Decides whether the caller may still see it. */
  readonly execution: Execution;
  readonly event: LogEvent | null;
  readonly snapshot: { readonly sequence: number; readonly execution: Execution } | null;
  readonly gap: EventGap | null;
}

/** Position in the log of one execution, as given by a client. */
export function readSequence(after: string): number {
  const sequence = /^\d{1,10}$/.test(after) ? Number(after) : Number.NaN;
  if (sequence <= 2_147_483_647) return sequence;
  const message = `"${after}" is not a position in the log of an execution. Use a "cursor", or the "sequence" of an event or a snapshot.`;
  throw invalidInput([{ field: 'after', value: after, rule: 'CURSOR', message }]);
}

/**
 * Position among the events of all runs, after the last event seen. README.md describes the order; positions compare by
 * these fields in sequence.
 */
export interface Place {
  readonly transactionId: number;
  readonly runId: string;
  readonly sequence: number;
}

const NO_RUN = '00000000-0000-0000-0000-000000000000';

/** Position after everything of earlier transactions and before everything of this one. */
export const placeBefore = (transactionId: number): Place => ({ transactionId, runId: NO_RUN, sequence: 0 });

export function comparePlaces(a: Place, b: Place): number {
  if (a.transactionId !== b.transactionId) return a.transactionId - b.transactionId;
  if (a.runId !== b.runId) return a.runId < b.runId ? -1 : 1;
  return a.sequence - b.sequence;
}

/** The cursor names the database, because positions of another database are meaningless here. */
const placeCursor = cursorCodec('events', 'text', 'number', 'id', 'number');

export const encodePlace = (database: string, { transactionId, runId, sequence }: Place): string =>
  placeCursor.encode([database, transactionId, runId, sequence]);

export function decodePlace(cursor: string): { readonly database: string; readonly place: Place } {
  const [database, transactionId, runId, sequence] = placeCursor.decode(cursor);
  return { database, place: { transactionId, runId, sequence } };
}
