import type { TaskDefinition } from './taskShape';

type Tasks = Readonly<Record<string, TaskDefinition>>;
type Scoped = Pick<TaskDefinition, 'scope'>;

/** True for a task of a workflow that another task runs: a document does not have it. */
export const isScoped = ({ scope }: Scoped): boolean => scope !== undefined;

/** The tasks as a document has them. */
export const writtenTasks = (tasks: Tasks): Tasks =>
  Object.fromEntries(Object.entries(tasks).flatMap(([name, task]) => (isScoped(task) ? [] : [[name, written(task)]])));

const written = ({ called: _, ...task }: TaskDefinition): TaskDefinition => task;

/** Name of a task or variable within the scope of a task: `compile` is `build/compile` in the scope `build`. */
export const scopedName = (task: Scoped | undefined, name: string): string =>
  task?.scope === undefined ? name : `${task.scope}/${name}`;

/** Values that a task can read, of those that all tasks of its execution have set, by the names that it knows. */
export function scopedValues(
  task: Scoped | undefined,
  set: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const entries = Object.entries(set);
  if (task?.scope === undefined) {
    return entries.some(([name]) => name.includes('/'))
      ? Object.fromEntries(entries.filter(([name]) => !name.includes('/')))
      : set;
  }
  const prefix = `${task.scope}/`;
  return Object.fromEntries(
    entries.flatMap(([name, value]) => {
      const own = name.startsWith(prefix) ? name.slice(prefix.length) : '/';
      return own.includes('/') ? [] : [[own, value]];
    }),
  );
}
