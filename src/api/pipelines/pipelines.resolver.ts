import { writePipeline } from '../../catalog/language/writeDocument';
import { pipelineRevisionById, pipelines } from '../../catalog/pipelines/pipelines';
import { definedResolvers } from '../definitions/definedResolver';
import { Pipeline, PipelineConnection } from './pipelines.types';

export const pipelineResolvers = definedResolvers({
  Node: Pipeline,
  Connection: PipelineConnection,
  rows: pipelines,
  revisionById: pipelineRevisionById,
  write: writePipeline,
});
