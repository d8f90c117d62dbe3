import type { RefusalLog } from '../http/refusalLog';
import type { NoteOperation } from './operationEnds';

/** Logs operations that were refused: by whom, with which code, and about which fields, but not their values. */
export const logRefusals =
  (refusals: RefusalLog): NoteOperation =>
  ({ name, kind, errors, actor, request }) => {
    const [first] = errors;
    if (first === undefined) return;
    const { code, errors: broken } = first.extensions ?? {};
    const rules = Array.isArray(broken) ? broken.slice(0, 5).map(({ field, rule }) => `${field}: ${rule}`) : [];
    refusals.note({
      code: String(code ?? 'INTERNAL'),
      operation: name,
      kind,
      ...(first.path && { path: first.path.join('.') }),
      ...(rules.length > 0 && { rules }),
      ...{ actor: actor.name, actorKind: actor.kind, actorId: actor.id },
      ...{ requestId: request.id, address: request.address },
      ...(request.trace && { traceId: request.trace.traceId }),
    });
  };
