import { didYouMean } from '../../kernel/didYouMean';
import { baseName, dependencyOf, hasMatrix, isDynamic, nodeCount, nodesOf } from './matrix';
import type { Complain } from './checkVariables';
import type { WorkflowDefinition } from './workflow';

type Tasks = WorkflowDefinition['tasks'];

export function checkDependencies(tasks: Tasks, complain: Complain): void {
  const names = Object.keys(tasks);
  for (const [name, task] of Object.entries(tasks)) {
    task.dependsOn.forEach((other, index) => {
      const path = ['tasks', name, 'dependsOn', index];
      if (baseName(other) === name) complain('SELF_DEPENDENCY', path, `The task "${name}" depends on itself.`);
      else if (other !== '' && !Object.hasOwn(tasks, baseName(other))) {
        complain('UNKNOWN_TASK', path, `Task "${other}" does not exist in this workflow${didYouMean(other, names)}.`);
      } else if (other !== '' && dependencyOf(other, tasks) === undefined) {
        const base = baseName(other);
        const isLater = tasks[base] !== undefined && isDynamic(tasks[base]);
        const hint = isLater
          ? ': they are known when it is reached. Depend on all of them'
          : didYouMean(other, firstNodes(tasks, base));
        complain('UNKNOWN_TASK', path, `The task "${base}" has no combination "${other}"${hint}.`);
      } else if (other !== '' && (task.type === 'forensic' || tasks[baseName(other)]?.type !== task.type)) {
        const message =
          task.type === 'finally'
            ? `Tasks of "finally" run after all others, so "${name}" can only wait for tasks of "finally".`
            : `The ${task.type} task "${name}" can’t depend on the ${tasks[baseName(other)]?.type} task "${other}".`;
        complain('DEPENDENCY_TYPE', path, message);
      }
    });
  }
}

/** Names for a hint, unless there are too many. */
export function firstNodes(tasks: Tasks, base: string): readonly string[] {
  const task = tasks[base];
  const isUnknown = task === undefined || !hasMatrix(task) || isDynamic(task);
  return isUnknown || nodeCount(task) > 1000 ? [] : nodesOf(base, task);
}

/**
 * Follows the dependencies of each task; reaching a task that is still being followed closes a cycle. It does not
 * recurse, because a chain of ten thousand tasks would be as many calls. Of cycles that share tasks, only one is
 * reported.
 */
export function checkCycles(tasks: Tasks, complain: Complain): void {
  const done = new Set<string>();
  const told = new Set<string>();
  for (const start of Object.keys(tasks)) {
    if (done.has(start)) continue;
    const walk: { readonly name: string; next: number }[] = [{ name: start, next: 0 }];
    const onWalk = new Set([start]);
    for (let step = walk.at(-1); step !== undefined; step = walk.at(-1)) {
      const index = step.next++;
      const text = tasks[step.name]?.dependsOn[index];
      const other = text === undefined ? undefined : baseName(text);
      if (other === undefined) {
        done.add(step.name);
        onWalk.delete(step.name);
        walk.pop();
      } else if (other !== step.name && onWalk.has(other)) {
        if (told.has(other)) continue;
        const cycle = walk.slice(walk.findIndex(({ name }) => name === other)).map(({ name }) => name);
        const known = cycle.some((name) => told.has(name));
        for (const name of cycle) told.add(name);
        if (known) continue;
        const members = [...cycle, other].join(' → ');
        complain('CYCLE', ['tasks', step.name, 'dependsOn', index], `These tasks depend on each other: ${members}.`);
      } else if (!done.has(other) && !onWalk.has(other) && Object.hasOwn(tasks, other)) {
        walk.push({ name: other, next: 0 });
        onWalk.add(other);
      }
    }
  }
}
