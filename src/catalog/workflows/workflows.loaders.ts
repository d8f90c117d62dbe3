import { partNamed } from '../loadNamed';
import { type BatchLoad, byKey } from '../../kernel/loaders';
import type { Workflow, WorkflowRevision } from '../language/workflow';
import type { App } from '../app';
import { workflows } from './workflows.store';

/** Deleted ones too: an execution is still one of its workflow. */
export const workflowById: BatchLoad<Workflow> = async (app, ids) =>
  byKey(await workflows.findWithDeleted(app.database, ids), (row) => row.id);

export const workflowRevisionById: BatchLoad<WorkflowRevision, App> = async (app, ids) =>
  byKey(await app.workflowRevisions.getAll(app.database, ids), (revision) => revision.id);

export const workflowNamed = partNamed(workflows);
