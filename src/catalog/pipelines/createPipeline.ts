import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { type CreateDefined, createDefined } from '../definitions/changeDefined';
import type { Pipeline } from '../language/pipeline';
import { pipelines } from './pipelines.store';

export function createPipeline(app: App, actor: Actor, input: CreateDefined): Promise<Pipeline> {
  return createDefined(app, actor, { kind: 'Pipeline', rows: pipelines }, input);
}
