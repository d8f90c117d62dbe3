import { didYouMean } from '../../kernel/didYouMean';
import {
  axisVariable,
  environmentName,
  isForbiddenVariableName,
  isVariableName,
  parseDuration,
} from '../../kernel/naming';

import { envReferences, escapeReferences } from './environmentValues';
import { namesInRegister } from './matrix';
import { short } from './shape';
import { templateNames } from './shellTemplate';
import { findEntry, type Path, type Position, type SourceEntry, type SourceMap, type SourceNode } from './sourceTree';
import { MAX_RETRIES, MAX_TASK_SECONDS } from './taskShape';
import { conditionOf, namesInCondition } from './taskGraphCondition';
import { withFittingNames } from './taskGraphNames';
import { withoutLargeMatrices, withoutReservedEnv, withSomethingToRun } from './taskGraphSize';
import { handedTo } from './terms';
import { changed, fittedTask, named, scalarAt, type Warn, withoutEmpty, withPlainNames } from './taskGraphTexts';
import { ANY_NAME, templateOf } from './template';
import { DAY } from './values';

/**
 * A TOML file without a `kind` is a task graph of a tool that accepts more than Slipway does, and finds mistakes only
 * when a task runs. This class converts it to a Workflow with the same meaning. Everything that it omits, changes or
 * guesses is a warning.
 */
export function adaptTaskGraph(root: SourceMap, warn: Warn): SourceMap {
  const adapter = new Adapter(warn);
  const fitting = withoutReservedEnv(withoutLargeMatrices(withFittingNames(withoutEmpty(root), warn), warn), warn);
  const adapted = adapter.withTasks(named(adapter.withoutTriggers(fitting), warn));
  return adapter.withVariables(withSomethingToRun(adapted, warn));
}

/** A handler runs once, independently of the graph, with none of these keys. */
const notOfHandlers = ['if', 'matrix', 'register', 'on_failure', 'depends_on'];
/** The tool allows longer times and more retries than agents do. */
const limits = [
  { key: 'timeout', most: MAX_TASK_SECONDS, written: `${MAX_TASK_SECONDS / DAY}d` },
  { key: 'retry_delay', most: DAY, written: '1d' },
] as const;

const scalarOf = (map: SourceMap, key: string) => {
  const value = findEntry(map, key)?.value;
  return value?.type === 'scalar' ? value : undefined;
};
const textOf = (map: SourceMap, key: string): string | undefined => {
  const value = scalarOf(map, key)?.value;
  return typeof value === 'string' && value !== '' ? value : undefined;
};
const entryAt = (at: Position, key: string, value: SourceNode): SourceEntry => ({ key, keyAt: at, value });

/** Names that a task can use without a variable of the start. */
interface Known {
  readonly names: ReadonlySet<string>;
  /** Names that are computed when a task runs: the texts around `{{.name}}`. */
  readonly patterns: readonly (readonly string[])[];
}

/** Finding a similar name takes time, and nobody reads that many warnings. */
const MAX_HINTS = 100;
const MAX_PATTERNS = 1000;

class Adapter {
  private hints = 0;

  constructor(private readonly warn: Warn) {}

  /** The tool reads triggers and never acts on them. */
  withoutTriggers(root: SourceMap): SourceMap {
    const triggers = findEntry(root, 'triggers');
    if (triggers === undefined || triggers.value.type !== 'list') return root;
    const message = '"triggers" are ignored: start the workflow with "startExecution" or "slipway start".';
    this.warn('IGNORED_TRIGGERS', ['triggers'], triggers.keyAt, message);
    return { ...root, entries: root.entries.filter((entry) => entry !== triggers) };
  }

  withTasks(root: SourceMap): SourceMap {
    const written = findEntry(root, 'tasks');
    if (written?.value.type !== 'map') return root;
    const all = written.value.entries.map((entry) =>
      entry.value.type === 'map'
        ? { ...entry, value: fittedTask(entry.key, withoutEmpty(entry.value), this.warn) }
        : entry,
    );
    const never = new Set(all.filter((entry) => this.isNever(entry)).map(({ key }) => key));
    const forensic = new Set(
      all.flatMap(({ key, value }) => (value.type === 'map' && textOf(value, 'type') === 'forensic' ? key : [])),
    );
    const known = namesSet(root, all);
    const tasks = all
      .filter(({ key }) => !never.has(key))
      .map((entry): SourceEntry => {
        if (entry.value.type !== 'map') return entry;
        const task = this.withoutTasks(this.handled(entry.key, entry.value, forensic), never);
        return { ...entry, value: this.read(entry.key, task, known) };
      });
    const entries = root.entries.map((entry) =>
      entry === written ? { ...entry, value: { ...written.value, entries: tasks } as SourceMap } : entry,
    );
    return this.literalEnv(this.handledGlobally({ ...root, entries }, all, forensic), []);
  }

