/** Group of lines, as the server finds them. */
export interface Group {
  readonly firstLine: number;
  readonly lastLine: number | null;
  readonly title: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
}

/** Lines that folded groups hide, ascending and apart from each other. */
export type Hidden = readonly (readonly [from: number, to: number])[];

export function hiddenOf(groups: readonly Group[], folded: ReadonlySet<number>, total: number): Hidden {
  const hidden: [number, number][] = [];
  for (const { firstLine, lastLine } of groups) {
    const to = Math.min(lastLine ?? total, total);
    if (!folded.has(firstLine) || to <= firstLine) continue;
    const last = hidden.at(-1);
    // Groups are in the order of their beginnings, so that one inside another follows it.
    if (last !== undefined && firstLine <= last[1]) last[1] = Math.max(last[1], to);
    else hidden.push([firstLine + 1, to]);
  }
  return hidden;
}

export const rowCount = (hidden: Hidden, total: number): number =>
  hidden.reduce((rows, [from, to]) => rows - (to - from + 1), total);

/** Number of the line in a row, from 0. */
export function lineOfRow(hidden: Hidden, row: number): number {
  let line = row + 1;
  for (const [from, to] of hidden) {
    if (line < from) break;
    line += to - from + 1;
  }
  return line;
}

/** Row of a line; that of its group if it is hidden. */
export function rowOfLine(hidden: Hidden, line: number): number {
  let row = line - 1;
  for (const [from, to] of hidden) {
    if (line < from) break;
    row -= Math.min(line, to) - from + 1;
  }
  return row;
}
