import type { Actor } from '../../access/actor';
import type { Db } from '../../kernel/database/database';
import { type IdFilter, idCondition } from '../../kernel/filters';
import type { BatchLoad } from '../../kernel/loaders';
import type { Page, PageArguments } from '../../kernel/paging';
import type { App } from '../app';
import { environments } from '../environments/environments';
import { readPart } from '../parts.queries';
import { type Freeze, freezes } from './freezes';
import { covers, findFreezesOf } from './freezes.store';
import { type Closed, closedAt, nextClosed } from './freezeState';

/** A freeze is visible to actors who manage freezes, or who may see an environment that it covers. */
function seen({ access }: Actor, parameters: unknown[]): string {
  if (access.canInAccount('MANAGE_FREEZES')) return 'TRUE';
  const environment = access.condition('READ', 'Environment', 'environment', parameters);
  return `EXISTS (SELECT FROM environment WHERE environment.deleted_at IS NULL AND ${covers('row', 'environment')} AND ${environment})`;
}

/** A freeze that the actor may see. */
export const requireFreeze = (db: Db, actor: Actor, id: string): Promise<Freeze> =>
  freezes.require(db, id, 'freeze', (parameters) => seen(actor, parameters));

export interface FreezeFilter {
  readonly freeze?: IdFilter | null;
  readonly name?: IdFilter | null;
  readonly application?: IdFilter | null;
  readonly environment?: IdFilter | null;
}

export function listFreezes(
  app: App,
  actor: Actor,
  filters: readonly FreezeFilter[],
  page: PageArguments,
): Promise<Page<Freeze>> {
  const parameters: unknown[] = [];
  const conditions = filters.flatMap(({ freeze, name, application, environment }, index) => {
    const at = (field: string) => ({ field: `filters[${index}].${field}`, type: 'uuid' as const });
    const covering = (condition: string) =>
      `EXISTS (SELECT FROM environment WHERE environment.deleted_at IS NULL AND ${covers('row', 'environment')} AND ${condition})`;
    return [
      ...(freeze ? [idCondition('row.id', freeze, parameters, at('freeze'))] : []),
      ...(name ? [idCondition('row.name', name, parameters, { field: `filters[${index}].name` })] : []),
      ...(application
        ? [covering(idCondition('environment.application_id', application, parameters, at('application')))]
        : []),
      ...(environment ? [covering(idCondition('environment.id', environment, parameters, at('environment')))] : []),
    ];
  });
  return freezes.list(app.database, [...conditions, seen(actor, parameters)], parameters, page);
}

/** Freezes of environments, for loaders. */
export const freezesOfEnvironment: BatchLoad<readonly Freeze[]> = (app, ids) => findFreezesOf(app.database, ids);

/** Result of asking if an environment is frozen at a moment. */
export interface FreezeCheck {
  readonly environmentId: string;
  readonly at: Date;
  readonly frozen: boolean;
  readonly current: Closed<Freeze> | null;
  readonly next: Closed<Freeze> | null;
}

export const freezeCheck = (environmentId: string, known: readonly Freeze[], at: Date): FreezeCheck => {
  const current = closedAt(known, at);
  return { environmentId, at, frozen: current !== null, current, next: nextClosed(known, at) };
};

export async function checkFreeze(app: App, actor: Actor, environmentId: string, at: Date): Promise<FreezeCheck> {
  const { id } = await readPart(app, actor, environments, environmentId);
  return freezeCheck(id, (await findFreezesOf(app.database, [id])).get(id) ?? [], at);
}
