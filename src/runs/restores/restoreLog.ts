import type { App } from '../app';
import { topic } from '../../kernel/database/wakeups';
import type { OperationLogLine } from './restore';
import { findLines, findOperations } from './restores.store';

const PAGE = 500;

/** Page of an operation's log. */
export interface OperationLogPage {
  readonly lines: readonly OperationLogLine[];
  /** Position at which the next page begins. */
  readonly nextAfter: number;
  /** True if nothing follows this page, now or later. */
  readonly final: boolean;
}

export async function readOperationLog(app: App, id: string, after: number, limit: number): Promise<OperationLogPage> {
  // Reads the status before the lines: the last lines are written in the transaction that ends the operation.
  const [operation] = await findOperations(app.database, [id]);
  const lines = await findLines(app.database, id, after, limit);
  const nextAfter = lines.at(-1)?.number ?? after;
  return { lines, nextAfter, final: operation?.status !== 'RUNNING' && lines.length < limit };
}

/** Log after a line: existing lines, then new ones, until the operation has ended. Each line once, in order. */
export async function* watchOperationLog(
  app: App,
  id: string,
  after: number,
  until: AbortSignal,
): AsyncGenerator<OperationLogPage> {
  const listener = app.database.wakeups.listen([topic.log(id)]);
  try {
    let position = after;
    while (!until.aborted) {
      const page = await readOperationLog(app, id, position, PAGE);
      if (page.lines.length > 0 || page.final) yield page;
      if (page.final) return;
      if (page.nextAfter > position) position = page.nextAfter;
      else await listener.wait(app.config.SLIPWAY_POLL_MS, until);
    }
  } finally {
    listener.close();
  }
}
