import type { Actor } from '../access/actor';
import type { SubjectType } from '../access/subjects';
import type { App } from './app';
import { isName } from '../kernel/naming';
import { isId } from '../kernel/ids';
import { notFound, Refusal } from '../kernel/errors';
import type { ApplicationParts, NamedRow, NamedRows } from './namedRows.store';

/** One thing by its id; a deleted one is as good as none, and so is one that the actor may not see. */
export async function readById<T extends NamedRow>(
  app: App,
  actor: Actor,
  type: SubjectType,
  rows: NamedRows<T>,
  id: string,
): Promise<T> {
  const parameters: unknown[] = [id];
  const seen = actor.access.condition('READ', type, 'row', parameters);
  const row = isId(id) ? await rows.findWhere(app.database, `row.id = $1 AND ${seen}`, parameters) : undefined;
  if (row === undefined) throw notFound(type.toLowerCase(), id);
  return row;
}

/** One part of an application by its name, as the actor may see it. */
export async function readPartByName<T extends NamedRow & { readonly applicationId: string }>(
  app: App,
  actor: Actor,
  type: SubjectType,
  parts: ApplicationParts<T>,
  applicationId: string,
  name: string,
): Promise<T> {
  const parameters: unknown[] = [applicationId, name];
  const seen = actor.access.condition('READ', type, 'row', parameters);
  const where = `row.application_id = $1 AND row.name = $2 AND ${seen}`;
  const possible = isId(applicationId) && isName(name);
  const row = possible ? await parts.findWhere(app.database, where, parameters) : undefined;
  if (row === undefined) throw unknownName(type.toLowerCase(), name);
  return row;
}

export function unknownName(kind: string, name: string): Refusal {
  return new Refusal('NOT_FOUND', `No ${kind} with the name "${name}" exists, or you may not see it.`, { kind, name });
}
