import { definedEntityTable, revisionTable } from '../definitions/revisionTable';
import type { PipelineDefinition } from '../language/pipeline';

export const pipelineTable = definedEntityTable('pipeline');
export const pipelineRevisionTable = revisionTable<PipelineDefinition>('pipeline_revision', 'pipeline');
