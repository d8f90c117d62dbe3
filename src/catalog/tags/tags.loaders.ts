import { type BatchLoad, groupBy } from '../../kernel/loaders';
import { findTagsOf, type OwnTag } from './tags.store';

/** Tags of an object, by its ID. */
export const tagsOfObject: BatchLoad<OwnTag[]> = async (app, ids) =>
  groupBy(await findTagsOf(app.database, ids), (row) => row.entityId);
