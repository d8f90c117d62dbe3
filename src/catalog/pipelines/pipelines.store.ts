import { DefinedRows } from '../definitions/definedRows.store';
import type { PipelineDefinition } from '../language/pipeline';
import { pipelineRevisionTable, pipelineTable } from './pipelines.table';

export const pipelines = new DefinedRows<PipelineDefinition>(pipelineTable, pipelineRevisionTable);
