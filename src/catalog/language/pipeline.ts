import type { DefinedEntity, Revision, VariableDefinition } from './definition';
import type { Intervention } from './workflow';

export type Pipeline = DefinedEntity;
export type PipelineRevision = Revision<PipelineDefinition>;

/** An ordered list of stages; canonical form: every default is filled in. */
export interface PipelineDefinition {
  readonly description: string | null;
  readonly variables: readonly VariableDefinition[];
  readonly timeoutSeconds: number;
  readonly stages: readonly StageDefinition[];
}

/** Elements of a stage run in parallel. */
export interface StageDefinition {
  /** As written, or `STAGE n` by position. */
  readonly name: string;
  readonly elements: readonly StageElement[];
}

export type StageElement = WorkflowElement | ApprovalElement;

export interface WorkflowElement {
  readonly type: 'WORKFLOW';
  readonly name: string;
  readonly workflow: string;
  readonly environment: string | null;
  /** Services of the workflow to deploy; null: all. */
  readonly services: readonly string[] | null;
  /** Values for the workflow's variables; `${NAME}` is the value of the pipeline's variable NAME. */
  readonly variables: Readonly<Record<string, string>>;
  /** If it is true, the element is SKIPPED; null: never. */
  readonly skipCondition: string | null;
  /** Values to ask for when the element is reached; null: none. */
  readonly runtimeInputs: RuntimeInputs | null;
  /** Number of times to run the workflow again after a failure. */
  readonly retries: number;
  /** True if the pipeline continues after a failure. */
  readonly ignoreFailure: boolean;
  /** A person’s decision after the last retry; null: the failure stands. */
  readonly intervention: Intervention | null;
}

export interface RuntimeInputs {
  /** Variables of its workflow; a set. */
  readonly variables: readonly string[];
  readonly timeoutSeconds: number;
  /** Without an answer in time: EXPIRED, or continue with the defaults. */
  readonly onTimeout: 'expire' | 'continue';
}

export interface ApprovalElement {
  readonly type: 'APPROVAL';
  readonly name: string;
  readonly approvers: readonly string[];
  /** True if the user who started or resumed the execution may not decide. */
  readonly disallowInitiator: boolean;
  readonly timeoutSeconds: number;
  readonly skipCondition: string | null;
}
