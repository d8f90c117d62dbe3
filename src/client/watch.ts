import { isFinal } from '../contract/statuses';
import { ApiError } from './apiError';
import {
  AbortExecutionDocument,
  type ExecutionFilter,
  type ExecutionStateFragment,
  FindRunDocument,
  ReadExecutionStateDocument,
  type TypedDocumentString,
  WatchApprovalsDocument,
  WatchExecutionDocument,
  type WatchExecutionSubscription,
  WatchExecutionsDocument,
  WatchQueueDocument,
} from './generated';
import type { Given, Requests } from './requests';

export interface WatchOptions {
  /** Cursor to continue after. */
  readonly after?: string | null | undefined;
  /** Ends the iteration with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}
export type ExecutionWatch = WatchOptions;
export interface EventsWatch extends WatchOptions {
  readonly filters?: readonly ExecutionFilter[];
  /** True to include workflow executions that a pipeline execution started. */
  readonly includeIndirectExecutions?: boolean;
}
export interface ApprovalsWatch extends WatchOptions {
  readonly applicationId?: string;
  /** True to include approvals that the caller may see but not decide. */
  readonly all?: boolean;
}
export type QueueWatch = WatchOptions;

export type ExecutionState = ExecutionStateFragment;

export interface WaitOptions extends WatchOptions {
  /** `waiting` also returns when the execution waits for a person. Defaults to `final`. */
  readonly until?: 'final' | 'waiting';
  /** Called with each item in order, and awaited. */
  readonly onItem?: (item: WatchExecutionSubscription['executionEvents']) => void | Promise<void>;
  /** True to abort the execution when `signal` aborts. By default, it continues. */
  readonly abortOnSignal?: boolean;
}

interface Item {
  readonly cursor?: string | null;
}

/** Items of a subscription that continues after the cursor of the last item that its reader has taken. */
async function* resumed<Data, Variables, Of extends Item>(
  client: Requests,
  document: TypedDocumentString<Data, Variables>,
  { after = null, signal }: WatchOptions,
  variables: (after: string | null) => Variables,
  itemOf: (data: Given<Data>) => Of,
): AsyncGenerator<Of, void, undefined> {
  let cursor = after;
  for (let taken = true; taken; ) {
    taken = false;
    try {
      for await (const data of client.follow(document, () => variables(cursor), signal)) {
        const item = itemOf(data);
        cursor = item.cursor ?? cursor;
        taken = true;
        yield item;
      }
      return;
    } catch (error) {
      // A stream over many executions ends this way if the caller may not see one of them any more; others continue.
      if (!(error instanceof ApiError && error.code === 'NOT_FOUND' && taken)) throw error;
    }
  }
}

export const watchExecution = (client: Requests, id: string, options: ExecutionWatch) =>
  resumed(
    client,
    WatchExecutionDocument,
    options,
    (after) => ({ id, after }),
    (data) => data.executionEvents,
  );

export const watchEvents = (client: Requests, { filters, includeIndirectExecutions, ...options }: EventsWatch) =>
  resumed(
    client,
    WatchExecutionsDocument,
    options,
    (after) => ({ filters, includeIndirectExecutions, after }),
    (data) => data.executionsUpdated,
  );

export const watchApprovals = (client: Requests, { applicationId, all, ...options }: ApprovalsWatch) =>
  resumed(
    client,
    WatchApprovalsDocument,
    options,
    (after) => ({ applicationId, all, after }),
    (data) => data.approvalsRequested,
  );

export const watchQueue = (client: Requests, options: QueueWatch) =>
  resumed(
    client,
    WatchQueueDocument,
    options,
    (after) => ({ after }),
    (data) => data.queueUpdated,
  );

const waits = (status: string): boolean => status === 'WAITING' || status === 'PAUSED';

export async function waitForExecution(
  client: Requests,
  id: string,
  { until = 'final', onItem, abortOnSignal = false, ...watched }: WaitOptions,
): Promise<ExecutionState> {
  const read = async () => (await client.ask(ReadExecutionStateDocument, { id })).execution;
  try {
    for await (const item of watchExecution(client, id, watched)) {
      await onItem?.(item);
      const to = item.snapshot?.execution.status ?? statusIn(item.event, id);
      if (until === 'waiting' && to !== undefined && waits(to)) {
        const state = await read();
        // It may have continued since then; its next event shows that.
        if (waits(state.status) || isFinal(state.status as Parameters<typeof isFinal>[0])) return state;
      }
    }
  } catch (error) {
    if (abortOnSignal && watched.signal?.aborted) await abort(client, id);
    throw error;
  }
  return read();
}

function statusIn(event: WatchExecutionSubscription['executionEvents']['event'], id: string): string | undefined {
  if (event?.type !== 'EXECUTION_STATUS' || event.executionId !== id) return undefined;
  const { to } = (event.data ?? {}) as { readonly to?: unknown };
  return typeof to === 'string' ? to : undefined;
}

/** Also called when the execution has just ended, which is fine. */
async function abort(client: Requests, executionId: string): Promise<void> {
  try {
    const { execution } = await client.ask(FindRunDocument, { id: executionId });
    const input = { applicationId: execution.application?.id ?? '', executionId, reason: 'The client was canceled.' };
    await client.change(AbortExecutionDocument, { input });
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 'NOT_ABORTABLE')) throw error;
  }
}
