import type { Api } from './api';
import { Interrupted } from './failure';
import { RUN, type Run } from './run';

export interface Event {
  readonly sequence: number;
  readonly type: string;
  readonly at: string;
  readonly executionId: string;
  readonly runId: string;
  readonly actor: { readonly kind: string; readonly name: string };
  readonly data: Readonly<Record<string, unknown>>;
}

interface Item {
  readonly cursor: string;
  readonly event: Event | null;
  readonly snapshot: { readonly execution: Run } | null;
  readonly gap: { readonly reason: string } | null;
}

const EVENTS = `subscription ($id: ID!, $after: ID) { executionEvents(executionId: $id, after: $after) {
  cursor event { sequence type at executionId runId actor { kind name } data } snapshot { execution { ...Run } } gap { reason } } } ${RUN}`;

/** Each event of a run once, in order, until it is final: over lost connections and restarts of the server. */
export async function onEachEvent(
  api: Api,
  id: string,
  { after: begin, signal }: { readonly after: string | null; readonly signal: AbortSignal },
  handle: (item: Item) => void | Promise<void>,
): Promise<void> {
  let after = begin;
  const items = api.follow<{ executionEvents: Item }>(EVENTS, () => ({ id, after }), signal);
  for await (const { executionEvents } of items) {
    await handle(executionEvents);
    after = executionEvents.cursor;
  }
}

/** Does something that Ctrl-C ends in order; what is followed goes on. A second Ctrl-C ends the program at once. */
export async function untilInterrupted<T>(run: string | null, work: (stop: AbortController) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onSignal = () => stop.abort(new Interrupted(run));
  process.once('SIGINT', onSignal);
  try {
    return await work(stop);
  } finally {
    process.off('SIGINT', onSignal);
  }
}
