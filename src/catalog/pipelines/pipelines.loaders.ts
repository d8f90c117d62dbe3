import { type BatchLoad, byKey } from '../../kernel/loaders';
import type { Pipeline, PipelineRevision } from '../language/pipeline';
import type { App } from '../app';
import { pipelines } from './pipelines.store';

/** Deleted ones too: an execution is still one of its pipeline. */
export const pipelineById: BatchLoad<Pipeline> = async (app, ids) =>
  byKey(await pipelines.findWithDeleted(app.database, ids), (row) => row.id);

export const pipelineRevisionById: BatchLoad<PipelineRevision, App> = async (app, ids) =>
  byKey(await app.pipelineRevisions.getAll(app.database, ids), (revision) => revision.id);
