import type { AuditObject } from './audit';

/**
 * Object that a request names, from its arguments: the ID of an object within an application rather than the
 * application. Does not depend on the command; `auditDetail` does.
 */
export function namedObject(input: unknown): AuditObject | null {
  const ids = new Map<string, string>();
  collectIds(input, ids, 0);
  const applicationId = ids.get('application') ?? null;
  for (const [kind, id] of ids) if (kind !== 'application') return { kind, id, applicationId };
  return applicationId === null ? null : { kind: 'application', id: applicationId, applicationId };
}

/** `executionId` and the like, in the arguments themselves and in `input`. */
function collectIds(value: unknown, ids: Map<string, string>, depth: number): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depth > 1) return;
  for (const [key, one] of Object.entries(value)) {
    const [, kind] = /^([a-z]\w*)Id$/.exec(key) ?? [];
    if (typeof one === 'string' && kind !== undefined && kind !== 'clientMutation' && !ids.has(kind))
      ids.set(kind, one);
    else collectIds(one, ids, depth + 1);
  }
}
