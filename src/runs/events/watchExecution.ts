import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { isFinal } from '../../contract/statuses';
import { type Execution, logEnd } from '../../engine/execution';
import { readExecution } from '../execution/executions.queries';

/**
 * Current state of an execution, and again after each change, until it and its detached tasks are final. Changes that
 * were committed together, or faster than the client reads, are one message. Each message is newer than the one before.
 */
export async function* watchExecution(
  app: App,
  actor: Actor,
  id: string,
  until: AbortSignal,
): AsyncGenerator<Execution> {
  let execution = await readExecution(app, actor, id);
  const follower = app.feeds.states.follow(execution, logEnd(execution));
  const stop = () => follower.close();
  until.addEventListener('abort', stop, { once: true });
  try {
    yield execution;
    while (!until.aborted && !(isFinal(execution.status) && execution.detachedTasks === 0)) {
      const newest = follower.newest();
      if (newest !== undefined && logEnd(newest) > logEnd(execution)) {
        execution = newest;
        yield execution;
      } else {
        await follower.change();
      }
    }
  } finally {
    until.removeEventListener('abort', stop);
    follower.close();
  }
}
