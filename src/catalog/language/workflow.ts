import type { DefinedEntity, Revision, VariableDefinition } from './definition';

export type Workflow = DefinedEntity;
export type WorkflowRevision = Revision<WorkflowDefinition>;

/**
 * SEQUENTIAL runs one task at a time, by level, then name, and nothing after a failure. PARALLEL runs level by level; a level
 * with a failure finishes, and later ones do not start. WORK_STEALING starts a task as soon as its dependencies are done.
 */
export const workflowModes = ['SEQUENTIAL', 'PARALLEL', 'WORK_STEALING'] as const;
export type WorkflowMode = (typeof workflowModes)[number];

/** Only normal tasks are nodes of the graph. A forensic task handles failures; a restore task runs when a run is restored. */
export const taskTypes = ['normal', 'forensic', 'restore'] as const;
export type TaskType = (typeof taskTypes)[number];

/** A directed acyclic graph of tasks, aimed at an environment. This is the canonical form: every default is filled in. */
export interface WorkflowDefinition {
  readonly description: string | null;
  /** Words to find the workflow by; a set. */
  readonly tags: readonly string[];
  /** A name, `${environment}` for the one that the element or the start gives, or null for none. */
  readonly environment: string | null;
  /** Names of the services that it deploys. */
  readonly services: readonly string[];
  readonly variables: readonly VariableDefinition[];
  readonly env: Readonly<Record<string, string>>;
  /** Names of secrets that all tasks get; a set. */
  readonly secrets: readonly string[];
  /** Number of tasks that run in parallel; null: no limit. */
  readonly maxParallel: number | null;
  readonly mode: WorkflowMode;
  /** In the mode WORK_STEALING: the fate of running tasks when another one fails. */
  readonly onTaskFailure: 'finish' | 'cancel';
  /** Forensic task to run after the workflow has ended without success. */
  readonly onFailure: string | null;
  readonly timeoutSeconds: number;
  readonly tasks: Readonly<Record<string, TaskDefinition>>;
}

export interface TaskDefinition {
  readonly type: TaskType;
  /** Name shown to people; everything else uses the key in `tasks`. */
  readonly displayName: string | null;
  readonly description: string | null;
  readonly run: string;
  /** Folder of the command within its working folder; null: the working folder. */
  readonly workingDir: string | null;
  /** True if nothing of the agent’s environment reaches the command. */
  readonly cleanEnv: boolean;
  /** If it is false, the task is SKIPPED and its dependents run. null: always runs. */
  readonly condition: string | null;
  /** Names of tasks of the same workflow, or of one combination of a matrix: `test[os=linux,node=22]`. */
  readonly dependsOn: readonly string[];
  /** One task for each combination of the axes' values; none: one task. The order of the axes is that of the names. */
  readonly matrix: readonly MatrixAxis[];
  readonly env: Readonly<Record<string, string>>;
  /** Labels that the agent must have, all of them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly graceSeconds: number;
  /** Number of retries after a failure. */
  readonly retries: number;
  /** null: at once. */
  readonly retryDelay: RetryDelay | null;
  /** Exit codes that allow a retry; null: all. */
  readonly retryOn: readonly number[] | null;
  /** True if the workflow can succeed without it, and its dependents run. */
  readonly ignoreFailure: boolean;
  /** A person’s decision after the last retry; null: the failure stands. */
  readonly intervention: Intervention | null;
  /** Variables that must have a value, or the task fails before it starts. */
  readonly requires: readonly string[];
  /** Names of secrets in addition to those of the workflow; a set. */
  readonly secrets: readonly string[];
  /** The variable that gets the last line of its standard output. */
  readonly register: string | null;
  /** Forensic task to run after this one has failed, or was canceled while it ran. */
  readonly onFailure: string | null;
  readonly artifacts: TaskArtifacts;
}

/** Decisions on a failure that nobody has decided in time. */
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
  /** Result of the command after which they are uploaded. */
  readonly when: ArtifactsWhen;
  /** `task` of this workflow, `workflow` or `workflow.task` of an earlier stage. */
  readonly from: readonly string[];
}

/** Value of `environment` if the pipeline’s element or the start gives the environment. */
export const GIVEN_ENVIRONMENT = `\${environment}`;

/** The secrets that a task gets. */
export const secretsOfTask = (
  workflow: Pick<WorkflowDefinition, 'secrets'>,
  task: Pick<TaskDefinition, 'secrets'>,
): string[] => [...new Set([...workflow.secrets, ...task.secrets])];
