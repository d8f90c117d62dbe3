import type { Access } from '../../access/access';
import type { Actor } from '../../access/actor';
import { findUserGroupsByName } from '../../access/userGroups.store';
import { groupsOf } from '../../catalog/language/approvalPolicy';
import { reassignApproval as reassign } from '../../engine/approvers';
import { wantsOf } from '../../engine/facts';
import { invalidInput, notFound, Refusal } from '../../kernel/errors';
import { isId } from '../../kernel/ids';
import type { App } from '../app';
import { findApproval } from '../approvals/approvals.store';
import { onRun, type RunCommandInput } from './onRun';

export interface ReassignApproval extends RunCommandInput {
  readonly applicationId: string;
  readonly executionId: string;
  readonly approvalId: string;
  readonly approvers: readonly string[];
}

export const requireReassign = (access: Access): void => access.requireAdministrator('reassign an approval');

/**
 * Assigns other groups to a waiting approval, by an administrator. The approval is still undecided, it needs as many
 * people as before, and the rules about people who may not decide still apply. Assigning the same groups again changes nothing.
 */
export async function reassignApproval(app: App, actor: Actor, input: ReassignApproval): Promise<void> {
  const approvers = [...new Set(input.approvers)];
  const named = { kind: 'approval', id: input.approvalId };
  const errors =
    approvers.length === 0
      ? [{ field: 'approvers', value: approvers, rule: 'REQUIRED', message: 'Name at least one user group.' }]
      : [];
  const command = {
    ...{ verb: 'reassignApproval', input, id: input.executionId, named, errors },
    wants: ({ id }: { readonly id: string }) => wantsOf(id, 'execution'),
    right: () => requireReassign(actor.access),
  };
  await onRun(app, actor, command, async (db, execution) => {
    const approval = isId(input.approvalId) ? await findApproval(db, input.approvalId) : undefined;
    if (approval?.executionId !== execution.id) throw notFound('approval', input.approvalId);
    const { id, status } = approval;
    const before = groupsOf(approval);
    if (status !== 'WAITING') throw new Refusal('NOT_WAITING', `The approval is ${status}.`, { status });
    const known = new Set((await findUserGroupsByName(db, approvers)).map(({ name }) => name));
    const unknown = approvers.filter((name) => !known.has(name));
    if (unknown.length > 0) {
      const message = `Unknown user group: ${unknown.map((name) => `"${name}"`).join(', ')}.`;
      throw invalidInput([{ field: 'approvers', value: unknown, rule: 'NOT_FOUND', message }]);
    }
    const reason = input.reason?.trim() || null;
    if (approvers.join('\n') !== before.join('\n') || approval.allOf.length > 0) {
      await db.decide((run) => reassign(run, approval, approvers, reason));
    }
    return {
      after: execution,
      audit: {
        kind: 'approval',
        id,
        before: { approvers: before },
        after: { approvers, reason, executionId: execution.id },
      },
    };
  });
}
