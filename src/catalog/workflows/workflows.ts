import { type BatchLoad, byKey } from '../../kernel/loaders';
import type { App } from '../app';
import { DefinedRows } from '../definitions/definedRows.store';
import type { WorkflowDefinition, WorkflowRevision } from '../language/workflow';

export const workflows = new DefinedRows<WorkflowDefinition>('Workflow');

export const workflowRevisionById: BatchLoad<WorkflowRevision, App> = async (app, ids) =>
  byKey(await app.workflowRevisions.getAll(app.database, ids), (revision) => revision.id);
