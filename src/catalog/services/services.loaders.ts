import { type BatchLoad, byKey } from '../../kernel/loaders';
import type { Service } from './service';
import { services } from './services.store';

/** Deleted ones too: what was deployed keeps its service. */
export const serviceById: BatchLoad<Service> = async (app, ids) =>
  byKey(await services.findWithDeleted(app.database, ids), (row) => row.id);
