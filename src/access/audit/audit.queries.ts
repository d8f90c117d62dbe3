import type { Actor } from '../actor';
import type { App } from '../app';
import { columnsOf } from '../../kernel/database/table';
import { invalidInput } from '../../kernel/errors';
import { allOf, bind, idCondition, timeCondition } from '../../kernel/filters';
import type { IdFilter, TimeFilter } from '../../kernel/filters';
import { afterCondition, cursorCodec, readPage, toPage } from '../../kernel/paging';
import type { Page, PageArguments } from '../../kernel/paging';
import type { AuditLink, AuditOutcome, AuditRecord } from './audit';
import { auditLinkTable, auditRecordTable } from './audit.table';

export interface AuditFilter {
  readonly time?: TimeFilter | null | undefined;
  readonly actor?: IdFilter | null | undefined;
  readonly object?: IdFilter | null | undefined;
  readonly action?: IdFilter | null | undefined;
  readonly application?: IdFilter | null | undefined;
  readonly outcome?: AuditOutcome | null | undefined;
}

/** A record with its place in the chain, once it has one. */
export type AuditRow = AuditRecord & { readonly [P in 'sequence' | 'previousHash' | 'hash']: AuditLink[P] | null };

const LONGEST_SEARCH = 200;
const cursor = cursorCodec('audits', 'time', 'id');

export function requireViewAudits(actor: Actor): void {
  actor.access.requireAccount('VIEW_AUDITS');
}

/** Audit records, newest first. `search` is a part of the name of the actor or the object, ignoring case. */
export async function listAudits(
  app: App,
  actor: Actor,
  filters: readonly AuditFilter[],
  page: PageArguments,
  search: string | null = null,
): Promise<Page<AuditRow>> {
  requireViewAudits(actor);
  const request = readPage(page, cursor);
  const parameters: unknown[] = [];
  const found = filters.flatMap((filter, index) => conditions(filter, `filters[${index}]`, parameters));
  if (search !== null && search !== '') {
    if (search.length > LONGEST_SEARCH) {
      const message = `search may have at most ${LONGEST_SEARCH} characters; it has ${search.length}.`;
      throw invalidInput([{ field: 'search', value: search.slice(0, 100), rule: 'LENGTH', message }]);
    }
    const names = ['record.actor_name', 'record.object_name'].map((column) =>
      idCondition(column, { operator: 'LIKE', values: [search] }, parameters),
    );
    found.push(`(${names.join(' OR ')})`);
  }
  const where = allOf(found);
  const counted = [...parameters];
  const after = request.after
    ? ` AND ${afterCondition(['record.at', 'record.id'], 'DESC', request.after, parameters)}`
    : '';
  const rows = await app.database.rows<AuditRow>(
    `SELECT ${columnsOf(auditRecordTable, 'record')}, ${columnsOf(auditLinkTable, 'link', ['sequence', 'previousHash', 'hash'])}
     FROM audit_record record LEFT JOIN audit_link link ON link.record_id = record.id
     WHERE ${where}${after} ORDER BY record.at DESC, record.id DESC
     LIMIT $${parameters.push(request.fetch)} OFFSET $${parameters.push(request.offset)}`,
    parameters,
  );
  return toPage(request, {
    rows,
    cursor: (row) => cursor.encode([row.at, row.id]),
    countTotal: async () => {
      const sql = `SELECT count(*) AS n FROM audit_record record WHERE ${where}`;
      const [row] = await app.database.rows<{ n: number }>(sql, counted);
      return Number(row?.n ?? 0);
    },
  });
}

function conditions(filter: AuditFilter, field: string, parameters: unknown[]): string[] {
  const { time, actor, object, action, application, outcome } = filter;
  const found: string[] = [];
  const ids = (column: string, name: string, one: IdFilter | null | undefined) => {
    if (one) found.push(idCondition(column, one, parameters, { field: `${field}.${name}` }));
  };
  if (time) found.push(timeCondition('record.at', time, parameters));
  ids('record.actor_id', 'actor', actor);
  ids('record.object_id', 'object', object);
  ids('record.action', 'action', action);
  ids('record.application_id', 'application', application);
  if (outcome) found.push(`record.outcome = ${bind(parameters, outcome)}`);
  return found;
}
