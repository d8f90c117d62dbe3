import {
  findEntry,
  type SourceEntry,
  type SourceList,
  type SourceMap,
  type SourceNode,
  snakeCase,
} from '../sourceTree';

/** Keys whose mappings have names chosen by the author as keys, so two spellings are two names. */
const named = new Set(['tasks', 'finally', 'variables', 'env', 'labels', 'outputs', 'matrix', 'requires', 'services']);

/**
 * Contents of a template with the changes of the document that extends it. Mappings merge key by key, at any depth. Lists
 * of mappings that all have a `name` merge by name. Everything else is replaced. A key without a value removes the
 * template’s.
 */
export function mergeNodes(base: SourceNode, own: SourceNode, isNamed = false): SourceNode {
  if (base.type === 'map' && own.type === 'map') return mergeMaps(base, own, isNamed);
  if (base.type === 'list' && own.type === 'list') {
    const names = own.items.map(nameOf);
    const known = base.items.map(nameOf);
    if (base.items.length > 0 && ![...names, ...known].includes(undefined)) return mergeLists(base, own);
  }
  return own;
}

function mergeMaps(base: SourceMap, own: SourceMap, isNamed: boolean): SourceMap {
  const keyOf = (key: string) => (isNamed ? key : spelled(key));
  const changes = new Map(own.entries.map((entry) => [keyOf(entry.key), entry]));
  const known = new Set(base.entries.map(({ key }) => keyOf(key)));
  const kept = base.entries.flatMap((entry): SourceEntry[] => {
    const change = changes.get(keyOf(entry.key));
    if (change === undefined) return [entry];
    if (change.value.type === 'scalar' && change.value.value === null) return [];
    return [{ ...change, value: mergeNodes(entry.value, change.value, !isNamed && named.has(spelled(entry.key))) }];
  });
  const added = own.entries.filter(({ key }) => !known.has(keyOf(key)));
  return { ...own, entries: [...kept, ...added] };
}

function mergeLists(base: SourceList, own: SourceList): SourceList {
  const changes = new Map(own.items.map((item) => [nameOf(item), item]));
  const known = new Set(base.items.map(nameOf));
  const kept = base.items.map((item) => {
    const change = changes.get(nameOf(item));
    return change === undefined ? item : mergeNodes(item, change);
  });
  return { ...own, items: [...kept, ...own.items.filter((item) => !known.has(nameOf(item)))] };
}

const nameOf = (node: SourceNode): string | undefined => {
  const value = node.type === 'map' ? findEntry(node, 'name')?.value : undefined;
  return value?.type === 'scalar' && typeof value.value === 'string' ? value.value : undefined;
};

/** `cmd` is another name of `run`. */
const spelled = (key: string): string => (key === 'cmd' ? 'run' : snakeCase(key));
