import type { IncomingHttpHeaders } from 'node:http';
import { readTraceparent, type TracePlace } from '../../contract/traceIds';
import { newSpanId, newTraceId, type Tracing } from '../../kernel/tracing';

/** Span of a request: in the trace of its caller, or the first of a new trace. */
export interface RequestTrace extends TracePlace {
  /** Span of the caller. Null if it sent none. */
  readonly parentId: string | null;
}

export function traceOf(tracing: Tracing, { traceparent }: IncomingHttpHeaders): RequestTrace {
  const given = readTraceparent(traceparent);
  if (given !== null) return { ...given, spanId: newSpanId(), parentId: given.spanId };
  const traceId = newTraceId();
  return { traceId, spanId: newSpanId(), parentId: null, sampled: tracing.sampled(traceId) };
}

/** Consoles repeat queries all the time, so a query has a span only in the trace of its caller. */
export const isShown = ({ parentId }: RequestTrace, kind: string | null): boolean =>
  kind === 'mutation' || parentId !== null;
