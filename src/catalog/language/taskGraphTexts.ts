import { isName, MAX_DESCRIPTION } from '../../kernel/naming';
import { short } from './shape';
import type { Path, Position, SourceMap, SourceNode } from './sourceTree';
import type { ValidationWarning } from './validationRules';
import { ANY_NAME, templateOf } from './template';
import { MAX_LABEL } from './values';

/** Names and texts of a task graph, which its tool does not limit. */

export type Warn = (rule: ValidationWarning, path: Path, at: Position, message: string) => void;

export const scalarAt = (at: Position, value: string): SourceNode => ({ type: 'scalar', at, value, text: value });

export function changed(map: SourceMap, key: string, change: (value: SourceNode) => SourceNode): SourceMap {
  return { ...map, entries: map.entries.map((one) => (one.key === key ? { ...one, value: change(one.value) } : one)) };
}

/** The tool treats empty text as missing. */
const mayBeEmpty = [
  'name',
  'description',
  'type',
  'working_dir',
  'if',
  'register',
  'on_failure',
  'retry_delay',
  'timeout',
];
export const withoutEmpty = (map: SourceMap): SourceMap => ({
  ...map,
  entries: map.entries.filter(
    ({ key, value }) => !(mayBeEmpty.includes(key) && value.type === 'scalar' && value.value === ''),
  ),
});

/** The tool takes any text as a name, a tag or a description. */
export function named(root: SourceMap, warn: Warn): SourceMap {
  return changed(fitted(root, [], warn), 'name', (node) => {
    if (node.type !== 'scalar' || typeof node.value !== 'string' || isName(node.value)) return node;
    const words = node.value.replace(/[^A-Za-z0-9._-]+/g, ' ').replace(/^[ ._-]+/, '');
    const name = words.slice(0, 100).trim();
    if (name === '') return node;
    warn('ADAPTED', ['name'], node.at, `"${short(node.value)}" is not a valid name; the workflow is "${name}".`);
    return scalarAt(node.at, name);
  });
}

/** Texts that people read, within the limits of Slipway. */
function fitted(map: SourceMap, path: Path, warn: Warn): SourceMap {
  const cut = (key: string, most: number, isLine: boolean) => (node: SourceNode) => {
    if (node.type !== 'scalar' || typeof node.value !== 'string') return node;
    const line = isLine ? node.value.replace(/[\s\p{Cc}]+/gu, ' ').trim() : node.value;
    const text = line.length > most ? `${line.slice(0, most - 1).replace(/\p{Surrogate}$/u, '')}…` : line;
    if (text === node.value) return node;
    warn('ADAPTED', [...path, key], node.at, `"${key}" is cut to ${most} characters${isLine ? ' on one line' : ''}.`);
    return scalarAt(node.at, text);
  };
  const described = changed(map, 'description', cut('description', MAX_DESCRIPTION, false));
  if (path.length > 0) return changed(described, 'name', cut('name', MAX_LABEL, true));
  return changed(described, 'tags', (tags) =>
    tags.type === 'list' ? { ...tags, items: tags.items.map(cut('tags', MAX_LABEL, true)) } : tags,
  );
}

/** A task whose texts are within the limits of Slipway. */
export const fittedTask = (name: string, task: SourceMap, warn: Warn): SourceMap =>
  registering(name, commanded(name, fitted(task, ['tasks', name], warn), warn), warn);

/** The tool refuses an empty command, and runs a blank one. */
function commanded(name: string, task: SourceMap, warn: Warn): SourceMap {
  return changed(task, 'cmd', (node) => {
    if (node.type !== 'scalar' || typeof node.value !== 'string' || node.value === '' || node.value.trim() !== '')
      return node;
    warn('ADAPTED', ['tasks', name, 'cmd'], node.at, 'The command is blank, so the task does nothing.');
    return scalarAt(node.at, ':');
  });
}

const template = new RegExp(`(${templateOf(ANY_NAME)})`);

/** The name of a variable may have any characters in the tool. */
function registering(name: string, task: SourceMap, warn: Warn): SourceMap {
  return changed(task, 'register', (node) => {
    if (node.type !== 'scalar' || typeof node.value !== 'string') return node;
    const parts = node.value.split(template);
    const plain = parts.map((part, index) => (index % 2 === 0 ? part.replace(/\W/g, '_') : part)).join('');
    const text = /^\d/.test(plain) ? `_${plain}` : plain;
    if (text === node.value) return node;
    warn('ADAPTED', ['tasks', name, 'register'], node.at, `The variable is named ${short(text)}.`);
    return scalarAt(node.at, text);
  });
}

const hyphenated = new RegExp(templateOf(String.raw`([A-Za-z_]\w*-[\w-]*)`), 'g');

/** Replaces names with hyphens in templates: environment variables have none. */
export function withPlainNames(
  task: SourceMap,
  keys: readonly string[],
  plain: (name: string) => string | undefined,
): SourceMap {
  const replace = (node: SourceNode): SourceNode => {
    if (node.type === 'list') return { ...node, items: node.items.map(replace) };
    if (node.type !== 'scalar' || typeof node.value !== 'string') return node;
    const text = node.value.replace(hyphenated, (whole, name: string) => {
      const found = plain(name);
      return found === undefined ? whole : `{{.${found}}}`;
    });
    return text === node.value ? node : { ...node, value: text, text };
  };
  return keys.reduce((map, key) => changed(map, key, replace), task);
}
