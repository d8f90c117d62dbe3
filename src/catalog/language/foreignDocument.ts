import { adviceFor, foreignKeys, type ForeignKeys } from './foreignKeys';
import type { Place } from './shape';
import type { SourceEntry, SourceMap, SourceNode } from './sourceTree';

export const foreignKey = (key: string, what: string, advice: string): string =>
  `"${key}" is a key of another language: in ${what}, ${advice}.`;

/** Keys of other languages that hold a whole document. */
const wrappers = ['pipeline', 'spec'];
/** Keys that a mapping has if it is a task. */
const ofTasks = ['script', 'steps', 'run', 'cmds', 'commands', 'command', 'runs-on', 'uses'];

/**
 * What a document of another language has, and Slipway’s word for it: for each of its keys at the top, and for the keys of
 * its stages and tasks, each once. `told` is what was reported already.
 */
export function reportForeign(root: SourceMap, place: Place, told: string): void {
  new ForeignDocument(place, new Set([told])).root(root, place.path);
}

class ForeignDocument {
  constructor(
    private readonly place: Place,
    private readonly told: Set<string>,
  ) {}

  root(map: SourceMap, path: Place['path']): void {
    for (const entry of map.entries) {
      const { key, keyAt, value } = entry;
      const at = [...path, key];
      const advice = adviceFor(foreignKeys.workflow, key);
      if (advice !== undefined) this.report(entry, at, 'a Workflow', advice);
      if (wrappers.includes(key) && value.type === 'map') this.root(value, at);
      else if (advice === 'use "tasks"' || key === 'tasks') this.all(value, at, 'a task', foreignKeys.task);
      else if (key === 'stages') this.all(value, at, 'a stage', foreignKeys.stage);
      else if (advice === undefined && looksLikeTask(value)) {
        this.place.report(
          'UNKNOWN_FIELD',
          at,
          `"${key}" looks like a task: put it under "tasks" of a Workflow.`,
          keyAt,
        );
        this.keys(value, at, 'a task', foreignKeys.task);
      }
    }
  }

  /** Tasks or stages, by their names or in a list. */
  private all(node: SourceNode, path: Place['path'], what: string, known: ForeignKeys): void {
    const children =
      node.type === 'map'
        ? node.entries.map(({ key, value }) => ({ step: key, value }))
        : node.type === 'list'
          ? node.items.map((value, index) => ({ step: index, value }))
          : [];
    for (const { step, value } of children) if (value.type === 'map') this.keys(value, [...path, step], what, known);
  }

  private keys(map: SourceMap, path: Place['path'], what: string, known: ForeignKeys): void {
    for (const entry of map.entries) {
      const advice = adviceFor(known, entry.key);
      if (advice !== undefined) this.report(entry, [...path, entry.key], what, advice);
      if (what === 'a stage' && advice === 'use "elements"') {
        this.all(entry.value, [...path, entry.key], 'a task', foreignKeys.task);
      }
    }
  }

  private report({ key, keyAt }: SourceEntry, path: Place['path'], what: string, advice: string): void {
    const message = foreignKey(key, what, advice);
    if (this.told.has(message)) return;
    this.told.add(message);
    this.place.report('UNKNOWN_FIELD', path, message, keyAt);
  }
}

const looksLikeTask = (node: SourceNode): node is SourceMap =>
  node.type === 'map' && node.entries.some(({ key }) => ofTasks.includes(key));
