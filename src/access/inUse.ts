import { Refusal } from '../kernel/errors';

/** Refuses to delete an object that others use. `unseen` is the number of users that the caller may not see. */
export function refuseIfUsed(
  kind: string,
  name: string,
  usedBy: readonly { readonly kind: string; readonly id: string; readonly name?: string }[],
  unseen: number,
): void {
  if (usedBy.length + unseen === 0) return;
  const users = usedBy
    .slice(0, 5)
    .map((user) => `${user.kind.toLowerCase()} ${user.name ? `"${user.name}"` : user.id}`);
  if (usedBy.length > users.length) users.push(`${usedBy.length - users.length} more`);
  if (unseen > 0) users.push(`${unseen} that you may not see`);
  throw new Refusal('IN_USE', `The ${kind} "${name}" is still used by: ${users.join(', ')}.`, { usedBy });
}
