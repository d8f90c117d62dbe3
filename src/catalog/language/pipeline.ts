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

/** Elements of a stage run side by side. */
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
  /** Which of the workflow's services it deploys; null: all. */
  readonly services: readonly string[] | null;
  /** Values for the workflow's variables; `${NAME}` is the value of the pipeline's variable NAME. */
  readonly variables: Readonly<Record<string, string>>;
  /** It is SKIPPED when this is true; null: never. */
  readonly skipCondition: string | null;
  /** What it asks for when it is reached; null: nothing. */
  readonly runtimeInputs: RuntimeInputs | null;
  /** How often its workflow runs anew after it failed. */
  readonly retries: number;
  /** The pipeline goes on without it. */
  readonly ignoreFailure: boolean;
  /** After its last failed try it waits for a person; null: the failure stands. */
  readonly intervention: Intervention | null;
}

export interface RuntimeInputs {
  /** Variables of its workflow; a set. */
  readonly variables: readonly string[];
  readonly timeoutSeconds: number;
  /** When nobody has answered by then: EXPIRED, or on with the defaults. */
  readonly onTimeout: 'expire' | 'continue';
}

export interface ApprovalElement {
  readonly type: 'APPROVAL';
  readonly name: string;
  readonly approvers: readonly string[];
  /** Keeps whoever started or resumed the execution from deciding. */
  readonly disallowInitiator: boolean;
  readonly timeoutSeconds: number;
  readonly skipCondition: string | null;
}
