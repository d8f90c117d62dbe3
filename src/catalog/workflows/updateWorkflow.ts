import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { type UpdateDefined, updateDefined } from '../definitions/changeDefined';
import type { Workflow } from '../language/workflow';
import { workflows } from './workflows.store';

export interface UpdateWorkflow extends Omit<UpdateDefined, 'id'> {
  readonly workflowId: string;
}

export function updateWorkflow(
  app: App,
  actor: Actor,
  { workflowId: id, ...input }: UpdateWorkflow,
): Promise<Workflow> {
  return updateDefined(app, actor, { kind: 'Workflow', rows: workflows }, { ...input, id });
}
