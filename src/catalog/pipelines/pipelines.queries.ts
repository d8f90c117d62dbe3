import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { listNamed, listOfApplication, nameCursor } from '../listNamed';
import { partConditions } from '../partFilters';
import { readById, readPartByName } from '../readNamed';
import type { IdFilter } from '../../kernel/filters';
import type { Page, PageArguments } from '../../kernel/paging';
import type { Pipeline } from '../language/pipeline';
import { pipelines } from './pipelines.store';

const cursor = nameCursor('pipelines');

export const readPipeline = (app: App, actor: Actor, id: string): Promise<Pipeline> =>
  readById(app, actor, 'Pipeline', pipelines, id);

export const readPipelineByName = (app: App, actor: Actor, applicationId: string, name: string): Promise<Pipeline> =>
  readPartByName(app, actor, 'Pipeline', pipelines, applicationId, name);

export const pipelinesOfApplication = listOfApplication('Pipeline', pipelines, cursor);

export function listPipelines(
  app: App,
  actor: Actor,
  filters: readonly {
    readonly application?: IdFilter | null;
    readonly pipeline?: IdFilter | null;
    readonly name?: IdFilter | null;
  }[],
  page: PageArguments,
): Promise<Page<Pipeline>> {
  const parameters: unknown[] = [];
  const conditions = filters.flatMap(({ pipeline: id, ...rest }, index) =>
    partConditions({ ...rest, id }, 'pipeline', `filters[${index}]`, parameters),
  );
  return listNamed(app, actor, 'Pipeline', pipelines, cursor, { conditions, parameters }, page);
}
