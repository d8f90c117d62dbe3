import type { EnvironmentType } from './environment';
import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { listNamed, listOfApplication, nameCursor } from '../listNamed';
import { partConditions } from '../partFilters';
import { readById } from '../readNamed';
import { enumCondition } from '../../kernel/filters';
import type { EnumFilter, IdFilter } from '../../kernel/filters';
import type { Page, PageArguments } from '../../kernel/paging';
import type { Environment } from './environment';
import { environments } from './environments.store';

const cursor = nameCursor('environments');

export const readEnvironment = (app: App, actor: Actor, id: string): Promise<Environment> =>
  readById(app, actor, 'Environment', environments, id);

export const environmentsOfApplication = listOfApplication('Environment', environments, cursor);

export function listEnvironments(
  app: App,
  actor: Actor,
  filters: readonly {
    readonly application?: IdFilter | null;
    readonly environment?: IdFilter | null;
    readonly environmentType?: EnumFilter<EnvironmentType> | null;
    readonly name?: IdFilter | null;
  }[],
  page: PageArguments,
): Promise<Page<Environment>> {
  const parameters: unknown[] = [];
  const conditions = filters.flatMap(({ environment: id, environmentType, ...rest }, index) => {
    const field = `filters[${index}]`;
    const common = partConditions({ ...rest, id }, 'environment', field, parameters);
    if (!environmentType) return common;
    return [...common, enumCondition('row.type', environmentType, parameters, { field: `${field}.environmentType` })];
  });
  return listNamed(app, actor, 'Environment', environments, cursor, { conditions, parameters }, page);
}
