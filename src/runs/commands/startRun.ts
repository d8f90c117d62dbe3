import type { Actor } from '../../access/actor';
import type { AuditDetail } from '../../access/audit/audit';
import { auditDetail } from '../../access/audit/auditDetail';
import { labelsOf, type WorkflowDefinition } from '../../catalog/language/workflow';
import type { Execution } from '../../engine/execution';
import type { RunSlice } from '../../engine/runSlice';
import { notFound } from '../../kernel/errors';
import type { App } from '../app';
import { findExecution } from '../execution/executions.store';
import { inRuns } from '../execution/inRuns';
import type { RunTransaction } from '../execution/runTransaction';
import { holdApplication, isGone } from '../execution/startTargets.store';
import { type KeyedRequest, once } from './idempotency';
import { insertIdempotencyKey } from './idempotencyKeys.store';
import type { IdempotencyKey } from './idempotencyKeys.table';
import { startShared } from './sharedStarts';
import { selectorList } from '../../catalog/language/labelSelectors';

/** A run to start. */
export interface RunStart {
  readonly id: string;
  readonly applicationId: string;
  readonly request: KeyedRequest | null;
  /** Request that the key identified before. */
  readonly used: IdempotencyKey | undefined;
  /** Locks and checks that the start needs in its transaction. */
  readonly first?: (db: RunTransaction) => Promise<void>;
  readonly decide: (run: RunSlice) => Execution;
  /** More for the audit record. */
  readonly audit?: object;
  /** Number of tasks that it creates, if it may share a transaction with other starts. */
  readonly size?: number;
}

/** A larger run would delay the other runs in its transaction. */
const LARGEST_SHARED = 100;

/**
 * Common frame of every start: one run for each idempotency key, in one transaction with its events and its audit
 * record, while its application exists.
 */
export function startRun(app: App, actor: Actor, start: RunStart): Promise<Execution> {
  const { id, applicationId, request, used, first, decide, audit, size } = start;
  const again = async ({ executionId }: { readonly executionId: string }) => {
    const known = await findExecution(app.database, executionId);
    if (known === undefined) throw notFound('execution', executionId);
    return known;
  };
  const detail = ({ kind, entityId, environmentId, notes }: Execution): AuditDetail => {
    return { kind: 'execution', id, applicationId, after: { kind, entityId, environmentId, notes, ...audit } };
  };
  const alone = async () => {
    const { row } = await inRuns(
      app,
      [],
      actor,
      async (db) => {
        db.sent([holdApplication(db, applicationId)]);
        if (first !== undefined) await first(db);
        auditDetail(db, detail(await db.decide(decide)));
        if (request !== null) {
          db.sent([insertIdempotencyKey(db, { ...request, executionId: id, answerId: null, createdAt: db.now })]);
        }
        return { row: db.last(() => findExecution(db, id)) };
      },
      { keepsPlans: true },
    );
    const execution = await row;
    if (execution === undefined) throw new Error(`execution ${id} disappeared while it was being created`);
    return execution;
  };
  const shares = first === undefined && size !== undefined && size <= LARGEST_SHARED;
  const shared = () => startShared(app, actor, { id, applicationId, request, decide, detail });
  return once(app, request, used, again, async () => {
    try {
      return (shares ? await shared() : null) ?? (await alone());
    } catch (error) {
      throw isGone(error) ? notFound('application', applicationId) : error;
    }
  });
}

/** Creates the numbers of label sets before the transaction, so that they can be cached. */
export function ensureRequirementClasses(app: App, definitions: readonly WorkflowDefinition[]): Promise<void> {
  const sets = definitions.flatMap((definition) =>
    Object.values(definition.tasks).map((task) => selectorList(labelsOf(definition, task))),
  );
  return app.requirementClasses.ensure(app.database, sets);
}
