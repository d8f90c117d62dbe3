import { Document, isScalar, parseDocument, Scalar } from 'yaml';
import type { SourceEntry, SourceNode, SourceScalar } from '../sourceTree';

/** YAML of entries of a document, from which the same tree can be read again: `1.10` stays `1.10`. */
export function entriesText(entries: readonly SourceEntry[]): string {
  if (entries.length === 0) return '';
  const values = new Map(entries.map(({ key, value }) => [key, plain(value, yamlScalar)]));
  return new Document(values, { version: '1.2', schema: 'core', aliasDuplicateObjects: false }).toString({
    lineWidth: 0,
  });
}

/** A document from its head and the keys after it. */
export const documentText = (head: object, text: string): string =>
  new Document(head, { version: '1.2', schema: 'core' }).toString({ lineWidth: 0 }) + text;

/** The tree as plain values; mappings are Maps, so that a key `__proto__` stays a key. */
export const nodeValue = (node: SourceNode): unknown =>
  plain(node, ({ value, text }) => (typeof value === 'number' && String(value) !== text ? text : value));

function plain(node: SourceNode, scalar: (node: SourceScalar) => unknown): unknown {
  if (node.type === 'list') return node.items.map((item) => plain(item, scalar));
  if (node.type === 'map') return new Map(node.entries.map(({ key, value }) => [key, plain(value, scalar)]));
  return scalar(node);
}

function yamlScalar({ value, text }: SourceScalar): unknown {
  if (typeof value !== 'number') return value;
  // The library’s own node keeps the digits and the format of the number.
  const { contents } = parseDocument(text, { version: '1.2', schema: 'core' });
  return isScalar(contents) && contents.value === value ? contents : new Scalar(value);
}
