import { createHash } from 'node:crypto';
import { axisVariable, isForbiddenVariableName, taskNamePattern } from '../../kernel/naming';
import { baseName } from './matrix';
import { isMatrixRule } from './matrixShape';
import { short } from './shape';
import { findEntry, type Path, type SourceEntry, type SourceMap, type SourceNode } from './sourceTree';
import { changed, scalarAt, type Warn } from './taskGraphTexts';
import { templateOf } from './template';
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
  const variables = renamesOf([...new Set(written.entries.flatMap(registerIn))], variableFor, (name) => name);
  const axes = new Map(written.entries.map((entry) => [entry.key, axesOf(entry)]));
  const dependency = withText((text) => {
    const base = baseName(text);
    const own = axes.get(base);
    const combination = text.slice(base.length);
    const named = combination.replace(/([[,])([^=[\],]+)=/g, (_, mark, axis) => `${mark}${own?.get(axis) ?? axis}=`);
    return `${tasks.get(base) ?? base}${named}`;
  });
  const entries = written.entries.map((entry): SourceEntry => {
    const { key, value } = entry;
    if (value.type !== 'map') return entry;
    const name = tasks.get(key) ?? key;
    const own = axes.get(key) ?? new Map();
    warnOf(entry, name, own, warn);
    const using = withNames(value, new Map([...variables, ...own]));
    const registering = withVariable(using, ['tasks', name, 'register'], variables, warn);
    const ordered = changed(changed(registering, 'depends_on', dependency), 'on_failure', dependency);
    return { ...entry, key: name, value: shownAs(withAxes(ordered, own), name === key ? undefined : entry) };
  });
  const renamed = changed(root, 'tasks', () => ({ ...written, entries }));
  return changed(renamed, 'on_failure', dependency);
}

function warnOf({ key, keyAt }: SourceEntry, name: string, axes: ReadonlyMap<string, string>, warn: Warn): void {
  const path = ['tasks', name];
  if (name !== key) warn('ADAPTED', path, keyAt, `The task "${short(key)}" is named "${name}".`);
  for (const [axis, other] of axes) {
    if (axis !== other) warn('ADAPTED', path, keyAt, `The axis "${short(axis)}" of its matrix is named "${other}".`);
  }
}

/** New names where a task uses variables and axes. */
function withNames(task: SourceMap, names: ReadonlyMap<string, string>): SourceMap {
  const texts = ['cmd', 'run', 'register'].reduce((all, key) => changed(all, key, withTemplates(names)), task);
  const condition = withText((text) => inCondition(text, names));
  return changed(texts, 'if', condition);
}

/** The new name of the variable that a task sets. */
function withVariable(task: SourceMap, path: Path, names: ReadonlyMap<string, string>, warn: Warn): SourceMap {
  return changed(task, 'register', (node) => {
    const other = node.type === 'scalar' ? names.get(node.text) : undefined;
    if (other === undefined) return node;
    warn('ADAPTED', path, node.at, `The variable is named "${other}".`);
    return scalarAt(node.at, other);
  });
}

const withAxes = (task: SourceMap, axes: ReadonlyMap<string, string>): SourceMap =>
  changed(task, 'matrix', (node) =>
    node.type === 'map'
      ? { ...node, entries: node.entries.map((one) => ({ ...one, key: axes.get(one.key) ?? one.key })) }
      : node,
  );

/** Keeps the name that a renamed task had in the file for people. */
function shownAs(task: SourceMap, renamed: SourceEntry | undefined): SourceMap {
  if (renamed === undefined || findEntry(task, 'name') !== undefined) return task;
  const { key, keyAt } = renamed;
  return { ...task, entries: [...task.entries, { key: 'name', keyAt, value: scalarAt(keyAt, key) }] };
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
  if (isMatrixRule(name)) return `_${name}`;
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

const template = new RegExp(templateOf('([^\\s{}]+)'), 'g');
const withTemplates = (names: ReadonlyMap<string, string>) =>
  withText((text) =>
    text.replace(template, (whole, name: string) => {
      const other = names.get(name);
      return other === undefined || other === name ? whole : `{{.${other}}}`;
    }),
  );

/** Names outside of quotes. */
const inCondition = (text: string, names: ReadonlyMap<string, string>): string =>
  text.replace(
    /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?<!tasks\.)([A-Za-z_][\w-]*)/g,
    (whole, name?: string) => (name && names.get(name)) ?? whole,
  );
