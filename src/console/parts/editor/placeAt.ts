import type { Step } from './schemaAt';

/** Where the cursor is in a text in YAML, by the indentation of the lines around it. */
export interface YamlPlace {
  /** Kind of the document, as far as it says so. */
  readonly kind: string | undefined;
  /** Path of the mapping that the cursor's line belongs to. */
  readonly path: readonly Step[];
  /** Key of the line whose value the cursor is in; undefined if it is in a key. */
  readonly key: string | undefined;
  /** Keys of the same mapping on other lines. */
  readonly siblings: readonly string[];
  /** Column at which the keys of the mapping begin, from 0. */
  readonly indent: number;
  /** Text before the cursor that a completion replaces. */
  readonly word: string;
}

interface Line {
  /** Columns of the dashes in front of its content. */
  readonly dashes: readonly number[];
  /** Column of its content after dashes. */
  readonly indent: number;
  readonly key: string | undefined;
  readonly blank: boolean;
}

const KEY = /^(?:"([^"]*)"|'([^']*)'|([^\s#:'"[\]{},&*!|>%@`-][^:#]*?|-?[\w][\w.-]*))\s*:(?=\s|$)/;

function readLine(text: string): Line {
  const dashes: number[] = [];
  let at = text.length - text.trimStart().length;
  while (/^-(?:\s|$)/.test(text.slice(at))) {
    dashes.push(at);
    const rest = text.slice(at + 1);
    at += 1 + (rest.length - rest.trimStart().length);
  }
  const content = text.slice(at);
  const [, double, single, plain] = KEY.exec(content) ?? [];
  return { dashes, indent: at, key: double ?? single ?? plain, blank: content === '' || content.startsWith('#') };
}

/** An open mapping or list around a line. */
interface Frame {
  readonly step: Step | undefined;
  readonly column: number;
  /** Keys so far, of a mapping. */
  readonly keys: string[];
  /** True if the value of the key is on its line. */
  readonly closed: boolean;
}

/** Undefined where nothing is offered: in comments, in flow collections and in block texts. */
export function placeAt(text: string, position: number): YamlPlace | undefined {
  const lines = text.split('\n');
  const row = text.slice(0, position).split('\n').length - 1;
  const before = text.slice(text.lastIndexOf('\n', position - 1) + 1, position);
  if (/(^|\s)#/.test(before) || before.startsWith('---')) return undefined;
  let first = row;
  while (first > 0 && !lines[first - 1]?.startsWith('---')) first--;
  let end = row;
  while (end + 1 < lines.length && !lines[end + 1]?.startsWith('---')) end++;
  const kind = lines.slice(first, end + 1).flatMap((line) => /^kind:\s*["']?(\w+)/.exec(line)?.[1] ?? [])[0];

  const stack: Frame[] = [{ step: undefined, column: -1, keys: [], closed: false }];
  const top = () => stack.at(-1) as Frame;
  const push = (step: Step, column: number, closed = false) => {
    // A list may begin at the column of its key.
    while (top().column > column || (top().column === column && (step !== 'item' || top().step === 'item')))
      stack.pop();
    if (step !== 'item') top().keys.push(step.key);
    stack.push({ step, column, keys: [], closed });
  };
  let textColumn: number | undefined;
  for (const source of lines.slice(first, row)) {
    const line = readLine(source);
    if (line.blank) continue;
    if (textColumn !== undefined && line.indent > textColumn) continue;
    for (const column of line.dashes) push('item', column);
    const rest = line.key === undefined ? source.slice(line.indent) : source.slice(line.indent).replace(KEY, '').trim();
    textColumn = /^[|>]/.test(rest) ? (line.key === undefined ? line.dashes.at(-1) : line.indent) : undefined;
    if (line.key !== undefined) push({ key: line.key }, line.indent, rest !== '' && !/^[#&!|>]/.test(rest));
  }
  const here = readLine(before);
  if (textColumn !== undefined && here.indent > textColumn) return undefined;
  for (const column of here.dashes) push('item', column);
  while (top().column >= here.indent) stack.pop();
  if (top().closed) return undefined;
  const after = before.slice(here.indent);
  const named = KEY.exec(after);
  const word = named === null ? after : after.slice(named[0].length).trimStart();
  if (/[[{]/.test(word) || (named !== null && !/^\s/.test(after.slice(named[0].length)))) return undefined;
  return {
    ...{ kind, word, indent: here.indent },
    path: stack.flatMap(({ step }) => step ?? []),
    key: named === null ? undefined : (named[1] ?? named[2] ?? named[3]),
    siblings: [...top().keys, ...keysBelow(lines.slice(row + 1, end + 1), here.indent)],
  };
}

/** Keys of the same mapping on the lines after the cursor. */
function keysBelow(lines: readonly string[], indent: number): string[] {
  const found: string[] = [];
  for (const line of lines.map(readLine)) {
    if (line.blank) continue;
    if (line.indent < indent || (line.dashes[0] ?? indent) < indent) break;
    if (line.indent === indent && line.key !== undefined) found.push(line.key);
  }
  return found;
}
