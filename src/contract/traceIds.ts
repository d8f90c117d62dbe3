import { hash } from 'node:crypto';

/** Place in a trace, as W3C Trace Context writes it. */
export interface TracePlace {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

/**
 * Trace of a run: its id without hyphens. Server and agents know it without asking, and so does everybody who reads the
 * id of a run.
 */
export const traceIdOf = (runId: string): string => runId.replaceAll('-', '');

/** The same span for the same thing, in every process that reports it. */
export const spanIdOf = (
  kind: 'execution' | 'element' | 'task' | 'job' | 'command',
  ...id: (string | number)[]
): string => hash('sha256', [kind, ...id].join(' ')).slice(0, 16);

export const traceparentOf = ({ traceId, spanId, sampled }: TracePlace): string =>
  `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;

/** Null if the header is missing or not valid: it is ignored then. */
export function readTraceparent(text: unknown): TracePlace | null {
  if (typeof text !== 'string') return null;
  const [, version, traceId, spanId, flags] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined || version === 'ff') return null;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}
