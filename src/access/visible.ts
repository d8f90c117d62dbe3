import { type Loaders, load } from '../kernel/loaders';
import type { Db } from '../kernel/database/database';
import type { Access } from './access';
import type { SubjectRows, SubjectType, Target } from './subjects';
import { findExecutionTargets, findPipelineTargets, findTemplateWorkflows, findWorkflowTargets } from './targets.store';

/** Rows, reduced to what rights need. Their environments are looked up. */
type Row<T extends SubjectType> = Omit<SubjectRows[T], 'environments' | 'template'>;

interface HasDatabase {
  readonly database: Db;
}
type Batch<Value> = (app: HasDatabase, ids: readonly string[]) => Promise<ReadonlyMap<string, Value>>;
type Load = <Value>(batch: Batch<Value>, id: string) => Promise<Value | undefined>;

const targetsOf: Readonly<Partial<Record<SubjectType, Batch<readonly Target[]>>>> = {
  Execution: (app, ids) => findExecutionTargets(app.database, ids),
  Pipeline: (app, ids) => findPipelineTargets(app.database, ids),
  Workflow: (app, ids) => findWorkflowTargets(app.database, ids),
};
const isTemplate: Batch<true> = async (app, ids) =>
  new Map([...(await findTemplateWorkflows(app.database, ids))].map((id) => [id, true]));

async function subjectOf<T extends SubjectType>(find: Load, type: T, row: Row<T>): Promise<SubjectRows[T]> {
  const targets = targetsOf[type];
  if (targets === undefined) return row as SubjectRows[T];
  const { id } = row as SubjectRows[T];
  const environments = (await find(targets, id)) ?? [];
  const template = type === 'Workflow' && (await find(isTemplate, id)) === true;
  return { ...row, environments, template } as unknown as SubjectRows[T];
}

/** Row with all facts that rights need, for commands: from the pool, or as it is within a transaction. */
export const subjectFor = <T extends SubjectType>(app: HasDatabase, type: T, row: Row<T>): Promise<SubjectRows[T]> =>
  subjectOf(async (batch, id) => (await batch(app, [id])).get(id), type, row);

/** The same, for a field of many rows: their facts are read together. */
export const subjectWith = <T extends SubjectType>(loaders: Loaders, type: T, row: Row<T>): Promise<SubjectRows[T]> =>
  subjectOf((batch, id) => loaders.load(batch, id), type, row);

/** A row, or null for a caller who may not see it: a reference to it does not exist for that caller. */
export async function visible<T extends SubjectType, R extends Row<T>>(
  access: Access,
  loaders: Loaders,
  type: T,
  row: R | undefined,
): Promise<R | null> {
  if (row === undefined) return null;
  if (access.administrator) return row;
  const subject = await subjectWith(loaders, type, row);
  return access.can('READ', type, subject) ? row : null;
}

/** Throws NOT_FOUND for a row that the caller may not see. */
export async function requireReadable<T extends SubjectType>(
  app: HasDatabase,
  access: Access,
  type: T,
  row: Row<T>,
): Promise<void> {
  if (access.administrator) return;
  access.require('READ', type, await subjectOf((batch, id) => load(app, batch, id), type, row));
}
