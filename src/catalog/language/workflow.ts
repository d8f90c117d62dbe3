import type { DefinedEntity, Revision, VariableDefinition } from './definition';

export type Workflow = DefinedEntity;
export type WorkflowRevision = Revision<WorkflowDefinition>;

/**
 * How the graph is run. SEQUENTIAL: one task at a time, by level, then name; nothing after a failure. PARALLEL: level by level; a level in which
 * a task fails is finished, later ones don't start. WORK_STEALING: a task starts as soon as its own dependencies are done.
 */
export const workflowModes = ['SEQUENTIAL', 'PARALLEL', 'WORK_STEALING'] as const;
export type WorkflowMode = (typeof workflowModes)[number];

/**
 * What a task is for. Only normal tasks are nodes of the graph. A forensic task is a failure handler; a restore task runs when a run is restored to its last good version.
 */
export const taskTypes = ['normal', 'forensic', 'restore'] as const;
export type TaskType = (typeof taskTypes)[number];

/** A directed acyclic graph of tasks, aimed at an environment. This is the canonical form: every default is filled in. */
export interface WorkflowDefinition {
  readonly description: string | null;
  /** Words to find it by; a set. */
  readonly tags: readonly string[];
  /** A name, `${environment}` for the one that the element or the start gives, or null for none. */
  readonly environment: string | null;
  /** Names of the services that it deploys. */
  readonly services: readonly string[];
  readonly variables: readonly VariableDefinition[];
  readonly env: Readonly<Record<string, string>>;
  /** Names of secrets that all of its tasks get; a set. */
  readonly secrets: readonly string[];
  /** How many tasks run side by side; null: no bound. */
  readonly maxParallel: number | null;
  readonly mode: WorkflowMode;
  /** In the mode WORK_STEALING: what becomes of the tasks that run when another one fails. */
  readonly onTaskFailure: 'finish' | 'cancel';
  /** The forensic task that runs once the workflow has ended otherwise than by success. */
  readonly onFailure: string | null;
  readonly timeoutSeconds: number;
  readonly tasks: Readonly<Record<string, TaskDefinition>>;
}

export interface TaskDefinition {
  readonly type: TaskType;
  /** What people read; the key in `tasks` is what everything refers to. */
  readonly displayName: string | null;
  readonly description: string | null;
  readonly run: string;
  /** Where the command runs, within its working folder; null: there. */
  readonly workingDir: string | null;
  /** Nothing of the agent's own environment reaches the command. */
  readonly cleanEnv: boolean;
  /** It runs when this is true; else it is SKIPPED, and what depends on it goes on. null: always. */
  readonly condition: string | null;
  /** Names of tasks of the same workflow, or of one combination of a matrix: `test[os=linux,node=22]`. */
  readonly dependsOn: readonly string[];
  /** One task for each combination of the axes' values; none: one task. The order of the axes is that of the names. */
  readonly matrix: readonly MatrixAxis[];
  readonly env: Readonly<Record<string, string>>;
  /** What the agent must have, all of it. */
  readonly labels: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly graceSeconds: number;
  /** How often it is tried again after it failed. */
  readonly retries: number;
  /** null: at once. */
  readonly retryDelay: RetryDelay | null;
  /** Exit codes after which it is tried again; null: after every failure. */
  readonly retryOn: readonly number[] | null;
  /** The workflow can succeed without it, and what depends on it goes on. */
  readonly ignoreFailure: boolean;
  /** After its last failed try it waits for a person; null: the failure stands. */
  readonly intervention: Intervention | null;
  /** Variables without which it fails before it starts. */
  readonly requires: readonly string[];
  /** Names of secrets that it gets beside those of the workflow; a set. */
  readonly secrets: readonly string[];
  /** The variable that gets the last line of its standard output. */
  readonly register: string | null;
  /** The forensic task that runs once this one has failed, or was cancelled while it ran. */
  readonly onFailure: string | null;
  readonly artifacts: TaskArtifacts;
}

/** What becomes of a failure that nobody has decided in time. */
export const onTimeouts = ['fail', 'ignore', 'mark_as_success', 'abort'] as const;

/** A failure that a person decides about. */
export interface Intervention {
  readonly timeoutSeconds: number;
  readonly onTimeout: (typeof onTimeouts)[number];
}

export interface MatrixAxis {
  readonly name: string;
  readonly values: readonly string[];
}

/** Before try n + 1: `initialSeconds` × `factor` ⁿ⁻¹, at most `maxSeconds`, less a random share of up to `jitter` of it. A fixed delay has factor 1. */
export interface RetryDelay {
  readonly initialSeconds: number;
  readonly factor: number;
  readonly maxSeconds: number;
  readonly jitter: number;
}

export const artifactsWhen = ['success', 'failure', 'always'] as const;
export type ArtifactsWhen = (typeof artifactsWhen)[number];

export interface TaskArtifacts {
  /** Globs within the working folder. */
  readonly paths: readonly string[];
  /** After which end of the command they are uploaded. */
  readonly when: ArtifactsWhen;
  /** `task` of this workflow, `workflow` or `workflow.task` of an earlier stage. */
  readonly from: readonly string[];
}

/** What `environment` says when the environment is chosen by the pipeline element or at the start. */
export const GIVEN_ENVIRONMENT = `\${environment}`;

/** The secrets that a task gets. */
export const secretsOfTask = (
  workflow: Pick<WorkflowDefinition, 'secrets'>,
  task: Pick<TaskDefinition, 'secrets'>,
): string[] => [...new Set([...workflow.secrets, ...task.secrets])];
