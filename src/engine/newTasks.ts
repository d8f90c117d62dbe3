import { newId } from '../kernel/ids';
import type { TaskNode } from '../catalog/language/taskGraph';

/** Reason code of a task that continues, in the next attempt, with the tasks that have not passed. */
export const KEEPS_PASSED = 'KEEPS_PASSED';

/** Task to create, with the ids of the tasks and gates that it waits for. */
export interface NewTask {
  readonly id: string;
  readonly name: string;
  readonly level: number;
  readonly ordinal: number;
  readonly dependsOn: readonly string[];
  readonly reasonCode?: string | null;
}

/** Represents all combinations of a task: it waits for each of them, and dependents of all of them wait for it. */
export interface NewGate {
  readonly id: string;
  readonly dependsOn: readonly string[];
}

export interface NewGraph {
  readonly tasks: readonly NewTask[];
  readonly gates: readonly NewGate[];
}

/**
 * Rows of the tasks to run. Tasks that are not `chosen` have already passed, and nothing waits for them. If a matrix
 * waits for a matrix, n tasks that each wait for m tasks would be n × m edges. A gate between them makes it n + m, so
 * that the cost per task stays the same for five thousand as for five.
 */
export function newGraph(nodes: readonly TaskNode[], chosen: ReadonlySet<string> | 'all'): NewGraph {
  const running = chosen === 'all' ? nodes : nodes.filter((node) => chosen.has(node.name));
  const ids = new Map(running.map((node) => [node.name, newId()]));
  const members = new Map<string, string[]>();
  for (const node of running) {
    const list = members.get(node.base) ?? [];
    members.set(node.base, list);
    list.push(ids.get(node.name) ?? '');
  }
  const gates = new Map<string, NewGate>();
  const gateOf = (base: string): string[] => {
    const waitedFor = members.get(base) ?? [];
    if (waitedFor.length <= 1) return waitedFor;
    const gate = gates.get(base) ?? { id: newId(), dependsOn: waitedFor };
    gates.set(base, gate);
    return [gate.id];
  };
  const tasks = running.map(({ name, level, ordinal, dependsOn, keepsPassed }) => ({
    reasonCode: keepsPassed === true ? KEEPS_PASSED : null,
    id: ids.get(name) ?? '',
    name,
    level,
    ordinal,
    dependsOn: [...new Set(dependsOn.flatMap((one) => ('all' in one ? gateOf(one.all) : (ids.get(one.node) ?? []))))],
  }));
  return { tasks, gates: [...gates.values()] };
}
