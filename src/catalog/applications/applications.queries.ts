import type { Actor } from '../../access/actor';
import { type IdFilter, idCondition } from '../../kernel/filters';
import { isName } from '../../kernel/naming';
import type { Page, PageArguments } from '../../kernel/paging';
import type { App } from '../app';
import { readById, unknownName } from '../parts.queries';
import { ownTag, tagCondition, type TagFilter } from '../tags/tagCondition';
import { type Application, applications } from './applications';

export const readApplication = (app: App, actor: Actor, id: string): Promise<Application> =>
  readById(app, actor, 'Application', applications, id);

export async function readApplicationByName(app: App, actor: Actor, name: string): Promise<Application> {
  const parameters: unknown[] = [name];
  const where = `row.name = $1 AND ${actor.access.condition('READ', 'Application', 'row', parameters)}`;
  const application = isName(name) ? await applications.findWhere(app.database, where, parameters) : undefined;
  if (application === undefined) throw unknownName('application', name);
  return application;
}

export function listApplications(
  app: App,
  actor: Actor,
  filters: readonly {
    readonly application?: IdFilter | null;
    readonly name?: IdFilter | null;
    readonly tag?: TagFilter | null;
  }[],
  page: PageArguments,
): Promise<Page<Application>> {
  const parameters: unknown[] = [];
  const conditions = filters.flatMap(({ application, name, tag }, index) => [
    ...(application
      ? [idCondition('row.id', application, parameters, { field: `filters[${index}].application`, type: 'uuid' })]
      : []),
    ...(name ? [idCondition('row.name', name, parameters, { field: `filters[${index}].name` })] : []),
    ...(tag
      ? [tagCondition(tag, { APPLICATION: ownTag('row.id') }, 'APPLICATION', parameters, `filters[${index}].tag`)]
      : []),
  ]);
  const seen = actor.access.condition('READ', 'Application', 'row', parameters);
  return applications.list(app.database, [...conditions, seen], parameters, page);
}
