import { partNamed } from '../applications/loadNamed';
import { type BatchLoad, byKey } from '../graphql/loaders';
import type { Workflow, WorkflowRevision } from './workflow';
import { workflows } from './workflows.store';

/** Deleted ones too: an execution is still one of its workflow. */
export const workflowById: BatchLoad<Workflow> = async (app, ids) =>
  byKey(await workflows.findWithDeleted(app.database, ids), (row) => row.id);

export const workflowRevisionById: BatchLoad<WorkflowRevision> = async (app, ids) =>
  byKey(await app.workflowRevisions.getAll(app.database, ids), (revision) => revision.id);

export const workflowNamed = partNamed(workflows);
