import { badCursor, type CursorCodec, cursorCodec } from '../../kernel/paging';
import { nestedList } from '../../kernel/nestedList';
import type { RevisionTable } from './revisionTable.store';
import type { Revision } from '../language/definition';

type NumberKey = readonly [number: number];
const codec = cursorCodec('revisions', 'number');
const cursor: CursorCodec<NumberKey> = {
  encode: codec.encode,
  decode(text) {
    const key = codec.decode(text);
    if (Number.isInteger(key[0]) && key[0] > 0 && key[0] < 2 ** 31) return key;
    throw badCursor(text);
  },
};

/** The revisions of workflows, pipelines or templates, newest first. */
export function revisionsOf<Definition>(rows: { readonly revisions: RevisionTable<Definition> }) {
  return nestedList<Revision<Definition>, NumberKey>({
    cursor,
    keyOf: (revision) => [revision.number],
    parentOf: (revision) => revision.entityId,
    find: (app, ids, { after, offset, fetch }) =>
      rows.revisions.pages(app.database, ids, { before: after?.[0], offset, fetch }),
    count: (app, ids) => rows.revisions.counts(app.database, ids),
  });
}
