import { useEffect, useRef } from 'react';
import { ApiError } from '../../client/apiError';
import type { ExecutionFilter } from '../../client/generated';
import { asApiError, server } from './server';

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
  try {
    for await (const change of changesOf(source, end.signal)) {
      if (collected.push(change) === 1) setTimeout(deliver, TOGETHER_MS);
    }
  } catch (error) {
    if (!end.signal.aborted && !(error instanceof ApiError && error.code === 'NOT_FOUND')) asApiError(error);
  }
}

async function* changesOf(source: LiveSource, signal: AbortSignal): AsyncGenerator<LiveChange> {
  switch (source.kind) {
    case 'execution': {
      const after = source.after === undefined ? null : String(source.after);
      for await (const { event, snapshot } of server.watchExecution(source.id, { after, signal }))
        yield { all: snapshot != null, ...eventOf(event) };
      return;
    }
    case 'executions': {
      const { filters, includeIndirectExecutions } = source;
      for await (const { event, snapshot } of server.watchEvents({ filters, includeIndirectExecutions, signal }))
        yield { all: snapshot != null, ...eventOf(event) };
      return;
    }
    case 'approvals': {
      const { applicationId, all } = source;
      for await (const { approval, snapshot } of server.watchApprovals({ applicationId, all, signal }))
        yield { all: snapshot != null, approvalId: approval?.approvalId, executionId: approval?.execution?.id };
      return;
    }
    case 'queue':
      for await (const { change, gap } of server.watchQueue({ signal }))
        yield {
          all: change == null || gap != null,
          executionId: change?.executionId,
          jobId: change?.jobId ?? undefined,
          type: change?.kind,
        };
  }
}

interface EventLike {
  readonly executionId: string;
  readonly runId: string;
  readonly sequence: number;
  readonly type: string;
  readonly data: unknown;
}

const eventOf = (event: EventLike | null | undefined) =>
  event && {
    executionId: event.executionId,
    runId: event.runId,
    sequence: event.sequence,
    type: event.type,
    data: event.data,
  };
