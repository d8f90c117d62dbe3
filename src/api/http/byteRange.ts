/** Part of a body: positions of its first byte and after its last one. */
export interface BytePart {
  readonly start: number;
  readonly end: number;
}

/**
 * Part that a `Range` header asks for. Undefined for the whole body, also if there are several ranges or another unit,
 * which a server may ignore. Null if the body has no such bytes.
 */
export function partOf(header: string | undefined, size: number): BytePart | null | undefined {
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.replaceAll(' ', '') ?? '') ?? [];
  if (from === undefined || to === undefined || from + to === '') return undefined;
  if (from === '') {
    const length = Math.min(size, Number(to));
    return length === 0 ? null : { start: size - length, end: size };
  }
  const start = Number(from);
  if (to !== '' && Number(to) < start) return undefined;
  return start >= size ? null : { start, end: to === '' ? size : Math.min(size, Number(to) + 1) };
}
