import { Refusal } from '../refusal';

/** Refuses to delete something that others need; does nothing when there are none. */
export function refuseIfUsed(
  kind: string,
  name: string,
  usedBy: readonly { readonly kind: string; readonly id: string; readonly name?: string }[],
): void {
  if (usedBy.length === 0) return;
  const shown = usedBy
    .slice(0, 5)
    .map((user) => `${user.kind.toLowerCase()} ${user.name ? `"${user.name}"` : user.id}`);
  const more = usedBy.length > shown.length ? ` and ${usedBy.length - shown.length} more` : '';
  throw new Refusal('IN_USE', `The ${kind} "${name}" is still used by: ${shown.join(', ')}${more}.`, { usedBy });
}
