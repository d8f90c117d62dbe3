import { type BatchLoad, byKey } from '../../kernel/loaders';
import type { App } from '../app';
import { DefinedRows } from '../definitions/definedRows.store';
import type { PipelineDefinition, PipelineRevision } from '../language/pipeline';

export const pipelines = new DefinedRows<PipelineDefinition>('Pipeline');

export const pipelineRevisionById: BatchLoad<PipelineRevision, App> = async (app, ids) =>
  byKey(await app.pipelineRevisions.getAll(app.database, ids), (revision) => revision.id);
