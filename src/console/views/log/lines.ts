/** `#L120` or `#L120-L130`. */
export function linesOfHash(hash: string): [number, number] | null {
  const [, from, to] = /^#L(\d+)(?:-L?(\d+))?$/.exec(hash) ?? [];
  if (from === undefined || Number(from) < 1) return null;
  const ends = [Number(from), Number(to ?? from)].sort((a, b) => a - b);
  return [ends[0] ?? 1, ends[1] ?? 1];
}

export const hashOf = ([from, to]: readonly [number, number]): string =>
  from === to ? `#L${from}` : `#L${from}-L${to}`;
