import { isStorable } from '../../kernel/naming';
import type { Access } from '../../access/access';
import type { Actor } from '../../access/actor';
import { refuseIfUsed } from '../../access/inUse';
import type { Db } from '../../kernel/database/database';
import { type IdFilter, idCondition } from '../../kernel/filters';
import { isId } from '../../kernel/ids';
import { type BatchLoad, byKey } from '../../kernel/loaders';
import type { Page, PageArguments } from '../../kernel/paging';
import { remembered } from '../../kernel/remembered';
import type { App } from '../app';
import { unknownName } from '../parts.queries';
import { lockTemplates } from './templateLibrary.store';
import { findSeenUsers, findTemplateUsers, type TemplateUser } from './templateUsers.store';
import { type Template, templates } from './templates';

/** Everybody may see templates of the account; those of an application are visible with it. */
function seen({ access }: Pick<Actor, 'access'>, parameters: unknown[]): string {
  const condition = access.condition('READ', 'Application', 'application', parameters);
  return `(row.application_id IS NULL OR EXISTS (SELECT FROM application WHERE application.id = row.application_id AND application.deleted_at IS NULL AND ${condition}))`;
}

/** A template that the actor may see. */
export const requireTemplate = (db: Db, actor: Actor, id: string): Promise<Template> =>
  templates.require(db, id, 'template', (parameters) => seen(actor, parameters));

/** The template that a name means in an application, or in the account. */
export async function readTemplateByName(
  { database }: App,
  actor: Actor,
  name: string,
  applicationId: string | null,
): Promise<Template> {
  const parameters: unknown[] = [name, applicationId !== null && isId(applicationId) ? applicationId : null];
  const condition = seen(actor, parameters);
  const where = `row.name = $1 AND (row.application_id IS NULL OR row.application_id = $2::uuid) AND ${condition}`;
  const found = isStorable(name) ? await templates.findAll(database, where, parameters) : [];
  const row = found.find((one) => one.applicationId !== null) ?? found[0];
  if (row === undefined) throw unknownName('template', name);
  return row;
}

export interface TemplateFilter {
  readonly template?: IdFilter | null;
  readonly name?: IdFilter | null;
  readonly application?: IdFilter | null;
  readonly isOfAccount?: boolean | null;
}

export function listTemplates(
  app: App,
  actor: Actor,
  filters: readonly TemplateFilter[],
  page: PageArguments,
): Promise<Page<Template>> {
  const parameters: unknown[] = [];
  const conditions = filters.flatMap(({ template, name, application, isOfAccount }, index) => {
    const at = (field: string) => ({ field: `filters[${index}].${field}`, type: 'uuid' as const });
    return [
      ...(template ? [idCondition('row.id', template, parameters, at('template'))] : []),
      ...(name ? [idCondition('row.name', name, parameters, { field: `filters[${index}].name` })] : []),
      ...(application ? [idCondition('row.application_id', application, parameters, at('application'))] : []),
      ...(isOfAccount == null ? [] : [`row.application_id IS ${isOfAccount ? '' : 'NOT '}NULL`]),
    ];
  });
  return templates.list(app.database, [...conditions, seen(actor, parameters)], parameters, page);
}

/** Definitions that extend a template, as far as the actor may see them. */
export const usersOfTemplate = remembered(
  (access: Access): BatchLoad<TemplateUser[]> =>
    async ({ database }, ids) => {
      const users = await findSeenUsers(database, access, ids);
      return new Map(ids.map((id) => [id, users.filter(({ templateIds }) => templateIds.includes(id))]));
    },
);

/** Templates by ID, as far as the actor may see them. */
export const seenTemplate = remembered(
  (access: Access): BatchLoad<Template> =>
    async ({ database }, ids) => {
      const parameters: unknown[] = [ids];
      const condition = seen({ access }, parameters);
      return byKey(await templates.findAll(database, `row.id = ANY ($1::uuid[]) AND ${condition}`, parameters), byId);
    },
);
const byId = ({ id }: Template): string => id;

/** Refused while a current definition extends the template, or another template does. */
export async function deleteTemplate(app: App, actor: Actor, id: string): Promise<void> {
  await app.database.transaction(async (db) => {
    await lockTemplates(db, 'CHANGE');
    const template = await requireTemplate(db, actor, id);
    if (template.applicationId === null) actor.access.requireAccount('MANAGE_TEMPLATES');
    else actor.access.require('UPDATE', 'Application', { id: template.applicationId });
    const users = await findTemplateUsers(db, [id]);
    const visible = await findSeenUsers(db, actor.access, [id]);
    const named = visible.map(({ kind, id: user, name }) => ({ kind, id: user, name }));
    refuseIfUsed('template', template.name, named, users.length - visible.length);
    await templates.delete(db, id, app.clock.now());
  });
}
