import type { Actor } from '../../access/actor';
import { isFinal } from '../../contract/statuses';
import { type Execution, logEnd } from '../../engine/execution';
import { resolved, Source, type Steps } from '../../kernel/source';
import type { App } from '../app';
import { readExecution } from '../execution/executions.queries';

/**
 * Current state of an execution, then its state after each change, until the execution and its detached tasks are
 * final. Changes that commit together, or faster than the client reads, become one message. Each message is newer than
 * the last.
 */
export const watchExecution = (app: App, actor: Actor, id: string, until: AbortSignal): Source<Execution> =>
  new Source(steps(app, actor, id), until);

function* steps(app: App, actor: Actor, id: string): Steps<Execution> {
  let execution = yield* resolved(readExecution(app, actor, id));
  const follower = app.feeds.states.follow(execution, logEnd(execution));
  try {
    yield { item: execution };
    while (!(isFinal(execution.status) && execution.detachedTasks === 0)) {
      const newest = follower.newest();
      if (newest !== undefined && logEnd(newest) > logEnd(execution)) {
        execution = newest;
        yield { item: execution };
      } else {
        yield follower;
      }
    }
  } finally {
    follower.close();
  }
}
