/** Words of the definition language, for code that does not read documents. */

/**
 * SEQUENTIAL runs one task at a time, by level, then name, and nothing after a failure. PARALLEL runs level by level; a
 * level with a failure finishes, and later ones do not start. WORK_STEALING starts a task as soon as its dependencies
 * have finished.
 */
export const workflowModes = ['SEQUENTIAL', 'PARALLEL', 'WORK_STEALING'] as const;
export type WorkflowMode = (typeof workflowModes)[number];

/**
 * Only normal tasks are nodes of the graph. A forensic task handles failures, a restore task runs when a run is
 * restored, those of type rollback are the graph when a deployment is rolled back, and those of `finally` run after the graph
 * has ended.
 */
export const taskTypes = ['normal', 'forensic', 'restore', 'rollback', 'finally'] as const;
export type TaskType = (typeof taskTypes)[number];

/** Tasks of a workflow, with all combinations of their matrices. */
export const MAX_TASKS = 10_000;
export const MAX_FINALLY_TASKS = 20;

const ofFailure = ['failed_task', 'error_message', 'exit_code'];

/** Variables that the server gives to a detached task. */
export const handedTo = (type: TaskType): readonly string[] =>
  type === 'forensic' ? ofFailure : type === 'finally' ? ['workflow_status', 'failed_tasks', ...ofFailure] : [];

/** Decisions about a failure that nobody has decided in time. */
export const onTimeouts = ['fail', 'ignore', 'mark_as_success', 'abort'] as const;

/** Behavior of a task when its agent was lost and the end of its command is unknown. */
export const onLostValues = ['FAIL', 'RETRY'] as const;

export const artifactsWhen = ['success', 'failure', 'always'] as const;
export type ArtifactsWhen = (typeof artifactsWhen)[number];

/** Merged: standard output and standard error share one pipe, as in a terminal. */
export const outputStreams = ['merged', 'separate'] as const;
export type OutputStreams = (typeof outputStreams)[number];

/** Effect of a limit that is reached. */
export const concurrencyPolicies = ['QUEUE', 'LATEST', 'REFUSE'] as const;
export type ConcurrencyPolicy = (typeof concurrencyPolicies)[number];

/** Value of `environment` if the pipeline’s element or the start gives the environment. */
export const GIVEN_ENVIRONMENT = `\${environment}`;