  /** An empty list in a matrix gives no combination, so the task never runs. */
  private isNever({ key, value }: SourceEntry): boolean {
    const matrix = value.type === 'map' ? findEntry(value, 'matrix')?.value : undefined;
    if (matrix?.type !== 'map') return false;
    const empty = matrix.entries.find(({ value: list }) => list.type === 'list' && list.items.length === 0);
    if (empty === undefined) return false;
    const message = `The matrix of "${key}" has no value for "${empty.key}", so the task never runs and is omitted.`;
    this.warn('ADAPTED', ['tasks', key, 'matrix', empty.key], empty.keyAt, message);
    return true;
  }

  private withoutTasks(task: SourceMap, names: ReadonlySet<string>): SourceMap {
    if (names.size === 0) return task;
    return changed(task, 'depends_on', (list) =>
      list.type === 'list'
        ? {
            ...list,
            items: list.items.filter((item) => !(item.type === 'scalar' && names.has(baseOf(item.text)))),
          }
        : list,
    );
  }

  /** A missing handler, or a task that is not a handler, never runs; keys that a handler can't have are ignored. */
  private handled(name: string, task: SourceMap, forensic: ReadonlySet<string>): SourceMap {
    const isHandler = textOf(task, 'type') === 'forensic';
    const left = task.entries.filter((entry) => {
      const { key, keyAt, value } = entry;
      const path = ['tasks', name, key];
      if (isHandler && notOfHandlers.includes(key)) {
        this.warn('ADAPTED', path, keyAt, `"${name}" is a failure handler, for which "${key}" has no effect.`);
        return false;
      }
      if (key !== 'on_failure' || value.type !== 'scalar' || forensic.has(value.text)) return true;
      const message = `"${short(value.text)}" is not a forensic task${this.hints++ < MAX_HINTS ? didYouMean(value.text, [...forensic]) : ''}; nothing handles a failure of "${name}".`;
      this.warn('ADAPTED', path, value.at, message);
      return false;
    });
    return { ...task, entries: left };
  }

  /** An unknown handler of the workflow is an error in the tool, too. */
  private handledGlobally(root: SourceMap, tasks: readonly SourceEntry[], forensic: ReadonlySet<string>): SourceMap {
    const handler = findEntry(root, 'on_failure');
    if (handler?.value.type !== 'scalar') return root;
    const { text, at } = handler.value;
    if (forensic.has(text) || tasks.every(({ key }) => key !== text)) return root;
    this.warn(
      'ADAPTED',
      ['on_failure'],
      at,
      `"${short(text)}" is not a forensic task; nothing handles a failure of the workflow.`,
    );
    return { ...root, entries: root.entries.filter((entry) => entry !== handler) };
  }

  private read(name: string, task: SourceMap, known: Known): SourceMap {
    const withAxes = this.bounded(name, this.withMatrix(name, task));
    const axes = keysOf(findEntry(withAxes, 'matrix')?.value);
    const variable = (one: string) => {
      const text = one.replaceAll('-', '_');
      return one.includes('-') && isKnown(text, known) ? text : undefined;
    };
    const axis = (one: string) => (axes.includes(one) ? axisVariable(one) : variable(one));
    const registering = withPlainNames(withAxes, ['register'], (one) =>
      axes.includes(one) ? undefined : variable(one),
    );
    const bounded = withPlainNames(registering, ['cmd', 'run'], axis);
    const own = new Set(namesOfTask(bounded));
    const plain = (one: string) =>
      one.includes('-') && axes.includes(one) ? `matrix["${one}"]` : (variable(one) ?? one);
    const conditioned = changed(bounded, 'if', (node) => {
      if (node.type !== 'scalar' || typeof node.value !== 'string') return node;
      const text = conditionOf(node.value, (one) => own.has(one) || isKnown(one, known), plain);
      if (text === node.value) return node;
      this.warn('ADAPTED', ['tasks', name, 'if'], node.at, `The condition is read as: ${text}.`);
      return { ...node, value: text, text };
    });
    return this.literalEnv(conditioned, ['tasks', name]);
  }

