import { type Actor, actorRef } from '../../access/actor';
import type { AuditDetail } from '../../access/audit/audit';
import { auditTogether, forSeveralAttempts, type OpenAttempt, openAttempt } from '../../access/audit/audited';
import type { Execution } from '../../engine/execution';
import type { RunSlice } from '../../engine/runSlice';
import { Batch } from '../../kernel/batch';
import { isOutage } from '../../kernel/database/outage';
import { groupBy } from '../../kernel/loaders';
import type { App } from '../app';
import { findExecutions } from '../execution/executions.store';
import { inRuns } from '../execution/inRuns';
import { holdApplication } from '../execution/startTargets.store';
import type { KeyedRequest } from './idempotency';
import { insertIdempotencyKey } from './idempotencyKeys.store';

/** Maximum number of starts in a transaction. */
const MOST = 16;

/** A start whose transaction only carries out a decision. */
export interface SharedStart {
  readonly id: string;
  readonly applicationId: string;
  readonly request: KeyedRequest | null;
  readonly decide: (run: RunSlice) => Execution;
  readonly detail: (started: Execution) => AuditDetail;
}

interface Asked {
  readonly actor: Actor;
  readonly attempt: OpenAttempt | undefined;
  readonly start: SharedStart;
}

/** Null if the start has to be made alone. */
type Answer = () => Execution | null;

const batches = new WeakMap<App, Batch<Asked, Answer>>();

/**
 * Starts that arrive while others are being written share the next transaction, because its statements and its commit
 * cost more than one more run. Returns null for a start that has to be made alone: a transaction of several failed, and
 * it is unknown which of them is the reason.
 */
export async function startShared(app: App, actor: Actor, start: SharedStart): Promise<Execution | null> {
  let batch = batches.get(app);
  if (batch === undefined) {
    batch = new Batch((asked) => forSeveralAttempts(() => startAll(app, asked)), MOST);
    batches.set(app, batch);
  }
  const answer = await batch.add({ actor, attempt: openAttempt(), start });
  return answer();
}

async function startAll(app: App, asked: readonly Asked[]): Promise<Answer[]> {
  const groups = groupBy(asked, ({ actor }) => JSON.stringify(actorRef(actor)));
  const answers = new Map<string, Answer>();
  for (const group of groups.values()) {
    try {
      for (const execution of await startGroup(app, group)) answers.set(execution.id, () => execution);
    } catch (error) {
      // After an outage, it is unknown whether they were committed.
      const alone = group.length > 1 && !isOutage(error);
      const answer = alone ? () => null : fail(error);
      for (const { start } of group) answers.set(start.id, answer);
    }
  }
  return asked.map(({ start: { id } }) => answers.get(id) ?? fail(new Error(`execution ${id} disappeared`)));
}

const fail = (error: unknown) => () => {
  throw error;
};

/** Runs of one actor, in one transaction. */
async function startGroup(app: App, group: readonly Asked[]): Promise<Execution[]> {
  const [{ actor }] = group as [Asked];
  const { rows, noteRecorded } = await inRuns(
    app,
    [],
    actor,
    async (db) => {
      const applications = [...new Set(group.map(({ start }) => start.applicationId))].sort();
      db.sent(applications.map((id) => holdApplication(db, id)));
      const decided = await db.decide((run) =>
        group.map(({ attempt, start }) => ({ attempt, start, row: start.decide(run) })),
      );
      db.sent(
        group.flatMap(({ start: { id, request } }) =>
          request === null
            ? []
            : [insertIdempotencyKey(db, { ...request, executionId: id, answerId: null, createdAt: db.now })],
        ),
      );
      const changes = decided.map(({ attempt, start, row }) => ({ attempt, detail: start.detail(row) }));
      const noteRecorded = auditTogether(app, db, changes);
      const ids = group.map(({ start }) => start.id);
      return { rows: db.last(() => findExecutions(db, ids)), noteRecorded };
    },
    { keepsPlans: true },
  );
  noteRecorded();
  return rows;
}
