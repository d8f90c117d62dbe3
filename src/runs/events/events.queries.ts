import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { logEnd } from '../../engine/execution';
import { readExecution } from '../execution/executions.queries';
import { type CursorCodec, readPage, toPage } from '../../kernel/paging';
import type { Page } from '../../kernel/paging';
import { type EventGap, type LogEvent, readSequence } from './eventLog';
import { findEvents, findFirstSequence } from './eventLog.store';

/** The cursor in the log of one execution is the sequence itself, so clients can construct it. */
const cursor: CursorCodec<readonly [number]> = {
  encode: ([sequence]) => String(sequence),
  decode: (after) => [readSequence(after)],
};

/**
 * Page of the event log of an execution. The page is an index range, so its cost does not depend on the length of the
 * log.
 */
export async function listEvents(
  app: App,
  actor: Actor,
  executionId: string,
  page: { readonly after: string | null; readonly first: number | null },
): Promise<Page<LogEvent> & { readonly gap: EventGap | null }> {
  const request = readPage(page, cursor);
  const execution = await readExecution(app, actor, executionId);
  const [position] = request.after ?? [0];
  const rows = await findEvents(app.database, execution, position, request.fetch);
  const shown = toPage(request, {
    rows,
    cursor: ({ sequence }) => cursor.encode([sequence]),
    async countTotal() {
      const oldest = await findFirstSequence(app.database, execution);
      return oldest === undefined ? 0 : logEnd(execution) - oldest + 1;
    },
  });
  return Object.assign(shown, { gap: gapBefore(rows[0], position, logEnd(execution)) });
}

/** The execution's row was read before its events, so the events that it promises either exist or have been deleted. */
function gapBefore(first: LogEvent | undefined, position: number, end: number): EventGap | null {
  const after = String(position);
  if (first !== undefined) return first.sequence === position + 1 ? null : { reason: 'PRUNED', after };
  if (position === end) return null;
  return { reason: position < end ? 'PRUNED' : 'UNKNOWN', after };
}
