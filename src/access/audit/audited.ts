import { AsyncLocalStorage } from 'node:async_hooks';
import type { App } from '../app';
import type { Clock } from '../../kernel/clock';
import type { Database, Transaction } from '../../kernel/database/database';
import { isOutage } from '../../kernel/database/outage';
import { newId } from '../../kernel/ids';
import { Refusal } from '../../kernel/errors';
import type { AuditAttempt, AuditDetail, AuditObject, AuditOutcome, AuditRecord } from './audit';
import { insertRecords } from './audit.store';
import { detailsOf } from './auditDetail';
import { namedObject } from './auditObject';
import { plainText, redact } from './redact';

/** Wakes the sealer of this process. */
export const AUDIT_WRITTEN = 'audit';

interface Scope {
  readonly attempt: AuditAttempt;
  /** True if a transaction with a record of this attempt was committed. */
  recorded: boolean;
  /** False as soon as the attempt is over: its background work is not part of it. */
  open: boolean;
}

const scopes = new AsyncLocalStorage<Scope>();
let openScopes = 0;

/** In Node 20, a storage that is in use makes every promise of the process slower, so it is off between attempts. */
async function inScope<T>(scope: Scope, work: () => Promise<T>): Promise<T> {
  openScopes++;
  try {
    return await scopes.run(scope, work);
  } finally {
    if (--openScopes === 0) scopes.disable();
  }
}

/**
 * Makes every transaction of an attempt write the attempt’s records just before its COMMIT: a change and its record
 * exist together or not at all, and no command can forget it. A record written after the change could be lost.
 */
export function auditTransactions(database: Database, clock: Clock): void {
  database.beforeCommit(async (db: Transaction) => {
    const scope = scopes.getStore();
    if (scope === undefined || !scope.open) return undefined;
    const details = detailsOf(db);
    if (details.length === 0 && scope.recorded) return undefined;
    // Sent with the COMMIT, which fails if this does.
    insertRecords(db, recordsOf(scope.attempt, clock.now(), details)).catch(() => undefined);
    return () => {
      scope.recorded = true;
      database.wakeups.signalHere(AUDIT_WRITTEN);
    };
  });
}

/**
 * Runs an attempt that must be on record, with any result. Its transactions write the record with their changes; an
 * attempt without one is recorded at its end. A refused attempt is recorded after its rollback.
 */
export async function audited<T>(app: App, attempt: AuditAttempt, work: () => T | Promise<T>): Promise<T> {
  const scope: Scope = { attempt, recorded: false, open: true };
  return inScope(scope, async () => {
    let value: T;
    try {
      value = await work();
    } catch (error) {
      scope.open = false;
      await auditRefusal(app, attempt, error);
      throw error;
    }
    if (!scope.recorded) await app.database.transaction(async () => undefined);
    scope.open = false;
    return value;
  });
}

/** Records a refused attempt. Never throws: the caller still gets the original refusal. */
export async function auditRefusal(app: App, attempt: AuditAttempt, error: unknown): Promise<void> {
  // Without a database there is nowhere to write, and nothing was changed either.
  if (isOutage(error)) return;
  const code = error instanceof Refusal ? error.code : 'INTERNAL';
  try {
    await insertRecords(app.database, [
      recordOf(attempt, app.clock.now(), namedObject(attempt.input), 'REFUSED', code),
    ]);
    app.database.wakeups.signalHere(AUDIT_WRITTEN);
  } catch (failure) {
    const reason = failure instanceof Error ? failure.message : String(failure);
    app.log.error({ action: attempt.action, code, reason }, 'a refused attempt could not be recorded');
  }
}

/** An attempt in progress, for changes that are committed together with those of other attempts. */
export type OpenAttempt = Scope;

export function openAttempt(): OpenAttempt | undefined {
  const scope = scopes.getStore();
  return scope?.open ? scope : undefined;
}

/** Work for several attempts: the hook would add its changes to the attempt that happened to begin it. */
export const forSeveralAttempts = <T>(work: () => T): T => scopes.exit(work);

/** Writes the records of several attempts in the transaction that they share. Call the result after its commit. */
export function auditTogether(
  app: App,
  db: Transaction,
  changes: readonly { readonly attempt: OpenAttempt | undefined; readonly detail: AuditDetail }[],
): () => void {
  const known = changes.flatMap(({ attempt, detail }) => (attempt === undefined ? [] : [{ attempt, detail }]));
  const records = known.flatMap(({ attempt, detail }) => recordsOf(attempt.attempt, app.clock.now(), [detail]));
  // Sent with the COMMIT, which fails if this does.
  if (records.length > 0) insertRecords(db, records).catch(() => undefined);
  return () => {
    for (const { attempt } of known) attempt.recorded = true;
    app.database.wakeups.signalHere(AUDIT_WRITTEN);
  };
}

/** Records a change that was made outside an attempt, within the transaction that makes it. */
export function audit(app: App, db: Transaction, attempt: AuditAttempt, detail?: AuditDetail): Promise<void> {
  return insertRecords(db, recordsOf(attempt, app.clock.now(), detail === undefined ? [] : [detail]));
}

function recordsOf(attempt: AuditAttempt, at: Date, details: readonly AuditDetail[]): AuditRecord[] {
  if (details.length === 0) return [recordOf(attempt, at, namedObject(attempt.input), 'ALLOWED', null)];
  return details.map(({ before, after, ...object }) => ({
    ...recordOf(attempt, at, object, 'ALLOWED', null),
    before: redact(before),
    after: redact(after),
  }));
}

function recordOf(
  { actor, address, requestId, action, input }: AuditAttempt,
  at: Date,
  object: AuditObject | null,
  outcome: AuditOutcome,
  code: string | null,
): AuditRecord {
  const text = (value: string | null | undefined) => (value == null ? null : plainText(value));
  return {
    id: newId(),
    at,
    actorKind: actor.kind,
    actorId: actor.id,
    actorName: plainText(actor.name),
    actorPersonId: actor.personId ?? null,
    address,
    requestId,
    action,
    outcome,
    code,
    objectKind: text(object?.kind),
    objectId: text(object?.id),
    objectName: text(object?.name),
    applicationId: text(object?.kind === 'application' ? object.id : object?.applicationId),
    input: redact(input),
    before: null,
    after: null,
  };
}
