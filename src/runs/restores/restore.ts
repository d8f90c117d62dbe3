import type { ActorRef } from '../../access/actor';
import type { Artifact } from '../artifacts/artifact';
import type { Deployment } from '../../catalog/environments/deployment';
import type { ExecutionStatus } from '../../contract/statuses';
import type { Execution, ExecutionVariable, StageExecution, TaskExecution } from '../../engine/execution';
import type { PipelineDefinition } from '../../catalog/language/pipeline';
import type { WorkflowDefinition } from '../../catalog/language/workflow';

/** What a run was before it was extended: made in the transaction that took the extension, never changed, used at most once. */
export interface RestorePoint {
  readonly id: string;
  readonly runId: string;
  /** The attempt that had succeeded. */
  readonly attempt: number;
  readonly createdAt: Date;
  /** Who extended the run. */
  readonly createdBy: ActorRef;
  readonly content: RestoreContent;
  /** SHA-256 (hex) of the content's canonical JSON. */
  readonly checksum: string;
}

/** A row as JSON has it: its times are texts. */
export type Stored<T> = {
  readonly [P in keyof T]: T[P] extends Date ? string : T[P] extends Date | null ? string | null : T[P];
};

export interface RestoreContent {
  readonly format: 1;
  readonly application: string;
  /** The rows as they were: of the run, of the workflow executions that its stages showed, and of all that these showed. */
  readonly run: Stored<Execution>;
  readonly members: readonly Stored<Execution>[];
  readonly stages: readonly Stored<StageExecution>[];
  readonly tasks: readonly Stored<TaskExecution>[];
  readonly variables: readonly Stored<ExecutionVariable>[];
  readonly artifacts: readonly Stored<Artifact>[];
  /** One for each environment and service: what this run had deployed last (`current` when it was there still), else what was there. */
  readonly deployments: readonly Stored<Deployment>[];
  readonly pipeline: StoredDefinition<PipelineDefinition>;
  readonly workflows: readonly StoredDefinition<WorkflowDefinition>[];
  /** Id → name, as they were. */
  readonly environments: Readonly<Record<string, string>>;
  readonly services: Readonly<Record<string, string>>;
}

export interface StoredDefinition<Definition> {
  readonly name: string;
  readonly revisionId: string;
  readonly contentHash: string;
  readonly definition: Definition;
}

export const operationKinds = ['EXTEND', 'RESTORE'] as const;
export const operationStatuses = ['RUNNING', 'SUCCESS', 'FAILED'] as const;

/** One extension or restore of a run, with a log of its own. */
export interface Operation {
  readonly id: string;
  readonly runId: string;
  readonly kind: (typeof operationKinds)[number];
  readonly status: (typeof operationStatuses)[number];
  /** The point that an extension made, or that a restore goes back to. */
  readonly restorePointId: string | null;
  readonly actor: ActorRef;
  readonly debug: boolean;
  /** That other runs have deployed in the environments since is known, and they are overruled. */
  readonly conflictsConfirmed: boolean;
  /** How the run stood before; what a failure brings back. */
  readonly before: StatusBefore;
  /** How many steps of a restore have begun. */
  readonly step: number;
  readonly startedAt: Date;
  /** A restore that is not done by then fails. */
  readonly deadlineAt: Date;
  readonly endedAt: Date | null;
  /** Also of an operation that is still RUNNING: then it ends as soon as nothing of it runs any more. */
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}

export interface StatusBefore {
  readonly status: ExecutionStatus;
  readonly endedAt: string | null;
  readonly attemptStartedAt: string | null;
  readonly earlierMs: number;
}

/** A task that runs for an operation. */
export interface OperationTask {
  readonly operationId: string;
  readonly taskExecutionId: string;
  readonly step: number;
}

export const logLevels = ['DEBUG', 'INFO', 'ERROR'] as const;

export interface OperationLogLine {
  readonly operationId: string;
  /** From 1, without gaps. */
  readonly number: number;
  readonly at: Date;
  readonly level: (typeof logLevels)[number];
  readonly message: string;
}
