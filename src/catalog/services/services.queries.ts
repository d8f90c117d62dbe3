import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { listNamed, listOfApplication, nameCursor } from '../listNamed';
import { partConditions } from '../partFilters';
import { readById } from '../readNamed';
import type { IdFilter } from '../../kernel/filters';
import type { Page, PageArguments } from '../../kernel/paging';
import type { Service } from './service';
import { services } from './services.store';

const cursor = nameCursor('services');

export const readService = (app: App, actor: Actor, id: string): Promise<Service> =>
  readById(app, actor, 'Service', services, id);

export const servicesOfApplication = listOfApplication('Service', services, cursor);

export function listServices(
  app: App,
  actor: Actor,
  filters: readonly {
    readonly application?: IdFilter | null;
    readonly service?: IdFilter | null;
    readonly name?: IdFilter | null;
  }[],
  page: PageArguments,
): Promise<Page<Service>> {
  const parameters: unknown[] = [];
  const conditions = filters.flatMap(({ service: id, ...rest }, index) =>
    partConditions({ ...rest, id }, 'service', `filters[${index}]`, parameters),
  );
  return listNamed(app, actor, 'Service', services, cursor, { conditions, parameters }, page);
}
