import type { Actor } from '../../access/actor';
import { rightsKey } from '../../access/rightsKey';
import type { Approval } from '../../engine/approval';
import { byKey } from '../../kernel/loaders';
import type { Source } from '../../kernel/source';
import type { App } from '../app';
import { type ApprovalFilter, approvalCondition, decidable } from '../approvals/approvals.queries';
import { findApprovals } from '../approvals/approvals.store';
import type { CommittedQuery, PlacedEvent } from './eventFeeds';
import type { EventGap } from './eventLog';
import { watchCommitted } from './watchCommitted';

/**
 * Message to a watcher of approvals: an approval that changed, or a snapshot. A gap always comes with
 * a snapshot.
 */
export interface ApprovalUpdate {
  readonly cursor: string;
  readonly approval: Approval | null;
  readonly snapshot: ApprovalFilter | null;
  readonly gap: EventGap | null;
}

/**
 * Approvals that the actor can decide: each new request, each one that other groups may decide, of which it is reminded,
 * or whose subject has changed, and each one that stops waiting, no matter who decided it.
 */
export function watchApprovals(
  app: App,
  actor: Actor,
  filter: ApprovalFilter,
  after: string | null,
  until: AbortSignal,
): Source<ApprovalUpdate> {
  const query: CommittedQuery<ApprovalUpdate & PlacedEvent> = {
    key: `approvals ${rightsKey(actor)} ${JSON.stringify(filter)}`,
    where: (parameters) =>
      `event.type IN ('APPROVAL_REQUESTED', 'APPROVAL_REASSIGNED', 'APPROVAL_REMINDED', 'APPROVAL_ESCALATED',
         'APPROVAL_CHANGED', 'APPROVAL_DECIDED') AND ${approvalCondition(actor, filter, parameters)}`,
    async complete(events) {
      const rows = await findApprovals(
        app.database,
        events.map(({ event }) => String(event.data.approvalId)),
      );
      const shown = byKey(filter.all ? rows : await decidable(app, actor, rows), (approval) => approval.id);
      return events.flatMap((event) => {
        const approval = shown.get(String(event.event.data.approvalId));
        return approval === undefined ? [] : [{ ...event, approval, snapshot: null, gap: null }];
      });
    },
  };
  return watchCommitted(app, query, after, until, (cursor, gap) => ({ cursor, approval: null, snapshot: filter, gap }));
}
