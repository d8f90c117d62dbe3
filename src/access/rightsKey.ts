import type { Actor } from './actor';

/**
 * Equal for callers to whom everything in the API looks the same, so that they may share what was made for one of them.
 * It names the person: what somebody may decide can depend on who it is, not only on its groups. With the version of
 * all rights, so that a change of any right begins anew.
 */
export function rightsKey({ kind, id, access }: Actor): string {
  return `${kind} ${id} ${access.principal?.version ?? 0}`;
}
