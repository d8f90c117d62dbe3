import type { App } from '../app';
import { isName } from '../definitions/naming';
import { isId } from '../ids';
import { notFound, Refusal } from '../refusal';
import type { ApplicationParts, NamedRow, NamedRows } from './namedRows.store';

/** One thing by its id; a deleted one is as good as none. */
export async function readById<T extends NamedRow>(app: App, kind: string, rows: NamedRows<T>, id: string): Promise<T> {
  const row = isId(id) ? await rows.find(app.database, id) : undefined;
  if (row === undefined) throw notFound(kind, id);
  return row;
}

/** One part of an application by its name. */
export async function readPartByName<T extends NamedRow & { readonly applicationId: string }>(
  app: App,
  kind: string,
  parts: ApplicationParts<T>,
  applicationId: string,
  name: string,
): Promise<T> {
  const possible = isId(applicationId) && isName(name);
  const row = possible ? await parts.findByName(app.database, applicationId, name) : undefined;
  if (row === undefined) throw unknownName(kind, name);
  return row;
}

export function unknownName(kind: string, name: string): Refusal {
  return new Refusal('NOT_FOUND', `There is no ${kind} with the name "${name}" that you may see.`, { kind, name });
}
