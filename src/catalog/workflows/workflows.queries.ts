import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { listNamed, listOfApplication, nameCursor } from '../listNamed';
import { partConditions } from '../partFilters';
import { readById, readPartByName } from '../readNamed';
import type { IdFilter } from '../../kernel/filters';
import type { Page, PageArguments } from '../../kernel/paging';
import type { Workflow } from '../language/workflow';
import { workflows } from './workflows.store';

const cursor = nameCursor('workflows');

export const readWorkflow = (app: App, actor: Actor, id: string): Promise<Workflow> =>
  readById(app, actor, 'Workflow', workflows, id);

export const readWorkflowByName = (app: App, actor: Actor, applicationId: string, name: string): Promise<Workflow> =>
  readPartByName(app, actor, 'Workflow', workflows, applicationId, name);

export const workflowsOfApplication = listOfApplication('Workflow', workflows, cursor);

export function listWorkflows(
  app: App,
  actor: Actor,
  filters: readonly {
    readonly application?: IdFilter | null;
    readonly workflow?: IdFilter | null;
    readonly name?: IdFilter | null;
  }[],
  page: PageArguments,
): Promise<Page<Workflow>> {
  const parameters: unknown[] = [];
  const conditions = filters.flatMap(({ workflow: id, ...rest }, index) =>
    partConditions({ ...rest, id }, 'workflow', `filters[${index}]`, parameters),
  );
  return listNamed(app, actor, 'Workflow', workflows, cursor, { conditions, parameters }, page);
}
