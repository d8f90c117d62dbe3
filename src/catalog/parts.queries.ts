import type { Access } from '../access/access';
import type { Actor } from '../access/actor';
import { permissionTypeOf, type SubjectType } from '../access/subjects';
import type { NameKey, NamedRow, NamedRows, RowCondition } from '../kernel/database/namedRows';
import { Refusal } from '../kernel/errors';
import { type IdFilter, idCondition } from '../kernel/filters';
import { isId } from '../kernel/ids';
import type { Loaders } from '../kernel/loaders';
import { isName } from '../kernel/naming';
import type { Page, PageArguments } from '../kernel/paging';
import type { App } from './app';
import { type ListOfParent, nestedList } from '../kernel/nestedList';
import type { PartRow } from './resourceFields';
import type { PartRows, PartType } from './resources.store';
import { ownTag, tagCondition, type TagFilter } from './tags/tagCondition';
import type { TagEntityType } from './tags/tags';

/** A resource by ID. A resource that is deleted, or that the actor may not see, is not found. */
export const readById = <T extends NamedRow>(
  app: App,
  { access }: Actor,
  type: SubjectType,
  rows: NamedRows<T>,
  id: string,
): Promise<T> =>
  rows.require(app.database, id, type.toLowerCase(), (parameters) => access.condition('READ', type, 'row', parameters));

export const readPart = <T extends PartRow>(app: App, actor: Actor, parts: PartRows<T>, id: string): Promise<T> =>
  readById(app, actor, parts.type, parts, id);

export async function readPartByName<T extends PartRow>(
  app: App,
  actor: Actor,
  parts: PartRows<T>,
  applicationId: string,
  name: string,
): Promise<T> {
  const parameters: unknown[] = [applicationId, name];
  const seen = actor.access.condition('READ', parts.type, 'row', parameters);
  const where = `row.application_id = $1 AND row.name = $2 AND ${seen}`;
  const possible = isId(applicationId) && isName(name);
  const row = possible ? await parts.findWhere(app.database, where, parameters) : undefined;
  if (row === undefined) throw unknownName(parts.table, name);
  return row;
}

export function unknownName(kind: string, name: string): Refusal {
  const type = (Object.keys(permissionTypeOf) as SubjectType[]).find((one) => one.toLowerCase() === kind);
  const needs =
    type === undefined
      ? undefined
      : type === 'Application'
        ? 'any permission in it'
        : `the permission ${permissionTypeOf[type]} READ`;
  const message = `No ${kind} named "${name}" exists, or you may not see it${needs === undefined ? '' : ` (requires ${needs})`}.`;
  return new Refusal('NOT_FOUND', message, { kind, name });
}

/** Filter of a list of parts. The filter by the part's ID is named after the kind, such as `service`. */
export interface PartFilter {
  readonly application?: IdFilter | null | undefined;
  readonly name?: IdFilter | null | undefined;
  readonly tag?: TagFilter | null | undefined;
  readonly [kind: string]: unknown;
}

/** Additional conditions on `row`, for filters that only one kind of parts has. */
type OwnConditions<Filter> = (filter: Filter, field: string, parameters: unknown[]) => readonly string[];

/** A page of the parts of all applications that the actor may see. */
export function listParts<T extends PartRow, Filter extends PartFilter>(
  app: App,
  actor: Actor,
  parts: PartRows<T>,
  filters: readonly Filter[],
  page: PageArguments,
  ownConditions: OwnConditions<Filter> = () => [],
): Promise<Page<T>> {
  const parameters: unknown[] = [];
  const conditions = filters.flatMap((filter, index) => {
    const field = `filters[${index}]`;
    const by = (property: string, column: string, type: 'uuid' | 'text') => {
      const one = filter[property] as IdFilter | null | undefined;
      return one ? [idCondition(column, one, parameters, { field: `${field}.${property}`, type })] : [];
    };
    return [
      ...by('application', 'row.application_id', 'uuid'),
      ...by(parts.table, 'row.id', 'uuid'),
      ...by('name', 'row.name', 'text'),
      ...(filter.tag ? [partTag(parts.type, filter.tag, parameters, `${field}.tag`)] : []),
      ...ownConditions(filter, field, parameters),
    ];
  });
  const seen = actor.access.condition('READ', parts.type, 'row', parameters);
  return parts.list(app.database, [...conditions, seen], parameters, page);
}

const tagTypeOf = {
  Environment: 'ENVIRONMENT',
  Service: 'SERVICE',
  Workflow: 'WORKFLOW',
  Pipeline: 'PIPELINE',
} as const satisfies Record<PartType, TagEntityType>;

function partTag(type: PartType, filter: TagFilter, parameters: unknown[], field: string): string {
  const own = tagTypeOf[type];
  const places = { [own]: ownTag('row.id'), APPLICATION: ownTag('row.application_id') };
  return tagCondition(filter, places, own, parameters, field);
}

/** Lists by kind of parts and by access: the caller's access is part of the statement, so callers share no list. */
const lists = new WeakMap<object, WeakMap<Access, ListOfParent<unknown>>>();

/** Parts of one kind in an application that the actor may see; one statement loads the pages of many applications. */
export function partsOfApplication<T extends PartRow>(
  loaders: Loaders,
  actor: Actor,
  parts: PartRows<T>,
  applicationId: string,
  page: PageArguments,
): Promise<Page<T>> {
  const known = lists.get(parts) ?? new WeakMap<Access, ListOfParent<unknown>>();
  lists.set(parts, known);
  const seen: RowCondition = (parameters) => actor.access.condition('READ', parts.type, 'row', parameters);
  const list =
    (known.get(actor.access) as ListOfParent<T> | undefined) ??
    nestedList<T, NameKey>({
      cursor: parts.cursor,
      keyOf: ({ name, id }) => [name, id],
      parentOf: (row) => row.applicationId,
      find: (app, ids, request) => parts.pages(app.database, ids, seen, request),
      count: (app, ids) => parts.counts(app.database, ids, seen),
    });
  known.set(actor.access, list as ListOfParent<unknown>);
  return list(loaders, applicationId, page);
}
