import type { Actor } from './actor';

/**
 * Equal for callers that see the same data everywhere in the API, so that they can share results. Includes the person,
 * because some decisions depend on the person and not only on groups, and the version of all rights, so that any change
 * of rights starts anew.
 */
export function rightsKey({ kind, id, access }: Actor): string {
  return `${kind} ${id} ${access.principal?.version ?? 0}`;
}
