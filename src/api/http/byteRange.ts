/** Part of a response that a `Range` header asks for. `null`: all of it. */
export type AskedRange = { readonly start: number; readonly end: number } | null | 'UNSATISFIABLE';

/**
 * Reads a `Range` header (RFC 9110, 14.2). A header that is malformed, or that asks for several parts, is ignored, as
 * the RFC allows.
 */
export function byteRange(header: string | undefined, size: number): AskedRange {
  const [, from, to] = /^bytes=\s*(\d{0,16})\s*-\s*(\d{0,16})\s*$/.exec(header ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return null;
  if (from === '') {
    const length = Math.min(Number(to), size);
    return length === 0 ? 'UNSATISFIABLE' : { start: size - length, end: size - 1 };
  }
  const start = Number(from);
  const end = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== '' && Number(to) < start) return null;
  return start >= size ? 'UNSATISFIABLE' : { start, end };
}