  private withMatrix(name: string, task: SourceMap): SourceMap {
    const matrix = findEntry(task, 'matrix');
    if (matrix?.value.type !== 'map') return task;
    if (matrix.value.entries.length === 0) return { ...task, entries: task.entries.filter((one) => one !== matrix) };
    const entries = matrix.value.entries.map((axis): SourceEntry => {
      if (axis.value.type !== 'list') return axis;
      const texts = axis.value.items.map((item) => (item.type === 'scalar' ? item.text : undefined));
      const seen = new Set<string>();
      const items = axis.value.items.filter((_, index) => {
        const text = texts[index];
        return text === undefined || (!seen.has(text) && seen.add(text));
      });
      if (items.length === texts.length) return axis;
      this.warn(
        'ADAPTED',
        ['tasks', name, 'matrix', axis.key],
        axis.keyAt,
        `"${axis.key}" has a value twice; it counts once.`,
      );
      return { ...axis, value: { ...axis.value, items } };
    });
    return changed(task, 'matrix', (node) => ({ ...node, entries }) as SourceMap);
  }

  /** The tool writes 0 for no time limit. */
  private bounded(name: string, task: SourceMap): SourceMap {
    const warn = (key: string, at: Position, most: string) =>
      this.warn('ADAPTED', ['tasks', name, key], at, `The limit of "${key}" is ${most}, which it gets.`);
    const entries = task.entries.flatMap((entry): SourceEntry[] => {
      const { key, value } = entry;
      if (value.type !== 'scalar') return [entry];
      if (key === 'retries' && typeof value.value === 'number' && value.value > MAX_RETRIES) {
        warn(key, value.at, `${MAX_RETRIES}`);
        return [{ ...entry, value: { ...value, value: MAX_RETRIES, text: `${MAX_RETRIES}` } }];
      }
      const limit = limits.find((one) => one.key === key);
      const seconds = limit && parseDuration(value.text);
      if (limit === undefined || seconds === undefined) return [entry];
      if (seconds === 0) return [];
      if (seconds <= limit.most) return [entry];
      warn(key, value.at, limit.written);
      return [{ ...entry, value: scalarAt(value.at, limit.written) }];
    });
    return { ...task, entries };
  }

  /** The tool takes `env` literally: references become text. */
  private literalEnv(map: SourceMap, path: Path): SourceMap {
    return changed(map, 'env', (env) => {
      if (env.type !== 'map') return env;
      const entries = env.entries.map((entry): SourceEntry => {
        const { key, value } = entry;
        if (value.type !== 'scalar' || envReferences(value.text).length === 0) return entry;
        const message = 'The reference is not replaced in a file without a kind. For that, add kind = "Workflow".';
        this.warn('LITERAL_REFERENCE', [...path, 'env', key], value.at, message);
        const text = escapeReferences(value.text);
        return { ...entry, value: { ...value, value: text, text } };
      });
      return { ...env, entries };
    });
  }

  /**
   * Names that nothing sets become inputs of the start: the tool accepts any variable, and fails a task whose variable
   * is missing.
   */
  withVariables(root: SourceMap): SourceMap {
    const tasks = findEntry(root, 'tasks')?.value;
    if (tasks?.type !== 'map') return root;
    const known = namesSet(root, tasks.entries);
    const added = new Map<string, SourceEntry>();
    const atTheEnd = findEntry(root, 'finally')?.value;
    const all = [
      ...tasks.entries.map((entry) => ({ ...entry, place: 'tasks', handed: [] as readonly string[] })),
      ...(atTheEnd?.type === 'map' ? atTheEnd.entries : []).map((entry) => ({
        ...entry,
        place: 'finally',
        handed: handedTo('finally'),
      })),
    ];
    for (const { key, value, place, handed } of all) {
      if (value.type !== 'map') continue;
      const own = new Set([...namesOfTask(value), ...handed]);
      for (const { name, path, at } of namesUsed([place, key], value)) {
        if (own.has(name) || isKnown(name, known) || isForbiddenVariableName(name) || added.has(name)) continue;
        if (!isVariableName(name)) continue;
        added.set(name, entryAt(at, 'name', scalarAt(at, name)));
        const hint = added.size > MAX_HINTS ? '' : didYouMean(name, [...own, ...known.names]);
        const message = `Nothing sets "${name}"${hint}, so it is a variable that a start can give. A task that needs it fails without a value.`;
        this.warn('UNSURE_NAME', path, at, message);
      }
    }
    if (added.size === 0) return root;
    const items = [...added.values()].map((entry): SourceNode => ({ type: 'map', at: entry.keyAt, entries: [entry] }));
    const variables = findEntry(root, 'variables');
    if (variables === undefined) {
      return {
        ...root,
        entries: [...root.entries, entryAt(root.at, 'variables', { type: 'list', at: root.at, items })],
      };
    }
    return changed(root, variables.key, (list) =>
      list.type === 'list' ? { ...list, items: [...list.items, ...items] } : list,
    );
  }
}

