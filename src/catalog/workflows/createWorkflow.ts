import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { type CreateDefined, createDefined } from '../definitions/changeDefined';
import type { Workflow } from '../language/workflow';
import { workflows } from './workflows.store';

export function createWorkflow(app: App, actor: Actor, input: CreateDefined): Promise<Workflow> {
  return createDefined(app, actor, { kind: 'Workflow', rows: workflows }, input);
}
