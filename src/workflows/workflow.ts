import type { DefinedEntity, Revision, VariableDefinition } from '../definitions/definition';

export type Workflow = DefinedEntity;
export type WorkflowRevision = Revision<WorkflowDefinition>;

/** A directed acyclic graph of tasks, aimed at an environment. This is the canonical form: every default is filled in. */
export interface WorkflowDefinition {
  readonly description: string | null;
  /** A name, `${environment}` for the one that the element or the start gives, or null for none. */
  readonly environment: string | null;
  /** Names of the services that it deploys. */
  readonly services: readonly string[];
  readonly variables: readonly VariableDefinition[];
  readonly env: Readonly<Record<string, string>>;
  /** How many tasks run side by side; null: no bound. */
  readonly maxParallel: number | null;
  readonly timeoutSeconds: number;
  readonly tasks: Readonly<Record<string, TaskDefinition>>;
}

export interface TaskDefinition {
  readonly description: string | null;
  readonly run: string;
  /** Names of tasks of the same workflow. */
  readonly dependsOn: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What the agent must have, all of it. */
  readonly labels: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly graceSeconds: number;
  readonly artifacts: TaskArtifacts;
}

export interface TaskArtifacts {
  /** Globs within the working folder, uploaded when the task succeeds. */
  readonly paths: readonly string[];
  /** `task` of this workflow, `workflow` or `workflow.task` of an earlier stage. */
  readonly from: readonly string[];
}

/** What `environment` says when the environment is chosen by the pipeline element or at the start. */
export const GIVEN_ENVIRONMENT = `\${environment}`;

/**
 * Task names in an order in which each comes after all that it depends on: by level, then by name. Without recursion, since ten
 * thousand tasks in a row would be as many calls deep. The graph has no circle: definitions are checked for that.
 */
export function taskOrder(tasks: WorkflowDefinition['tasks']): string[] {
  const dependents = new Map<string, string[]>();
  const missing = new Map<string, number>();
  for (const [name, { dependsOn }] of Object.entries(tasks)) {
    missing.set(name, dependsOn.length);
    for (const other of dependsOn) {
      const list = dependents.get(other);
      if (list === undefined) dependents.set(other, [name]);
      else list.push(name);
    }
  }
  const order: string[] = [];
  let level = Object.keys(tasks).filter((name) => missing.get(name) === 0);
  while (level.length > 0) {
    order.push(...level.sort());
    const next: string[] = [];
    for (const dependent of level.flatMap((name) => dependents.get(name) ?? [])) {
      const left = (missing.get(dependent) ?? 0) - 1;
      missing.set(dependent, left);
      if (left === 0) next.push(dependent);
    }
    level = next;
  }
  return order;
}
