import { type ExecutionStatus, isFinal } from '../../contract/statuses';
import { type Execution, type ExecutionEvent } from '../../engine/execution';
import { cursorCodec } from '../../kernel/paging';
import type { StreamEvent } from '../../kernel/streamEvent';
import { invalidInput } from '../../kernel/errors';

/** An event as its readers get it. `sequence` is its place in the log that was asked for: of the run, or of a member alone. */
export type LogEvent = Omit<ExecutionEvent, 'executionSequence' | 'transactionId'>;

/** Whether an event made an execution final, or active again; undefined for events that do neither. */
export function finalAfter(event: LogEvent, executionId: string): boolean | undefined {
  if (event.executionId !== executionId) return undefined;
  if (event.type === 'ATTEMPT_STARTED') return false;
  return event.type === 'EXECUTION_STATUS' ? isFinal(event.data.to as ExecutionStatus) : undefined;
}

/** How an event changes the number of open tasks beside the graph: `Execution.besideTasks`. */
export function besideAfter({ type, data }: LogEvent): number {
  if (type === 'BESIDE_TASK_CREATED') return 1;
  return type === 'TASK_STATUS' && data.taskType !== undefined && isFinal(data.to as ExecutionStatus) ? -1 : 0;
}

/** Why a reader can't be given all that comes after its cursor. */
export const gapReasons = ['PRUNED', 'UNKNOWN'] as const;

export interface EventGap {
  readonly reason: (typeof gapReasons)[number];
  /** The cursor that nothing could be found for. */
  readonly after: string;
}

/** One answer to who watches an execution: an event, or a snapshot, which a gap always brings with it. */
export interface WatchedEvent extends StreamEvent {
  readonly cursor: string;
  /** The execution that is watched, for the decision whether the caller may still see it. */
  readonly execution: Execution;
  readonly event: LogEvent | null;
  readonly snapshot: { readonly sequence: number; readonly execution: Execution } | null;
  readonly gap: EventGap | null;
}

/** A place in the log of one execution, from a client. */
export function readSequence(after: string): number {
  const sequence = /^\d{1,10}$/.test(after) ? Number(after) : Number.NaN;
  if (sequence <= 2_147_483_647) return sequence;
  const message = `"${after}" is no place in the log of an execution. Take it from a "cursor", or from the "sequence" of an event or a snapshot.`;
  throw invalidInput([{ field: 'after', value: after, rule: 'CURSOR', message }]);
}

/**
 * A place among the events of all runs: behind the last event that was seen, in the order that README.md tells of. Places are
 * compared as they stand here.
 */
export interface Place {
  readonly transactionId: number;
  readonly runId: string;
  readonly sequence: number;
}

const NO_RUN = '00000000-0000-0000-0000-000000000000';

/** Behind everything of earlier transactions, before everything of this one. */
export const placeBefore = (transactionId: number): Place => ({ transactionId, runId: NO_RUN, sequence: 0 });

export function comparePlaces(a: Place, b: Place): number {
  if (a.transactionId !== b.transactionId) return a.transactionId - b.transactionId;
  if (a.runId !== b.runId) return a.runId < b.runId ? -1 : 1;
  return a.sequence - b.sequence;
}

/** Places of another database mean nothing in this one, so the cursor names the database. */
const placeCursor = cursorCodec('events', 'text', 'number', 'id', 'number');

export const encodePlace = (database: string, { transactionId, runId, sequence }: Place): string =>
  placeCursor.encode([database, transactionId, runId, sequence]);

export function decodePlace(cursor: string): { readonly database: string; readonly place: Place } {
  const [database, transactionId, runId, sequence] = placeCursor.decode(cursor);
  return { database, place: { transactionId, runId, sequence } };
}
