import type { Access } from '../../access/access';
import type { Actor } from '../../access/actor';
import type { Db } from '../../kernel/database/database';
import { type IdFilter, idCondition } from '../../kernel/filters';
import { isId } from '../../kernel/ids';
import { type BatchLoad, byKey } from '../../kernel/loaders';
import { isName } from '../../kernel/naming';
import { nestedList } from '../../kernel/nestedList';
import { badCursor, type CursorCodec, cursorCodec, type Page, type PageArguments } from '../../kernel/paging';
import type { App } from '../app';
import { remembered } from '../../kernel/remembered';
import { unknownName } from '../parts.queries';
import { ownTag, tagCondition, type TagFilter, type TagPlaces } from '../tags/tagCondition';
import { type Trigger, type TriggerVersion, triggers } from './triggers';
import { countVersions, versionPages } from './triggers.store';

/** A trigger is visible with what it starts, and with what fires it. */
export function seenTriggers({ access }: Pick<Actor, 'access'>, parameters: unknown[], row = 'row'): string {
  if (access.administrator) return 'TRUE';
  const sees = (id: string) =>
    (['Pipeline', 'Workflow'] as const)
      .map((type) => {
        const condition = access.condition('READ', type, 'started', parameters);
        return `EXISTS (SELECT FROM ${type.toLowerCase()} started WHERE started.id = ${id} AND ${condition})`;
      })
      .join(' OR ');
  return `((${sees(`${row}.entity_id`)}) AND (${row}.source_id IS NULL OR ${sees(`${row}.source_id`)}))`;
}

/** Triggers that the caller may see, by ID, for objects that refer to them. */
export const seenTriggerById = remembered(
  (access: Access): BatchLoad<Trigger> =>
    async ({ database }, ids) => {
      const parameters: unknown[] = [ids];
      const seen = seenTriggers({ access }, parameters);
      return byKey(
        await triggers.findAll(database, `row.id = ANY ($1::uuid[]) AND ${seen}`, parameters),
        ({ id }) => id,
      );
    },
);

export const requireTrigger = (db: Db, actor: Actor, id: string): Promise<Trigger> =>
  triggers.require(db, id, 'trigger', (parameters) => seenTriggers(actor, parameters));

export async function readTriggerByName(app: App, actor: Actor, applicationId: string, name: string): Promise<Trigger> {
  const parameters: unknown[] = [applicationId, name];
  const where = `row.application_id = $1 AND row.name = $2 AND ${seenTriggers(actor, parameters)}`;
  const possible = isId(applicationId) && isName(name);
  const trigger = possible ? await triggers.findWhere(app.database, where, parameters) : undefined;
  if (trigger === undefined) throw unknownName('trigger', name);
  return trigger;
}

export interface TriggerFilter {
  readonly application?: IdFilter | null;
  readonly trigger?: IdFilter | null;
  readonly name?: IdFilter | null;
  /** Pipeline or workflow that it starts. */
  readonly starts?: IdFilter | null;
  readonly enabled?: boolean | null;
  readonly tag?: TagFilter | null;
}

const tagPlaces: TagPlaces = { TRIGGER: ownTag('row.id'), APPLICATION: ownTag('row.application_id') };

export function listTriggers(
  app: App,
  actor: Actor,
  filters: readonly TriggerFilter[],
  page: PageArguments,
): Promise<Page<Trigger>> {
  const parameters: unknown[] = [];
  const conditions = filters.flatMap((filter, index) => {
    const by = (property: 'application' | 'trigger' | 'name' | 'starts', column: string, type: 'uuid' | 'text') => {
      const one = filter[property];
      return one ? [idCondition(column, one, parameters, { field: `filters[${index}].${property}`, type })] : [];
    };
    return [
      ...by('application', 'row.application_id', 'uuid'),
      ...by('trigger', 'row.id', 'uuid'),
      ...by('name', 'row.name', 'text'),
      ...by('starts', 'row.entity_id', 'uuid'),
      ...(filter.tag ? [tagCondition(filter.tag, tagPlaces, 'TRIGGER', parameters, `filters[${index}].tag`)] : []),
      ...(filter.enabled == null ? [] : [filter.enabled ? 'row.enabled' : 'NOT row.enabled']),
    ];
  });
  return triggers.list(app.database, [...conditions, seenTriggers(actor, parameters)], parameters, page);
}

type NumberKey = readonly [number: number];
const codec = cursorCodec('trigger versions', 'number');
const versionCursor: CursorCodec<NumberKey> = {
  encode: codec.encode,
  decode(text) {
    const key = codec.decode(text);
    if (Number.isInteger(key[0]) && key[0] > 0 && key[0] < 2 ** 31) return key;
    throw badCursor(text);
  },
};

/** Versions of triggers, newest first. */
export const versionsOfTrigger = nestedList<TriggerVersion, NumberKey>({
  cursor: versionCursor,
  keyOf: ({ number }) => [number],
  parentOf: ({ triggerId }) => triggerId,
  find: ({ database }, ids, { after, offset, fetch }) =>
    versionPages(database, ids, { before: after?.[0], offset, fetch }),
  count: ({ database }, ids) => countVersions(database, ids),
});
