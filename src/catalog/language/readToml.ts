import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';
import type { ValueRule } from '../../contract/valueRules';
import { prefixedName } from '../../kernel/naming';
import { isNothing, short } from './shape';
import { quotesAsSh, type Shell } from './shell';
import { adaptTaskGraph, keysOf, variableOfTemplate, variablesOf } from './adaptTaskGraph';
import type { ReadDocuments } from './documentSource';
import { literalTemplates, replaceTemplates, templateNames } from './shellTemplate';
import {
  findEntry,
  type Path,
  type Position,
  pathText,
  type SourceEntry,
  type SourceMap,
  type SourceNode,
  unstorable,
} from './sourceTree';
import type { DefinitionError, ValidationRule, ValidationWarning } from './validationRules';

const MAX_LEVELS = 64;
/** Bounds the time that the parser takes; ten thousand tasks of six lines have half as many. */
const MAX_SIGNS = 300_000;
const START: Position = { line: 1, column: 1 };

/**
 * Reads a TOML text as one document. Without a `kind` it is a Workflow, so that a plain task graph is valid as it
 * stands.
 */
export function readToml(source: string): ReadDocuments {
  if (/^(?:\s|#[^\n]*)*$/.test(source)) return refused('EMPTY_SOURCE', START, 'The source contains no document.');
  if ((source.match(/[\n=,[{.]/g) ?? []).length > MAX_SIGNS) {
    return refused('TOO_LARGE', START, `The source has more than ${MAX_SIGNS} keys and values.`);
  }
  try {
    // Line ends of the file are not part of a multi-line text, as in YAML.
    const text = source.replace(/^\ufeff/, ' ').replace(/\r\n/g, '\n');
    const reader = new TomlReader(text);
    const written = reader.read(parse(text));
    const isTaskGraph = written.entries.every(({ key }) => key !== 'kind');
    const adapted = isTaskGraph ? withKind(reader.adapted(written)) : written;
    const read = reader.templates(adapted, isTaskGraph ? variablesOf(adapted) : () => false);
    return { documents: [read], errors: reader.errors, complete: true, isTaskGraph };
  } catch (error) {
    if (error instanceof TooDeep) {
      return refused('TOO_LARGE', error.at, `Values are nested more than ${MAX_LEVELS} levels deep.`);
    }
    if (!(error instanceof ParseError)) throw error;
    return refused('SYNTAX', { line: error.lineNumber, column: error.column + 1 }, `${error.message}.`);
  }
}

/** The parser calls itself for each level, so thousands of them end its stack and nothing else. */
function parse(text: string): AST.TOMLProgram {
  try {
    return parseTOML(text);
  } catch (error) {
    throw error instanceof RangeError ? new TooDeep(START) : error;
  }
}

function refused(rule: ValidationRule, { line, column }: Position, message: string): ReadDocuments {
  return { documents: [], errors: [{ path: 'documents', line, column, rule, message }], complete: false };
}

class TooDeep extends Error {
  constructor(readonly at: Position) {
    super();
  }
}

function withKind(root: SourceMap): SourceMap {
  const value: SourceNode = { type: 'scalar', at: root.at, value: 'Workflow', text: 'Workflow' };
  return { ...root, entries: [{ key: 'kind', keyAt: root.at, value }, ...root.entries] };
}

const NOT_QUOTED = 'only commands of sh and bash can have one; read the environment variable of that name instead';

/** The key `shell` as written: it is checked later, with everything else. */
function shellIn(map: SourceMap): Shell | undefined {
  const node = findEntry(map, 'shell')?.value;
  if (node === undefined || isNothing(node)) return undefined;
  if (node.type === 'list') return node.items.map((item) => (item.type === 'scalar' ? item.text : ''));
  return node.type === 'scalar' ? [node.text] : undefined;
}

function changed(map: SourceMap, keys: readonly string[], change: (value: SourceNode) => SourceNode): SourceMap {
  const entries = map.entries.map((entry) =>
    keys.includes(entry.key) ? { ...entry, value: change(entry.value) } : entry,
  );
  return { ...map, entries };
}

/** A table while it grows: headers and dotted keys add to it in any order. */
interface Table extends SourceMap {
  readonly entries: SourceEntry[];
  readonly byKey: Map<string, SourceNode>;
}
interface Tables {
  readonly type: 'list';
  readonly at: Position;
  readonly items: Table[];
}

const emptyTable = (at: Position): Table => ({ type: 'map', at, entries: [], byKey: new Map() });
const positionOf = ({ loc }: AST.HasLocs): Position => ({ line: loc.start.line, column: loc.start.column + 1 });
const nameOf = (key: AST.TOMLBare | AST.TOMLQuoted): string => (key.type === 'TOMLBare' ? key.name : key.value);

class TomlReader {
  readonly errors: DefinitionError[] = [];

  constructor(private readonly source: string) {}

  read({ body: [top] }: AST.TOMLProgram): SourceMap {
    const root = emptyTable(START);
    for (const part of top.body) {
      if (part.type === 'TOMLKeyValue') this.add(part, root, []);
      else {
        const { table, path } = this.open(root, part.key.keys, part.resolvedKey, []);
        for (const pair of part.body) this.add(pair, table, path);
      }
    }
    return root;
  }

  /**
   * The table that a header or the front of a dotted key leads to. A number among the steps is the place in an array.
   */
  private open(from: Table, keys: readonly (AST.TOMLBare | AST.TOMLQuoted)[], steps: Path, base: Path) {
    let table = from;
    let [depth, at] = [0, from.at];
    for (const [index, step] of steps.entries()) {
      if (typeof step === 'number') continue;
      const key = keys[depth++];
      if (key !== undefined) at = positionOf(key);
      if (base.length + index > MAX_LEVELS) throw new TooDeep(at);
      const item = steps[index + 1];
      const made = typeof item === 'number' ? { type: 'list' as const, at, items: [] } : emptyTable(at);
      const found = (table.byKey.get(step) ?? this.put(table, step, at, made)) as Table | Tables;
      if (found.type === 'map') table = found;
      else {
        const last = typeof item === 'number' ? item : found.items.length - 1;
        table = found.items[last] ??= emptyTable(at);
      }
    }
    return { table, path: [...base, ...steps] };
  }

  private put(table: Table, key: string, keyAt: Position, value: SourceNode): SourceNode {
    table.entries.push({ key, keyAt, value });
    table.byKey.set(key, value);
    return value;
  }

  private add({ key: { keys }, value }: AST.TOMLKeyValue, base: Table, path: Path): void {
    const last = keys.at(-1);
    if (last === undefined) return;
    const front = keys.slice(0, -1);
    const holder = this.open(base, front, front.map(nameOf), path);
    const name = nameOf(last);
    const at = positionOf(last);
    this.put(holder.table, this.storable(name, holder.path, at), at, this.value(value, [...holder.path, name]));
  }

  private value(node: AST.TOMLContentNode, path: Path): SourceNode {
    const at = positionOf(node);
    if (path.length > MAX_LEVELS) throw new TooDeep(at);
    if (node.type === 'TOMLArray') {
      return { type: 'list', at, items: node.elements.map((item, index) => this.value(item, [...path, index])) };
    }
    if (node.type === 'TOMLInlineTable') {
      const table = emptyTable(at);
      for (const pair of node.body) this.add(pair, table, path);
      return table;
    }
    const written = this.source.slice(...node.range);
    if (node.kind === 'boolean' || node.kind === 'integer' || node.kind === 'float') {
      return { type: 'scalar', at, value: node.value, text: written };
    }
    // Definitions have no dates: a date stands for its text.
    const text = node.kind === 'string' ? node.value : written;
    return { type: 'scalar', at, value: this.storable(text, path, at), text };
  }

  /**
   * Replaces `{{.name}}` in commands by the variable, and adds it to `requires`. In YAML and JSON a command is taken
   * literally.
   */
  templates(root: SourceMap, isVariable: (name: string) => boolean): SourceMap {
    const shell = shellIn(root) ?? 'sh';
    const inTasks = (place: 'tasks' | 'finally') => (tasks: SourceNode) => {
      if (tasks.type !== 'map') return tasks;
      const entries = tasks.entries.map((entry) => ({
        ...entry,
        value: this.task(entry.value, [place, entry.key], shell, isVariable),
      }));
      return { ...tasks, entries };
    };
    return changed(changed(root, ['tasks'], inTasks('tasks')), ['finally'], inTasks('finally'));
  }

  adapted(root: SourceMap): SourceMap {
    return adaptTaskGraph(root, (rule, path, at, message) => this.report(rule, path, at, message));
  }

  private task(
    task: SourceNode,
    path: readonly [string, string],
    shellOfWorkflow: Shell,
    isVariable: (name: string) => boolean,
  ): SourceNode {
    if (task.type !== 'map') return task;
    const [, name] = path;
    const shell = shellIn(task) ?? shellOfWorkflow;
    const matrix = task.entries.find(({ key }) => key === 'matrix')?.value;
    const axes = keysOf(matrix);
    const env = keysOf(findEntry(task, 'env')?.value);
    const type = findEntry(task, 'type')?.value;
    const isHandler = type?.type === 'scalar' && type.value === 'forensic';
    const needs = new Map<string, ValueRule>();
    const replace = (command: SourceNode, quoted: boolean): SourceNode => {
      if (command.type !== 'scalar' || typeof command.value !== 'string') return command;
      if (!quoted && templateNames(command.value).length === 0) return command;
      const variableOf = (one: string) =>
        env.includes(one) && !axes.includes(one) && isVariable(one)
          ? prefixedName(one)
          : variableOfTemplate(one, axes, isHandler);
      if (!quoted) {
        this.report('BAD_TEMPLATE', path, command.at, `The command of "${name}" has a {{.name}}: ${NOT_QUOTED}.`);
        return command;
      }
      const { command: text, needs: found } = replaceTemplates(command.value, variableOf);
      for (const one of new Set(literalTemplates(text))) {
        const rule = 'only {{.name}} is replaced, where the name has letters, digits and underscores';
        const message = `The command of "${name}" keeps ${short(one)} unchanged: ${rule}.`;
        this.report('LITERAL_TEMPLATE', path, command.at, message);
      }
      for (const [one, rule] of found) {
        if (!axes.includes(one) || rule !== 'any') needs.set(variableOf(one), rule);
      }
      return { ...command, value: text, text };
    };
    const replaced = changed(task, ['cmd', 'run'], (command) => {
      const all = command.type === 'list' ? command.items : [command];
      const quoted = quotesAsSh(shell, all[0]?.type === 'scalar' ? all[0].text : '');
      if (command.type !== 'list') return replace(command, quoted);
      return { ...command, items: all.map((one) => replace(one, quoted)) };
    });
    if (needs.size === 0) return replaced;
    const given = replaced.entries.find(({ key }) => key === 'requires');
    const entry = (key: string, rule: string): SourceEntry => ({
      key,
      keyAt: task.at,
      value: { type: 'scalar', at: task.at, value: rule, text: rule },
    });
    const own =
      given?.value.type === 'list'
        ? given.value.items.map((item) => entry(item.type === 'scalar' ? item.text : '', 'any'))
        : [];
    const written = given?.value.type === 'map' ? given.value.entries : own;
    const added = [...needs].map(([one, rule]) => entry(one, rule));
    const entries = [...written.filter(({ key }) => !needs.has(key)), ...added];
    const others = replaced.entries.filter((one) => one !== given);
    return {
      ...replaced,
      entries: [...others, { key: 'requires', keyAt: task.at, value: { type: 'map', at: task.at, entries } }],
    };
  }

  private storable(text: string, path: Path, at: Position): string {
    const found = unstorable(text);
    if (found) this.report('BAD_CHARACTER', path, at, `The text contains ${found}, which can’t be stored.`);
    return text;
  }

  private report(
    rule: ValidationRule | ValidationWarning,
    path: Path,
    { line, column }: Position,
    message: string,
  ): void {
    this.errors.push({ path: `documents[0]${pathText(path)}`, line, column, rule, message });
  }
}
