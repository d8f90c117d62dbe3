import type { DefinedEntity, Revision } from './definition';
import type { PipelineDefinition } from './documentShapes';

/** Definitions in canonical form: every default is filled in. Their keys are described in the shapes. */
export type {
  ApprovalElement,
  PipelineDefinition,
  RuntimeInputs,
  StageDefinition,
  StageElement,
  WorkflowElement,
} from './documentShapes';

export type Pipeline = DefinedEntity;
export type PipelineRevision = Revision<PipelineDefinition>;
