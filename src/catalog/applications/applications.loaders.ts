import { type BatchLoad, byKey } from '../../kernel/loaders';
import type { Application } from './application';
import { applications } from './applications.store';

/** Deleted ones too: an execution still belongs to its application. */
export const applicationById: BatchLoad<Application> = async (app, ids) =>
  byKey(await applications.findWithDeleted(app.database, ids), (row) => row.id);
