import type { DefinedEntity, Revision, VariableDefinition } from '../definitions/definition';

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

/** What elements have when their definition was stored before there was such a key (`laterTaskKeys` of workflows says more). */
export const laterElementKeys = { skipCondition: null } as const satisfies Partial<StageElement>;

/** A definition as it is stored may lack what came later. */
export function completePipeline(stored: PipelineDefinition): PipelineDefinition {
  const elements = (stage: StageDefinition) => stage.elements.map((one) => ({ ...laterElementKeys, ...one }));
  return { ...stored, stages: stored.stages.map((stage) => ({ ...stage, elements: elements(stage) })) };
}
