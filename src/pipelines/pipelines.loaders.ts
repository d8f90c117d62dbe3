import { type BatchLoad, byKey } from '../graphql/loaders';
import type { Pipeline, PipelineRevision } from './pipeline';
import { pipelines } from './pipelines.store';

/** Deleted ones too: an execution is still one of its pipeline. */
export const pipelineById: BatchLoad<Pipeline> = async (app, ids) =>
  byKey(await pipelines.findWithDeleted(app.database, ids), (row) => row.id);

export const pipelineRevisionById: BatchLoad<PipelineRevision> = async (app, ids) =>
  byKey(await app.pipelineRevisions.getAll(app.database, ids), (revision) => revision.id);
