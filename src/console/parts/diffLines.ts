export interface DiffLine {
  readonly key: string;
  readonly sign: ' ' | '+' | '-' | '…';
  readonly text: string;
}

/** Lines that are shown around a change. */
const AROUND = 3;
/** Cells of the table of common lines. Texts that need more are shown as replaced. */
const MOST_CELLS = 4_000_000;

/** The lines of two texts, with what was removed and added, by their longest common sequence. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [a, b] = [before.split('\n'), after.split('\n')];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const middle = between(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const same = (text: string) => ({ sign: ' ' as const, text });
  const lines = [...a.slice(0, start).map(same), ...middle, ...a.slice(a.length - end).map(same)];
  return folded(lines).map((line, index) => ({ key: String(index), ...line }));
}

type Line = Omit<DiffLine, 'key'>;

function between(a: readonly string[], b: readonly string[]): Line[] {
  const removed = (text: string): Line => ({ sign: '-', text });
  const added = (text: string): Line => ({ sign: '+', text });
  if (a.length * b.length > MOST_CELLS) return [...a.map(removed), ...b.map(added)];
  const width = b.length + 1;
  const common = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => common[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    if (left !== undefined && left === right) {
      lines.push({ sign: ' ', text: left });
      i++;
      j++;
    } else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(removed(left));
      i++;
    } else if (right !== undefined) {
      lines.push(added(right));
      j++;
    }
  }
  return lines;
}

/** Long equal parts become one line that says how many there are. */
function folded(lines: readonly Line[]): Line[] {
  const shown = lines.map((_, index) =>
    lines.slice(Math.max(0, index - AROUND), index + AROUND + 1).some(({ sign }) => sign !== ' '),
  );
  const result: Line[] = [];
  let hidden = 0;
  const flush = () => {
    if (hidden > 0) result.push({ sign: '…', text: `${hidden} equal ${hidden === 1 ? 'line' : 'lines'}` });
    hidden = 0;
  };
  lines.forEach((line, index) => {
    if (shown[index]) {
      flush();
      result.push(line);
    } else hidden++;
  });
  flush();
  return result;
}
