import { createHash } from 'node:crypto';
import { axisVariable, isForbiddenVariableName, taskNamePattern } from '../../kernel/naming';
import { baseName } from './matrix';
import { short } from './shape';
import { findEntry, type SourceEntry, type SourceMap, type SourceNode } from './sourceTree';
import { changed, scalarAt, type Warn } from './taskGraphTexts';
import { axisKey } from './values';

/**
 * Names of a task graph, which its tool does not limit. A name that Slipway can't use gets another one everywhere in the
 * file; the name of a task stays the one that people see.
 */
export function withFittingNames(root: SourceMap, warn: Warn): SourceMap {
  const written = findEntry(root, 'tasks')?.value;
  if (written?.type !== 'map') return root;
  const tasks = renamesOf(
    written.entries.map(({ key }) => key).filter((key) => /^[\w-]+$/.test(key)),
    (key) => (taskNamePattern.test(key) ? key : fitted(key)),
    (key) => key,
  );
  const variables = renamesOf(written.entries.flatMap(registerIn), variableFor, (name) => name);
  const axes = new Map(written.entries.map((entry) => [entry.key, axesOf(entry)]));
  const dependency = (text: string): string => {
    const base = baseName(text);
    const own = axes.get(base);
    const combination = text.slice(base.length);
    const named = combination.replace(/([[,])([^=[\],]+)=/g, (_, mark, axis) => `${mark}${own?.get(axis) ?? axis}=`);
    return `${tasks.get(base) ?? base}${named}`;
  };
  const entries = written.entries.map((entry): SourceEntry => {
    const { key, value, keyAt } = entry;
    if (value.type !== 'map') return entry;
    const name = tasks.get(key) ?? key;
    const own = axes.get(key) ?? new Map();
    const names = new Map([...variables, ...own]);
    const path = ['tasks', name];
    if (name !== key) warn('ADAPTED', path, keyAt, `The task "${short(key)}" is named "${name}".`);
    for (const [axis, other] of own)
      if (axis !== other) warn('ADAPTED', path, keyAt, `The axis "${short(axis)}" of its matrix is named "${other}".`);
    const texts = ['cmd', 'run', 'register'].reduce((task, one) => changed(task, one, withTemplates(names)), value);
    const conditioned = changed(
      texts,
      'if',
      withText((text) => inCondition(text, names)),
    );
    const registered = changed(conditioned, 'register', (node) => {
      const other = node.type === 'scalar' ? variables.get(node.text) : undefined;
      if (other === undefined || other === (node as { text: string }).text) return node;
      warn('ADAPTED', [...path, 'register'], node.at, `The variable is named "${other}".`);
      return scalarAt(node.at, other);
    });
    const ordered = changed(
      changed(registered, 'depends_on', withText(dependency)),
      'on_failure',
      withText(dependency),
    );
    const crossed = changed(ordered, 'matrix', (node) =>
      node.type !== 'map'
        ? node
        : { ...node, entries: node.entries.map((one) => ({ ...one, key: own.get(one.key) ?? one.key })) },
    );
    const isNamed = name === key || findEntry(crossed, 'name') !== undefined;
    const shown = isNamed ? [] : [{ key: 'name', keyAt, value: scalarAt(keyAt, key) }];
    return { ...entry, key: name, value: { ...crossed, entries: [...crossed.entries, ...shown] } };
  });
  return changed(
    changed(root, 'tasks', () => ({ ...written, entries })),
    'on_failure',
    withText(dependency),
  );
}

const MAX_NAME = 100;

/** A name of at most 100 characters; different names stay different. */
function fitted(name: string): string {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, MAX_NAME - 1 - hash.length)}_${hash}`;
}

function variableFor(name: string): string {
  const plain = name.replace(/\W/g, '_');
  const allowed = isForbiddenVariableName(plain) ? `_${plain}` : plain;
  return allowed.length > MAX_NAME ? fitted(allowed) : allowed;
}

function axisFor(name: string): string {
  if (axisKey.problem(name) === undefined) return name;
  const plain = name.replace(/[^\w-]/g, '_').replace(/^(?![A-Za-z_])/, '_');
  return plain.length > MAX_NAME ? fitted(plain) : plain;
}

/** New names by old ones. `identity` is equal for names that can't be told apart; all but the first get a number. */
function renamesOf(
  names: readonly string[],
  rename: (name: string) => string,
  identity: (name: string) => string,
): Map<string, string> {
  const taken = new Set<string>();
  const renames = new Map<string, string>();
  // Names that stay come first, so that no new name takes theirs.
  for (const name of [...names].sort((a, b) => Number(rename(a) !== a) - Number(rename(b) !== b))) {
    const wanted = rename(name);
    let other = wanted;
    for (let n = 2; taken.has(identity(other)); n++) other = `${wanted.slice(0, MAX_NAME - 6)}_${n}`;
    taken.add(identity(other));
    renames.set(name, other);
  }
  return renames;
}

/** The variable that a task sets, if it is too long or reserved. */
function registerIn({ value }: SourceEntry): string[] {
  const node = value.type === 'map' ? findEntry(value, 'register')?.value : undefined;
  if (node?.type !== 'scalar' || typeof node.value !== 'string' || node.value.includes('{{')) return [];
  return variableFor(node.value) === node.value.replace(/\W/g, '_') ? [] : [node.value];
}

function axesOf({ value }: SourceEntry): Map<string, string> {
  const matrix = value.type === 'map' ? findEntry(value, 'matrix')?.value : undefined;
  if (matrix?.type !== 'map') return new Map();
  return renamesOf(
    matrix.entries.map(({ key }) => key),
    axisFor,
    axisVariable,
  );
}

/** Applies a change to a text, or to each text of a list. */
function withText(change: (text: string) => string): (node: SourceNode) => SourceNode {
  return function apply(node): SourceNode {
    if (node.type === 'list') return { ...node, items: node.items.map(apply) };
    if (node.type !== 'scalar' || typeof node.value !== 'string') return node;
    const text = change(node.value);
    return text === node.value ? node : scalarAt(node.at, text);
  };
}

const withTemplates = (names: ReadonlyMap<string, string>) =>
  withText((text) =>
    text.replace(
      /(\{\{\s*\.)([^\s{}]+)(\s*\}\})/g,
      (_, open, name, close) => `${open}${names.get(name) ?? name}${close}`,
    ),
  );

/** Names outside of quotes. */
const inCondition = (text: string, names: ReadonlyMap<string, string>): string =>
  text.replace(
    /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?<!tasks\.)([A-Za-z_][\w-]*)/g,
    (whole, name?: string) => (name && names.get(name)) ?? whole,
  );
