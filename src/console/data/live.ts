import { useEffect, useRef } from 'react';
import type { Client } from '../../client/client';
import type { ExecutionFilter } from '../../client/generated';
import type { WatchOptions } from '../../client/watch';
import { asApiError, checkConnection, noteSocketsPass, streams } from './server';

/** What a page shows, of which it wants to hear every change. */
export type LiveSource =
  | { readonly kind: 'execution'; readonly id: string; readonly after?: string | number }
  | {
      readonly kind: 'executions';
      readonly filters?: readonly ExecutionFilter[];
      readonly includeIndirectExecutions?: boolean;
    }
  | { readonly kind: 'approvals'; readonly applicationId?: string; readonly all?: boolean }
  | { readonly kind: 'queue' };

export interface LiveChange {
  /** True if anything may have changed: at the start, or if older events are no longer stored. Read everything again. */
  readonly all: boolean;
  /** Execution that changed, also of a change of the queue or of an approval. */
  readonly executionId?: string;
  /** Run of that execution: the execution itself, or the pipeline execution that it is a member of. */
  readonly runId?: string;
  readonly approvalId?: string;
  readonly jobId?: string;
  /** Type of the event or change, such as `TASK_STATUS`. */
  readonly type?: string;
  readonly sequence?: number;
  /** Time of the event. */
  readonly at?: string;
  /** Name of who caused the event. */
  readonly by?: string;
  readonly data?: unknown;
}

type Listener = (changes: readonly LiveChange[]) => void;

/** Time in which changes are collected, so that a busy run renders a few times a second. */
const TOGETHER_MS = 120;

/** A watcher and those who listen to it. All who name the same source share one subscription. */
interface Watched {
  readonly listeners: Set<Listener>;
  readonly end: AbortController;
}

const watched = new Map<string, Watched>();

/**
 * Calls `onChanges` with every change of the source, in order and without a gap: the watcher continues from its cursor
 * after a broken connection. A page has one source; parts of the page may name the same one. Null watches nothing.
 */
export function useLive(source: LiveSource | null, onChanges: Listener): void {
  const listener = useRef(onChanges);
  useEffect(() => {
    listener.current = onChanges;
  });
  const named = source === null ? '' : JSON.stringify(source);
  useEffect(() => (named === '' ? undefined : listen(named, (changes) => listener.current(changes))), [named]);
}

function listen(named: string, listener: Listener): () => void {
  let watch = watched.get(named);
  if (watch === undefined) {
    watch = { listeners: new Set(), end: new AbortController() };
    watched.set(named, watch);
    void run(JSON.parse(named) as LiveSource, watch);
  }
  watch.listeners.add(listener);
  const mine = watch;
  return () => {
    mine.listeners.delete(listener);
    // React mounts effects twice in development, and a page's parts one after the other.
    queueMicrotask(() => {
      if (mine.listeners.size > 0 || watched.get(named) !== mine) return;
      watched.delete(named);
      mine.end.abort();
    });
  };
}

async function run(source: LiveSource, { listeners, end }: Watched): Promise<void> {
  let collected: LiveChange[] = [];
  const deliver = () => {
    const changes = collected;
    collected = [];
    for (const listener of [...listeners]) listener(changes);
  };
  let cursor = source.kind === 'execution' && source.after !== undefined ? String(source.after) : undefined;
  for (const client of streams) {
    if (client !== streams[0]) checkConnection();
    try {
      for await (const item of itemsOf(client, source, { after: cursor, signal: end.signal })) {
        cursor = item.cursor ?? cursor;
        if (client === streams[0]) noteSocketsPass();
        if (collected.push(item.change) === 1) setTimeout(deliver, TOGETHER_MS);
      }
      return;
    } catch (error) {
      if (end.signal.aborted) return;
      const known = asApiError(error);
      // The other transport continues from the same cursor.
      if (!known.retryable) return;
    }
  }
}

interface LiveItem {
  readonly cursor: string | null | undefined;
  readonly change: LiveChange;
}

async function* itemsOf(client: Client, source: LiveSource, options: WatchOptions): AsyncGenerator<LiveItem> {
  switch (source.kind) {
    case 'execution':
      for await (const { cursor, event, snapshot } of client.watchExecution(source.id, options))
        yield { cursor, change: { all: snapshot != null, ...eventOf(event) } };
      return;
    case 'executions': {
      const { filters, includeIndirectExecutions } = source;
      const watch = { ...options, filters, includeIndirectExecutions };
      for await (const { cursor, event, snapshot } of client.watchEvents(watch))
        yield { cursor, change: { all: snapshot != null, ...eventOf(event) } };
      return;
    }
    case 'approvals': {
      const { applicationId, all } = source;
      for await (const { cursor, approval, snapshot } of client.watchApprovals({ ...options, applicationId, all })) {
        const change = { approvalId: approval?.approvalId, executionId: approval?.execution?.id };
        yield { cursor, change: { all: snapshot != null, ...change } };
      }
      return;
    }
    case 'queue':
      for await (const { cursor, change, gap } of client.watchQueue(options)) {
        const { executionId, jobId, kind } = change ?? {};
        yield {
          cursor,
          change: { all: change == null || gap != null, executionId, jobId: jobId ?? undefined, type: kind },
        };
      }
  }
}

interface EventLike {
  readonly executionId: string;
  readonly runId: string;
  readonly sequence: number;
  readonly type: string;
  readonly at: string;
  readonly actor: { readonly name: string };
  readonly data: unknown;
}

const eventOf = (event: EventLike | null | undefined) =>
  event && {
    executionId: event.executionId,
    runId: event.runId,
    sequence: event.sequence,
    type: event.type,
    at: event.at,
    by: event.actor.name,
    data: event.data,
  };
