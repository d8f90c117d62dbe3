import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { type UpdateDefined, updateDefined } from '../definitions/changeDefined';
import type { Pipeline } from '../language/pipeline';
import { pipelines } from './pipelines.store';

export interface UpdatePipeline extends Omit<UpdateDefined, 'id'> {
  readonly pipelineId: string;
}

export function updatePipeline(
  app: App,
  actor: Actor,
  { pipelineId: id, ...input }: UpdatePipeline,
): Promise<Pipeline> {
  return updateDefined(app, actor, { kind: 'Pipeline', rows: pipelines }, { ...input, id });
}
