import type { Actor } from '../../access/actor';
import { auditDetail } from '../../access/audit/auditDetail';
import { topic } from '../../kernel/database/wakeups';
import { invalidInput, notFound, Refusal } from '../../kernel/errors';
import { isId, newId } from '../../kernel/ids';
import type { App } from '../app';
import type { ExecutionFilter } from '../execution/executions.queries';
import { type ExecutionExport, KEPT_HOURS, MOST_A_DAY, MOST_EXECUTIONS } from './executionExport';
import { findExport, findSeenMembers, findSelected, insertExport, lockRecent } from './exports.store';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Selects the executions of an export by the filters and current rights. `writeExports` writes the archive. */
export async function exportExecutions(
  app: App,
  actor: Actor,
  filters: readonly ExecutionFilter[],
): Promise<ExecutionExport> {
  const executionIds = await findSelected(app.database, actor, filters, MOST_EXECUTIONS + 1);
  if (executionIds.length > MOST_EXECUTIONS) {
    const message = `The filters select more than ${MOST_EXECUTIONS} executions. Narrow them, for example by "creationTime".`;
    throw invalidInput([{ field: 'filters', value: null, rule: 'LIMIT', message }]);
  }
  const memberIds = await findSeenMembers(app.database, actor, executionIds);
  return app.database.transaction(async (db) => {
    const now = app.clock.now();
    const requestedBy = ownerOf(actor);
    const recent = await lockRecent(db, requestedBy, new Date(now.getTime() - DAY_MS));
    const oldest = recent.at(-MOST_A_DAY);
    if (oldest !== undefined) {
      const retryAfterSeconds = Math.max(1, Math.ceil((oldest.getTime() + DAY_MS - now.getTime()) / 1000));
      const message = `You requested ${MOST_A_DAY} exports in the last 24 hours. Try again in ${retryAfterSeconds} s.`;
      throw new Refusal('RATE_LIMITED', message, { retryAfterSeconds });
    }
    const expiresAt = new Date(now.getTime() + KEPT_HOURS * HOUR_MS);
    const row: ExecutionExport = {
      ...{ id: newId(), status: 'QUEUED', executionIds, memberIds, requestedBy, createdAt: now, expiresAt },
      ...{ dueAt: now, tries: 0, sha256: null, size: null, errorMessage: null },
    };
    await insertExport(db, row);
    db.wake(topic.exports);
    auditDetail(db, { kind: 'export', id: row.id, after: { executions: executionIds.length, expiresAt } });
    return row;
  });
}

/** An export that the caller asked for, or any for administrators. For others it does not exist. */
export async function readExport(app: App, actor: Actor, id: string): Promise<ExecutionExport> {
  const seesAll = actor.access.administrator;
  const found = isId(id) ? await findExport(app.database, id) : undefined;
  if (found === undefined || !(seesAll || found.requestedBy === ownerOf(actor))) throw notFound('export', id);
  return statusNow(app, found);
}

/** Path that needs no API key until the export expires. */
export async function exportPath(app: App, { id, expiresAt }: ExecutionExport, part: '' | '/status'): Promise<string> {
  const expires = String(expiresAt.getTime());
  return `/exports/${id}${part}?expires=${expires}&signature=${await app.signing.sign('export link', id, expires)}`;
}

/** The export of a signed link. Throws UNAUTHENTICATED for a link that no server of this database signed. */
export async function signedExport(
  app: App,
  id: string,
  expires: unknown,
  signature: unknown,
): Promise<ExecutionExport> {
  const isSigned =
    typeof expires === 'string' &&
    typeof signature === 'string' &&
    (await app.signing.isSigned(signature, 'export link', id, expires));
  if (!isSigned) throw new Refusal('UNAUTHENTICATED', 'The signature of this link is not valid.');
  const found = isId(id) ? await findExport(app.database, id) : undefined;
  if (found === undefined) throw notFound('export', id);
  return statusNow(app, found);
}

const ownerOf = ({ id, personId }: Actor): string => personId ?? id;

const statusNow = (app: App, found: ExecutionExport): ExecutionExport =>
  found.expiresAt <= app.clock.now() ? { ...found, status: 'EXPIRED' } : found;
