import type { App } from './app';
import type { BatchLoad, Loaders } from '../kernel/loaders';
import type { Access } from './access';
import type { SubjectRows, Target } from './subjects';
import { findExecutionTargets, findPipelineTargets, findTemplateWorkflows, findWorkflowTargets } from './targets.store';

/** Rows of the other rooms, as far as rights need them. Environments are looked up for each. */
interface Rows {
  readonly Application: SubjectRows['Application'];
  readonly Environment: SubjectRows['Environment'];
  readonly Service: SubjectRows['Service'];
  readonly Workflow: Omit<SubjectRows['Workflow'], 'environments' | 'template'>;
  readonly Pipeline: Omit<SubjectRows['Pipeline'], 'environments'>;
  readonly Execution: Omit<SubjectRows['Execution'], 'environments'>;
}
export type RowType = keyof Rows;

const targetsOfExecution: BatchLoad<readonly Target[]> = (app, ids) => findExecutionTargets(app.database, ids);
const targetsOfPipeline: BatchLoad<readonly Target[]> = (app, ids) => findPipelineTargets(app.database, ids);
const targetsOfWorkflow: BatchLoad<readonly Target[]> = (app, ids) => findWorkflowTargets(app.database, ids);
const isTemplate: BatchLoad<boolean> = async (app, ids) =>
  new Map([...(await findTemplateWorkflows(app.database, ids))].map((id) => [id, true]));

type Load = <Value>(batch: BatchLoad<Value>, key: string) => Promise<Value | undefined>;

/** One look-up at a time, for commands; queries give their loaders, so that a list is looked up together. */
const withoutLoaders =
  (app: App): Load =>
  async (batch, key) =>
    (await batch(app, [key])).get(key);

async function subjectOf<T extends RowType>(load: Load, type: T, row: Rows[T]): Promise<SubjectRows[T]> {
  switch (type) {
    case 'Execution':
      return { ...row, environments: (await load(targetsOfExecution, row.id)) ?? [] } as unknown as SubjectRows[T];
    case 'Pipeline':
      return { ...row, environments: (await load(targetsOfPipeline, row.id)) ?? [] } as unknown as SubjectRows[T];
    case 'Workflow': {
      const environments = (await load(targetsOfWorkflow, row.id)) ?? [];
      return { ...row, environments, template: (await load(isTemplate, row.id)) ?? false } as unknown as SubjectRows[T];
    }
    default:
      return row as unknown as SubjectRows[T];
  }
}

/** A row with all that rights need to know of it; for commands. */
export const subjectFor = <T extends RowType>(app: App, type: T, row: Rows[T]): Promise<SubjectRows[T]> =>
  subjectOf(withoutLoaders(app), type, row);

/** A row, or null for a caller who may not see it: what it points to does not exist for that caller. */
export async function visible<T extends RowType, Row extends Rows[T]>(
  access: Access,
  loaders: Loaders,
  type: T,
  row: Row | undefined,
): Promise<Row | null> {
  if (row === undefined) return null;
  if (access.administrator) return row;
  const subject = await subjectOf((batch, key) => loaders.load(batch, key), type, row);
  return access.can('READ', type, subject) ? row : null;
}

/** Throws NOT_FOUND for a row that the caller may not see. */
export async function requireReadable<T extends RowType>(
  app: App,
  access: Access,
  type: T,
  row: Rows[T],
): Promise<void> {
  if (access.administrator) return;
  access.require('READ', type, await subjectFor(app, type, row));
}
