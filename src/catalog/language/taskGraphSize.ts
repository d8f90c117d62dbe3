import { baseName } from './matrix';
import { short } from './shape';
import { findEntry, type SourceEntry, type SourceMap } from './sourceTree';
import { namesInCondition } from './taskGraphCondition';
import { changed, scalarAt, type Warn } from './taskGraphTexts';
import { MAX_TASKS } from './terms';
import { settableKey } from './values';

const AT_RUN_TIME = 'The task fails with this message when it runs.';

/**
 * Every combination is a task of its own, and a run has a limit of those. A matrix that exceeds it becomes one task that
 * fails with the reason, so that the rest of the file can run.
 */
export function withoutLargeMatrices(root: SourceMap, warn: Warn): SourceMap {
  const written = findEntry(root, 'tasks')?.value;
  if (written?.type !== 'map') return root;
  const counts = written.entries.map((entry) => ({ name: entry.key, count: combinationsOf(entry) }));
  let left = counts.reduce((sum, { count }) => sum + count, 0);
  if (left <= MAX_TASKS) return root;
  const large = new Map<string, string>();
  for (const { name, count } of counts.sort((a, b) => b.count - a.count)) {
    if (left <= MAX_TASKS || count === 1) break;
    left -= count - 1;
    large.set(
      name,
      `The matrix of "${short(name)}" has ${count} combinations; a workflow has at most ${MAX_TASKS} tasks.`,
    );
  }
  const entries = written.entries.map((entry): SourceEntry => {
    const { key, value } = entry;
    if (value.type !== 'map') return entry;
    const reason = large.get(key);
    if (reason === undefined) return { ...entry, value: waitingForWhole(value, large) };
    warn('ADAPTED', ['tasks', key, 'matrix'], entry.keyAt, `${reason} ${AT_RUN_TIME}`);
    return { ...entry, value: waitingForWhole(failing(value, reason), large) };
  });
  return changed(root, 'tasks', () => ({ ...written, entries }));
}

function combinationsOf({ value }: SourceEntry): number {
  const matrix = value.type === 'map' ? findEntry(value, 'matrix')?.value : undefined;
  if (matrix?.type !== 'map') return 1;
  const sizes = matrix.entries.map(({ value: list }) =>
    list.type === 'list' ? new Set(list.items.map((item) => (item.type === 'scalar' ? item.text : item))).size : 1,
  );
  return sizes.reduce((product, size) => product * size, 1);
}

function failing(task: SourceMap, reason: string): SourceMap {
  const matrix = findEntry(task, 'matrix')?.value;
  const axes = matrix?.type === 'map' ? matrix.entries.map(({ key }) => key) : [];
  const command = scalarAt(task.at, `echo '${reason.replaceAll("'", '’')}' >&2; exit 1`);
  const entries = task.entries.filter(({ key, value }) => {
    if (['matrix', 'retries', 'register', 'working_dir'].includes(key)) return false;
    return key !== 'if' || value.type !== 'scalar' || !namesInCondition(value.text).some((name) => axes.includes(name));
  });
  const written: SourceMap = { ...task, entries };
  return ['cmd', 'run'].reduce((all, key) => changed(all, key, () => command), written);
}

/** The tool refuses these, too. */
const refused = /^(LD_(PRELOAD|LIBRARY_PATH|AUDIT|DEBUG)|DYLD_(INSERT_LIBRARIES|LIBRARY_PATH|FRAMEWORK_PATH))$/;

/** A task whose `env` has a name that Slipway can't set fails with the reason. */
export function withoutReservedEnv(root: SourceMap, warn: Warn): SourceMap {
  return changed(root, 'tasks', (tasks) => {
    if (tasks.type !== 'map') return tasks;
    const entries = tasks.entries.map((entry): SourceEntry => {
      const { key, value } = entry;
      const env = value.type === 'map' ? findEntry(value, 'env')?.value : undefined;
      if (value.type !== 'map' || env?.type !== 'map') return entry;
      const isBad = ({ key: name }: SourceEntry) =>
        /^[A-Za-z_]\w*$/.test(name) && !refused.test(name) && settableKey.problem(name) !== undefined;
      const bad = env.entries.find(isBad);
      if (bad === undefined) return entry;
      const reason = `The env of "${short(key)}" sets ${short(bad.key)}, which is reserved or has more than 100 characters.`;
      warn('ADAPTED', ['tasks', key, 'env'], bad.keyAt, `${reason} ${AT_RUN_TIME}`);
      const others = changed(value, 'env', () => ({ ...env, entries: env.entries.filter((one) => !isBad(one)) }));
      return { ...entry, value: failing(others, reason) };
    });
    return { ...tasks, entries };
  });
}

/** A combination of a task that has none is the task. */
const waitingForWhole = (task: SourceMap, large: ReadonlyMap<string, string>): SourceMap =>
  changed(task, 'depends_on', (list) =>
    list.type !== 'list'
      ? list
      : {
          ...list,
          items: list.items.map((item) =>
            item.type === 'scalar' && large.has(baseName(item.text)) ? scalarAt(item.at, baseName(item.text)) : item,
          ),
        },
  );

/** A file whose tasks all handle failures has nothing to run, which the tool calls a success. */
export function withSomethingToRun(root: SourceMap, warn: Warn): SourceMap {
  const written = findEntry(root, 'tasks');
  if (written?.value.type !== 'map' || written.value.entries.length === 0) return root;
  const { entries, at } = written.value;
  const isHandler = ({ value }: SourceEntry) => {
    const type = value.type === 'map' ? findEntry(value, 'type')?.value : undefined;
    return type?.type === 'scalar' && type.value === 'forensic';
  };
  if (!entries.every(isHandler)) return root;
  let name = 'nothing';
  while (entries.some(({ key }) => key === name)) name += '_';
  warn(
    'ADAPTED',
    ['tasks'],
    written.keyAt,
    `No task runs unless another fails, so the workflow has a task "${name}", which is skipped.`,
  );
  const fields = Object.entries({ cmd: ':', if: 'false' });
  const task: SourceMap = {
    type: 'map',
    at,
    entries: fields.map(([key, text]) => ({ key, keyAt: at, value: scalarAt(at, text) })),
  };
  return changed(root, 'tasks', () => ({
    type: 'map',
    at,
    entries: [...entries, { key: name, keyAt: at, value: task }],
  }));
}
