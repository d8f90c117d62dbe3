/**
 * A document as written, independent of its format: values with their positions. It is not a plain JavaScript value
 * because errors need positions, the text `1.10` must not become the number 1.1, and a key `__proto__` must stay a key.
 */
export interface Position {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** For what comes from a template: its place there. `line` and `column` are those of the `extends` that takes it. */
  readonly template?: TemplatePlace;
}

export interface TemplatePlace {
  readonly name: string;
  /** Null for a template of the account. */
  readonly application: string | null;
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
  /** True if a merge key added it; then the same key in another spelling wins over it. */
  readonly merged?: boolean;
}

/** Characters of a text that the database can't store, in words. Undefined if there are none. */
export function unstorable(text: string): string | undefined {
  if (text.includes('\0')) return 'a NUL character';
  return /\p{Surrogate}/u.test(text) ? 'half of a surrogate pair' : undefined;
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
  /** Numbers as written; texts unchanged. */
  readonly text: string;
}

/**
 * Keys of maps and indexes of lists. Keys that Slipway defines are in camelCase, in whichever spelling the document has
 * them.
 */
export type Path = readonly (string | number)[];

export const camelCase = (key: string): string =>
  key.replace(/_+([a-zA-Z0-9])/g, (_, next: string) => next.toUpperCase());
export const snakeCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Entry of a key: as written, or else in the other spelling. */
export function findEntry(map: SourceMap, key: string): SourceEntry | undefined {
  return map.entries.find((entry) => entry.key === key) ?? map.entries.find((entry) => camelCase(entry.key) === key);
}

/**
 * Position of a path in a tree, and its text with keys as written. A missing part has the position of its nearest
 * parent.
 */
export function locate(root: SourceNode, path: Path): { readonly text: string; readonly at: Position } {
  let node: SourceNode | undefined = root;
  let at = root.at;
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') {
      // A single value may represent a list of one.
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

/** Text of a path, with keys as written. */
export const pathText = (path: Path): string =>
  path.map((step) => (typeof step === 'number' ? `[${step}]` : keyText(step))).join('');

const keyText = (key: string): string => (/^[A-Za-z0-9_-]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`);
