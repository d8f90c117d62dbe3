import type { App } from '../app';
import { topic } from '../database/wakeups';
import { findExecution } from './executions.store';
import { isFinal, type Execution } from './execution';
import { readExecution } from './executions.queries';

/**
 * An execution as it stands, and again after each change of its run, until it is final. Changes that were committed together, or faster than the client reads, are one
 * answer; each answer is newer than the one before.
 */
export async function* watchExecution(app: App, id: string, until: AbortSignal): AsyncGenerator<Execution> {
  const first = await readExecution(app, id);
  const listener = app.database.wakeups.listen([topic.run(first.runId)]);
  try {
    let seen = -1;
    while (!until.aborted) {
      // The listener was there before this is read: a change after it wakes the wait below.
      const execution = await findExecution(app.database, id);
      if (execution === undefined) return;
      const run = execution.id === execution.runId ? execution : await findExecution(app.database, execution.runId);
      const sequence = run?.lastSequence ?? 0;
      if (sequence !== seen) {
        seen = sequence;
        yield execution;
      }
      if (isFinal(execution.status)) return;
      await listener.wait(app.config.SLIPWAY_POLL_MS, until);
    }
  } finally {
    listener.close();
  }
}
