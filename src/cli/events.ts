import type { Client } from '../client/client';
import { RunEventsDocument, type RunEventsSubscription } from '../client/generated';
import { Interrupted } from './failure';

type Item = RunEventsSubscription['executionEvents'];

/** An event of the log; its data depends on its type. */
export type Event = Omit<NonNullable<Item['event']>, 'data'> & { readonly data: Readonly<Record<string, unknown>> };

/**
 * Calls `handle` for each event of a run once, in order, until the run is final. Lost connections and restarts of the
 * server don't interrupt it.
 */
export async function onEachEvent(
  api: Client,
  id: string,
  { after: begin, signal }: { readonly after: string | null; readonly signal: AbortSignal },
  handle: (item: Omit<Item, 'event'> & { readonly event: Event | null }) => void | Promise<void>,
): Promise<void> {
  let after = begin;
  for await (const { executionEvents } of api.follow(RunEventsDocument, () => ({ id, after }), signal)) {
    await handle({ ...executionEvents, event: executionEvents.event as Event | null });
    after = executionEvents.cursor;
  }
}

/** Runs work that Ctrl-C ends gracefully; the run continues. A second Ctrl-C ends the program immediately. */
export async function untilInterrupted<T>(run: string | null, work: (stop: AbortController) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onSignal = () => stop.abort(new Interrupted(run));
  process.once('SIGINT', onSignal);
  // CI systems send it to a canceled job.
  process.once('SIGTERM', onSignal);
  try {
    return await work(stop);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
