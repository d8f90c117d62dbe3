/**
 * A document as it was written, free of its format: values with their places. Whatever a format is read with makes this tree, and
 * everything after that works on the tree only. It is not plain JavaScript because every error has to say where it is, because a
 * text like `1.10` must not become the number 1.1, and because a key `__proto__` must stay a key.
 */
export interface Position {
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

export type SourceNode = SourceMap | SourceList | SourceScalar;

export interface SourceMap {
  readonly type: 'map';
  readonly at: Position;
  readonly entries: readonly SourceEntry[];
}

export interface SourceEntry {
  readonly key: string;
  readonly keyAt: Position;
  readonly value: SourceNode;
}

export interface SourceList {
  readonly type: 'list';
  readonly at: Position;
  readonly items: readonly SourceNode[];
}

export interface SourceScalar {
  readonly type: 'scalar';
  readonly at: Position;
  readonly value: string | number | boolean | null;
  /** As written, for numbers; the text itself, for text. */
  readonly text: string;
}

/** Keys of maps, and indexes of lists. Keys of our own fields in camelCase, whatever the document's spelling is. */
export type Path = readonly (string | number)[];

export const camelCase = (key: string): string =>
  key.replace(/_+([a-zA-Z0-9])/g, (_, next: string) => next.toUpperCase());
export const snakeCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The entry of a key: as written, else in the other spelling. */
export function findEntry(map: SourceMap, key: string): SourceEntry | undefined {
  return map.entries.find((entry) => entry.key === key) ?? map.entries.find((entry) => camelCase(entry.key) === key);
}

/**
 * Where a path leads in a tree, and how it reads there: keys as they are written. What is missing has the place of the innermost thing
 * around it that is there.
 */
export function locate(root: SourceNode, path: Path): { readonly text: string; readonly at: Position } {
  let node: SourceNode | undefined = root;
  let at = root.at;
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') {
      // Where one thing may stand for a list of one, it is the place of its item, too.
      if (node?.type === 'scalar') continue;
      text += `[${step}]`;
      node = node?.type === 'list' ? node.items[step] : undefined;
      if (node !== undefined) at = node.at;
    } else {
      const entry: SourceEntry | undefined = node?.type === 'map' ? findEntry(node, step) : undefined;
      text += keyText(entry?.key ?? snakeCase(step));
      node = entry?.value;
      if (entry !== undefined) at = entry.value.type === 'scalar' ? entry.value.at : entry.keyAt;
    }
  }
  return { text, at };
}

/** A path as it is told, of keys as they are written. */
export const pathText = (path: Path): string =>
  path.map((step) => (typeof step === 'number' ? `[${step}]` : keyText(step))).join('');

const keyText = (key: string): string => (/^[A-Za-z0-9_-]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`);
