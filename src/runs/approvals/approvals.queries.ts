import type { Actor } from '../../access/actor';
import type { App } from '../app';
import type { Approval, ApprovalStatus } from '../../engine/approval';
import { allOf } from '../../kernel/filters';
import { afterCondition, cursorCodec, readPage, toPage } from '../../kernel/paging';
import type { Page, PageArguments } from '../../kernel/paging';
import { approvalTable } from './approvals.table';
import { findVotes } from './approvals.store';
import { deciderOf, initiatedBy, votedBy } from './approvers.store';
import { columnsOf } from '../../kernel/database/table';
import { groupBy } from '../../kernel/loaders';
import { isId } from '../../kernel/ids';
import { personOf } from '../../engine/approval';
import { groupsOf } from '../../catalog/language/approvalPolicy';
import { approverRefusal, type Decider, voteOf } from '../../engine/selfApproval';
import { findAttempts } from '../execution/executions.store';

/** Selection of approvals. */
export interface ApprovalFilter {
  readonly applicationId: string | null;
  /** True to include approvals that the caller may see but not decide. */
  readonly all: boolean;
}

const cursor = cursorCodec('approvals', 'time', 'id');

export interface InboxFilter {
  readonly applicationId: string | null;
  /** True for approvals that the caller may decide, or could have decided. */
  readonly mine: boolean;
  readonly statuses: readonly ApprovalStatus[];
  /** Approvals to select. Null: all. */
  readonly ids: readonly string[] | null;
}

/** Approvals of all executions that the caller may see, newest first. */
export async function listApprovals(
  app: App,
  actor: Actor,
  { applicationId, mine, statuses, ids }: InboxFilter,
  page: PageArguments,
): Promise<Page<Approval>> {
  const request = readPage(page, cursor);
  const parameters: unknown[] = [];
  const conditions = [approvalCondition(actor, { applicationId, all: !mine }, parameters)];
  conditions.push(`approval.status = ANY ($${parameters.push(statuses)}::text[])`);
  if (ids !== null) conditions.push(`approval.id = ANY ($${parameters.push(ids.filter(isId))}::uuid[])`);
  if (mine) conditions.push(mayDecide(await deciderOf(app.database, actor), parameters));
  const from = `FROM approval JOIN execution e ON e.id = approval.execution_id WHERE ${allOf(conditions)}`;
  const counted = [...parameters];
  const after = request.after
    ? ` AND ${afterCondition(['approval.requested_at', 'approval.id'], 'DESC', request.after, parameters)}`
    : '';
  const rows = await app.database.rows<Approval>(
    `SELECT ${columnsOf(approvalTable, 'approval')} ${from}${after} ORDER BY approval.requested_at DESC, approval.id DESC
     LIMIT $${parameters.push(request.fetch)} OFFSET $${parameters.push(request.offset)}`,
    parameters,
  );
  return toPage(request, {
    rows,
    cursor: (row) => cursor.encode([row.requestedAt, row.id]),
    countTotal: async () => {
      const [row] = await app.database.rows<{ n: string }>(`SELECT count(*) AS n ${from}`, counted);
      return Number(row?.n ?? 0);
    },
  });
}

/**
 * The rule of `engine/selfApproval.ts` as a condition. A person whose vote counts has nothing left to decide, even while
 * the approval waits for others.
 */
function mayDecide({ actor, names }: Decider, parameters: unknown[]): string {
  const groups = `$${parameters.push(actor.access.groupNames())}::text[]`;
  const [id = '', person = ''] = [actor.id, actor.personId].map((one) => `$${parameters.push(one)}`);
  return `(approval.approvers || approval.all_of) && ${groups} AND NOT ${initiatedBy(id, person)}
    AND NOT approval.excluded && $${parameters.push(names)}::text[]
    AND NOT (approval.status = 'WAITING' AND ${votedBy(`$${parameters.push(personOf(actor))}`)})`;
}

/** More than a person can work through; the oldest are the most urgent. */
const MOST = 500;

/** Waiting approvals, oldest first. */
export async function listWaitingApprovals(app: App, actor: Actor, filter: ApprovalFilter): Promise<Approval[]> {
  const parameters: unknown[] = [];
  const where = approvalCondition(actor, filter, parameters);
  const rows = await app.database.rows<Approval>(
    `SELECT ${columnsOf(approvalTable, 'approval')} FROM approval JOIN execution e ON e.id = approval.execution_id
     WHERE approval.status = 'WAITING' AND ${where} ORDER BY approval.requested_at, approval.id LIMIT ${MOST}`,
    parameters,
  );
  return filter.all ? rows : decidable(app, actor, rows);
}

/** Condition on the execution `e` that requested the approval. */
export function approvalCondition(actor: Actor, { applicationId }: ApprovalFilter, parameters: unknown[]): string {
  const readable = actor.access.condition('READ', 'Execution', 'e', parameters);
  if (applicationId === null) return readable;
  return isId(applicationId) ? `${readable} AND e.application_id = $${parameters.push(applicationId)}` : 'FALSE';
}

/** Approvals that the actor may decide, or could have decided. */
export async function decidable(app: App, actor: Actor, approvals: readonly Approval[]): Promise<Approval[]> {
  const asked = approvals.filter((approval) => actor.access.isMemberOf(groupsOf(approval)));
  if (asked.length === 0) return [];
  const strict = asked.filter((approval) => approval.disallowInitiator).map((approval) => approval.executionId);
  const waiting = asked.filter(({ status }) => status === 'WAITING').map(({ id }) => id);
  const [decider, found, votes] = await Promise.all([
    deciderOf(app.database, actor),
    strict.length === 0 ? [] : findAttempts(app.database, strict),
    waiting.length === 0 ? [] : findVotes(app.database, waiting),
  ]);
  const attempts = groupBy(found, (one) => one.executionId);
  const given = groupBy(votes, (one) => one.approvalId);
  return asked.filter(
    (one) =>
      approverRefusal(decider, one, attempts.get(one.executionId) ?? []) === null &&
      voteOf(actor, given.get(one.id) ?? []) === undefined,
  );
}