const baseOf = (dependency: string): string => dependency.split('[', 1)[0] ?? '';

export const keysOf = (node: SourceNode | undefined): string[] =>
  node?.type === 'map' ? node.entries.map(({ key }) => key) : [];
const itemsOf = (node: SourceNode | undefined): string[] =>
  node?.type === 'list' ? node.items.flatMap((item) => (item.type === 'scalar' ? item.text : [])) : [];

/** Names that the workflow or one of its tasks sets. */
function namesSet(root: SourceMap, tasks: readonly SourceEntry[]): Known {
  const { names, patterns } = variablesSet(root, tasks);
  const env = keysOf(findEntry(root, 'env')?.value);
  return { names: new Set([...names, ...env, ...itemsOf(findEntry(root, 'secrets')?.value)]), patterns };
}

/**
 * True if a name is a variable of the start or of a task. In the tool, `{{.name}}` in a command is always a variable.
 */
export function variablesOf(root: SourceMap): (name: string) => boolean {
  const tasks = findEntry(root, 'tasks')?.value;
  const known = variablesSet(root, tasks?.type === 'map' ? tasks.entries : []);
  return (name) => isKnown(name, known);
}

function variablesSet(root: SourceMap, tasks: readonly SourceEntry[]): Known {
  const variables = findEntry(root, 'variables')?.value;
  const declared =
    variables?.type === 'list'
      ? variables.items.flatMap((item) => (item.type === 'map' ? (textOf(item, 'name') ?? []) : []))
      : [];
  const names = new Set(declared);
  const patterns: string[][] = [];
  for (const { value } of tasks) {
    const register = value.type === 'map' ? textOf(value, 'register') : undefined;
    if (register === undefined) continue;
    const parts = register.split(new RegExp(templateOf(ANY_NAME)));
    if (parts.length === 1) names.add(register);
    // A template without other text would make every name known.
    else if (parts.some((part) => part !== '') && patterns.length < MAX_PATTERNS) patterns.push(parts);
  }
  return { names, patterns };
}

/** Names that only this task has. */
function namesOfTask(task: SourceMap): string[] {
  const axes = keysOf(findEntry(task, 'matrix')?.value);
  return [
    ...axes,
    ...axes.map(axisVariable),
    ...keysOf(findEntry(task, 'env')?.value),
    ...itemsOf(findEntry(task, 'secrets')?.value),
    ...(textOf(task, 'type') === 'forensic' ? [...handedTo('forensic'), 'failed_dag'] : []),
  ];
}

const isKnown = (name: string, { names, patterns }: Known): boolean =>
  name.startsWith('SLIPWAY_') || names.has(name) || patterns.some((parts) => fits(name, parts));

/** True if the name contains the parts, in order. Not a regular expression, because that could take very long. */
function fits(name: string, parts: readonly string[]): boolean {
  const [first = '', ...middle] = parts;
  const last = middle.pop() ?? '';
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of middle) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

interface Use {
  readonly name: string;
  readonly path: Path;
  readonly at: Position;
}

function namesUsed(task: Path, map: SourceMap): Use[] {
  const uses = (key: string, namesIn: (text: string) => readonly string[]): Use[] => {
    const value = findEntry(map, key)?.value;
    const nodes = value?.type === 'list' ? value.items : value === undefined ? [] : [value];
    return nodes.flatMap((node) =>
      node.type === 'scalar' && typeof node.value === 'string'
        ? namesIn(node.value).map((name) => ({ name, path: [...task, key], at: node.at }))
        : [],
    );
  };
  return [
    ...uses('cmd', templateNames),
    ...uses('run', templateNames),
    ...uses('register', namesInRegister),
    ...uses('if', namesInCondition),
  ];
}

/** Environment variable that replaces `{{.name}}`. */
export function variableOfTemplate(name: string, axes: readonly string[], isHandler: boolean): string {
  if (axes.includes(name)) return axisVariable(name);
  return isHandler && name === 'failed_dag' ? 'SLIPWAY_WORKFLOW' : environmentName(name);
}
