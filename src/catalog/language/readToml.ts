import { parse, TomlDate, TomlError } from 'smol-toml';
import { short } from './decoders';
import type { ReadDocuments } from './documentSource';
import { literalTemplates, replaceTemplates } from './shellTemplate';
import type { Path, Position, SourceEntry, SourceMap, SourceNode } from './sourceTree';
import { type TomlPlace, TomlPlaces } from './tomlPlaces';
import type { DefinitionError, ValidationRule } from './validationRules';

const MAX_LEVELS = 64;
const START: Position = { line: 1, column: 1 };

/**
 * Reads a TOML text as the one document that it is. Without a `kind` it is a Workflow: files of task graphs are written that way, and are
 * accepted as they stand.
 */
export function readToml(source: string): ReadDocuments {
  if (/^(?:\s|#[^\n]*)*$/.test(source)) return refused('EMPTY_SOURCE', START, 'The source holds no document.');
  let table: unknown;
  try {
    table = parse(source, { maxDepth: MAX_LEVELS });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [message = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    return refused('SYNTAX', error, `${message.charAt(0).toUpperCase()}${message.slice(1)}.`);
  }
  const reader = new TomlTree(new TomlPlaces(source));
  const root = reader.templates(reader.root(table));
  return { documents: [withKind(root)], errors: reader.errors, complete: true };
}

function refused(rule: ValidationRule, { line, column }: Position, message: string): ReadDocuments {
  return { documents: [], errors: [{ path: 'documents', line, column, rule, message }], complete: false };
}

function withKind(root: SourceMap): SourceMap {
  if (root.entries.some(({ key }) => key === 'kind')) return root;
  const value: SourceNode = { type: 'scalar', at: root.at, value: 'Workflow', text: 'Workflow' };
  return { ...root, entries: [{ key: 'kind', keyAt: root.at, value }, ...root.entries] };
}

function changed(map: SourceMap, keys: readonly string[], change: (value: SourceNode) => SourceNode): SourceMap {
  const entries = map.entries.map((entry) =>
    keys.includes(entry.key) ? { ...entry, value: change(entry.value) } : entry,
  );
  return { ...map, entries };
}

class TomlTree {
  readonly errors: DefinitionError[] = [];

  constructor(private readonly places: TomlPlaces) {}

  root(table: unknown): SourceMap {
    return { type: 'map', at: START, entries: this.entries(table, [], START) };
  }

  /** `{{.name}}` in commands becomes the variable of that name, and a need of the task. Only here: what YAML says in a command is the command. */
  templates(root: SourceMap): SourceMap {
    return changed(root, ['tasks'], (tasks) => {
      if (tasks.type !== 'map') return tasks;
      const entries = tasks.entries.map((entry) => ({ ...entry, value: this.task(entry.value, entry.key) }));
      return { ...tasks, entries };
    });
  }

  private task(task: SourceNode, name: string): SourceNode {
    if (task.type !== 'map') return task;
    const matrix = task.entries.find(({ key }) => key === 'matrix')?.value;
    const axes = matrix?.type === 'map' ? matrix.entries.map(({ key }) => key) : [];
    const names = new Set<string>();
    const replaced = changed(task, ['cmd', 'run'], (command) => {
      if (command.type !== 'scalar' || typeof command.value !== 'string') return command;
      const variableOf = (one: string) => (axes.includes(one) ? `MATRIX_${one.toUpperCase()}` : one);
      const { command: text, names: found, problem } = replaceTemplates(command.value, variableOf);
      if (problem !== null) {
        const message = `The command of "${name}" has a {{.name}}: ${problem}.`;
        this.errors.push({ path: `documents[0].tasks.${name}`, ...command.at, rule: 'BAD_TEMPLATE', message });
      }
      for (const one of problem === null ? new Set(literalTemplates(text)) : []) {
        const message = `The command of "${name}" keeps ${short(one)} as it is: only {{.name}} is replaced, a name of letters, digits and underscores.`;
        this.errors.push({ path: `documents[0].tasks.${name}`, ...command.at, rule: 'LITERAL_TEMPLATE', message });
      }
      for (const one of found) if (!axes.includes(one)) names.add(one);
      return { ...command, value: text, text };
    });
    if (names.size === 0) return replaced;
    const given = replaced.entries.find(({ key }) => key === 'requires');
    const own = given?.value.type === 'list' ? given.value.items : [];
    const items = [
      ...own,
      ...[...names].map((one): SourceNode => ({ type: 'scalar', at: task.at, value: one, text: one })),
    ];
    const requires: SourceEntry = { key: 'requires', keyAt: task.at, value: { type: 'list', at: task.at, items } };
    return { ...replaced, entries: [...replaced.entries.filter((entry) => entry !== given), requires] };
  }

  private entries(table: unknown, path: Path, around: Position): SourceEntry[] {
    return Object.entries(table as object).map(([key, value]) => {
      const inner = [...path, key];
      const place = this.places.of(inner);
      const keyAt = place?.keyAt ?? around;
      return { key: this.storable(key, keyAt), keyAt, value: this.node(value, inner, place, keyAt) };
    });
  }

  private node(value: unknown, path: Path, place: TomlPlace | undefined, around: Position): SourceNode {
    const at = place?.at ?? around;
    if (Array.isArray(value)) {
      const items = value.map((item, index) => {
        const inner = [...path, index];
        return this.node(item, inner, this.places.of(inner), at);
      });
      return { type: 'list', at, items };
    }
    if (typeof value === 'number') return { type: 'scalar', at, value, text: place?.text || String(value) };
    if (typeof value === 'boolean') return { type: 'scalar', at, value, text: String(value) };
    // A date is the text that it is written as: nothing here has a date.
    const text = value instanceof TomlDate ? place?.text || value.toISOString() : value;
    if (typeof text === 'string') return { type: 'scalar', at, value: this.storable(text, at), text };
    return { type: 'map', at, entries: this.entries(value, path, at) };
  }

  private storable(text: string, { line, column }: Position): string {
    if (/\0|\p{Surrogate}/u.test(text)) {
      const message = 'The text holds a NUL or half of a surrogate pair, which can’t be stored.';
      this.errors.push({ path: 'documents[0]', line, column, rule: 'BAD_CHARACTER', message });
    }
    return text;
  }
}
