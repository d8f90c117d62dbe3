import { findUserGroupsByName } from '../../access/userGroups.store';
import { groupsOf } from '../../catalog/language/approvalPolicy';
import type { App } from '../app';
import type { ApprovalElement } from '../../catalog/language/pipeline';
import type { Execution } from '../../engine/execution';

/**
 * An approval that names no existing group would wait until it expires. Groups change independently of definitions, so
 * the start only warns, while there is still time to create the group.
 */
export async function approverWarning(app: App, execution: Execution): Promise<string | null> {
  if (execution.kind !== 'PIPELINE') return null;
  const { definition } = await app.pipelineRevisions.get(app.database, execution.revisionId);
  const elements = definition.stages.flatMap((stage) => stage.elements);
  return missingApprovers(
    app,
    elements.filter((element) => element.type === 'APPROVAL'),
  );
}

/** Warning about approvals that nobody can give. Null if there are none. */
export async function missingApprovers(app: App, approvals: readonly ApprovalElement[]): Promise<string | null> {
  if (approvals.length === 0) return null;
  const names = [...new Set(approvals.flatMap(groupsOf))];
  const existing = new Set((await findUserGroupsByName(app.database, names)).map((group) => group.name));
  const missing = approvals.flatMap((approval) => {
    const { approvers, allOf } = approval;
    const from = approvers.length > 0 && !approvers.some((name) => existing.has(name)) ? approvers : [];
    const groups = [...new Set([...from, ...allOf.filter((name) => !existing.has(name))])];
    return groups.length === 0 ? [] : [`"${approval.name}" (${groups.join(', ')})`];
  });
  if (missing.length === 0) return null;
  return `Nobody can give the approval of ${missing.join(', ')}: no such user group exists.`;
}
