import type { Clock } from '../../kernel/clock';
import type { Tracing } from '../../kernel/tracing';
import type { NoteOperation } from '../graphql/operationEnds';
import { isShown } from '../http/requestTrace';

/** A span for each mutation, and for each query of a caller that traces its own work. */
export const traceOperations =
  (tracing: Tracing, clock: Clock): NoteOperation =>
  ({ name, kind, milliseconds, errors, actor, request }) => {
    const { trace } = request;
    if (trace === undefined || kind === null || !isShown(trace, kind)) return;
    const end = clock.now();
    const code = errors.length === 0 ? null : String(errors[0]?.extensions?.code ?? 'INTERNAL');
    tracing.emit({
      ...trace,
      name: name === null ? kind : `${kind} ${name}`,
      server: true,
      start: new Date(end.getTime() - milliseconds),
      end,
      attributes: {
        'graphql.operation.type': kind,
        ...(name !== null && { 'graphql.operation.name': name }),
        'slipway.request.id': request.id,
        'slipway.actor': actor.name,
      },
      failure: code,
    });
  };
