import type { Actor } from './actor';

/**
 * Equal for callers to whom everything in the API looks the same, so that they can share results. It includes the
 * person, because some decisions depend on the person and not only on its groups, and the version of all rights, so
 * that a change of any right starts anew.
 */
export function rightsKey({ kind, id, access }: Actor): string {
  return `${kind} ${id} ${access.principal?.version ?? 0}`;
}
