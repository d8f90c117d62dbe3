import type { Actor } from '../../access/actor';
import { rightsKey } from '../../access/rightsKey';
import { isFinal, type ExecutionStatus } from '../../contract/statuses';
import { Source, type Steps } from '../../kernel/source';
import type { App } from '../app';
import type { CommittedQuery, PlacedEvent } from '../events/eventFeeds';
import type { EventGap } from '../events/eventLog';
import { committedSteps } from '../events/watchCommitted';
import type { QueueState } from './queue';

/** COME: it waits. MOVE: its place or priority changed. START: an agent runs it. GO: it ended, or was lost. */
export type QueueChangeKind = 'COME' | 'MOVE' | 'START' | 'GO';

export interface QueueChange {
  readonly kind: QueueChangeKind;
  readonly at: Date;
  readonly executionId: string;
  /** Null: all waiting jobs of the run moved. */
  readonly jobId: string | null;
  readonly priority: number | null;
}

/** Message to a watcher of the queue: a change, or the beginning. */
export interface QueueUpdate {
  readonly cursor: string;
  readonly change: QueueChange | null;
  readonly gap: EventGap | null;
  /** Permissions under which it was read, from `rightsKey`. */
  readonly rights: string;
}

const kinds: Readonly<Record<string, QueueChangeKind>> = {
  JOB_QUEUED: 'COME',
  JOB_MOVED: 'MOVE',
  PRIORITY_CHANGED: 'MOVE',
  JOB_STARTED: 'START',
  JOB_LOST: 'GO',
  TASK_STATUS: 'GO',
};

/** Changes of the queue that the actor may see, each once, in the order of the event log, with its load. */
export function watchQueueChanges(
  app: App,
  actor: Actor,
  after: string | null,
  until: AbortSignal,
): Source<QueueUpdate & { readonly state: QueueState }> {
  const rights = rightsKey(actor);
  const query: CommittedQuery<QueueUpdate & PlacedEvent> = {
    key: `queue ${rights}`,
    where: (parameters) =>
      `event.type IN ('JOB_QUEUED', 'JOB_MOVED', 'PRIORITY_CHANGED', 'JOB_STARTED', 'JOB_LOST', 'TASK_STATUS')
       AND (event.type <> 'TASK_STATUS' OR event.data->>'jobId' IS NOT NULL)
       AND ${actor.access.condition('READ', 'Execution', 'e', parameters)}`,
    complete: async (events) =>
      events.flatMap((placed) => {
        const change = changeOf(placed);
        return change === null ? [] : [{ ...placed, change, gap: null, rights }];
      }),
  };
  const begin = (cursor: string, gap: EventGap | null): QueueUpdate => ({ cursor, change: null, gap, rights });
  return new Source(withState(app, committedSteps(app, query, after, begin)), until);
}

function changeOf({ event: { type, at, executionId, data } }: PlacedEvent): QueueChange | null {
  const kind = kinds[type];
  if (kind === undefined || (type === 'TASK_STATUS' && !isFinal(data.to as ExecutionStatus))) return null;
  const jobId = typeof data.jobId === 'string' ? data.jobId : null;
  return { kind, at, executionId, jobId, priority: typeof data.priority === 'number' ? data.priority : null };
}

function* withState(app: App, updates: Steps<QueueUpdate>): Steps<QueueUpdate & { readonly state: QueueState }> {
  const follower = app.feeds.queue.follow(null, 0);
  try {
    let answer: unknown;
    for (;;) {
      const step = updates.next(answer);
      if (step.done) return;
      answer = undefined;
      if (!('item' in step.value)) {
        answer = yield step.value;
        continue;
      }
      let newest = follower.newest();
      for (; newest === undefined; newest = follower.newest()) yield follower;
      yield { item: { ...step.value.item, state: newest.state } };
    }
  } finally {
    follower.close();
    updates.return();
  }
}
