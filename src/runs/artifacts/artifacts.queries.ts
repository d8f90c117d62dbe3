import type { Actor } from '../../access/actor';
import { subjectFor } from '../../access/visible';
import { columnsOf } from '../../kernel/database/table';
import { type InputError, invalidInput, notFound } from '../../kernel/errors';
import { allOf, bind, idCondition, numberCondition, timeCondition } from '../../kernel/filters';
import type { IdFilter, NumberFilter, TimeFilter } from '../../kernel/filters';
import { isId } from '../../kernel/ids';
import { type BatchLoad, groupBy } from '../../kernel/loaders';
import { isStorable } from '../../kernel/naming';
import { afterCondition, cursorCodec, type Page, type PageArguments, readPage, toPage } from '../../kernel/paging';
import type { App } from '../app';
import type { Artifact, ArtifactHold } from './artifact';
import { globPattern } from './globPattern';
import { findArtifact, findExecutionRows, findHolds, readArtifacts } from './artifacts.store';
import { artifactTable } from './artifacts.table';

/** One object of the argument `filters`; all its fields must match. */
export interface ArtifactFilter {
  readonly artifact?: IdFilter | null | undefined;
  readonly application?: IdFilter | null | undefined;
  readonly pipeline?: IdFilter | null | undefined;
  readonly workflow?: IdFilter | null | undefined;
  readonly execution?: IdFilter | null | undefined;
  readonly job?: IdFilter | null | undefined;
  /** Glob on the whole name. */
  readonly name?: string | null | undefined;
  readonly sha256?: IdFilter | null | undefined;
  readonly size?: NumberFilter | null | undefined;
  readonly createdAt?: TimeFilter | null | undefined;
  readonly pinned?: boolean | null | undefined;
  readonly deleted?: boolean | null | undefined;
}

const LONGEST_SEARCH = 200;
const cursor = cursorCodec('artifacts', 'time', 'id');

/** Artifacts of executions that the actor may see, newest first. `search` is a part of the name, ignoring case. */
export async function listArtifacts(
  app: App,
  actor: Actor,
  filters: readonly ArtifactFilter[],
  search: string | null,
  page: PageArguments,
): Promise<Page<Artifact>> {
  const request = readPage(page, cursor);
  const parameters: unknown[] = [];
  const conditions = filters.flatMap((filter, index) => conditionsOf(filter, `filters[${index}]`, parameters));
  if (search !== null && search !== '') {
    if (search.length > LONGEST_SEARCH) throw invalidInput([tooLong('search', search, LONGEST_SEARCH)]);
    conditions.push(idCondition('artifact.name', { operator: 'LIKE', values: [search] }, parameters));
  }
  conditions.push(actor.access.condition('READ', 'Execution', 'e', parameters));
  const from = `artifact JOIN execution e ON e.id = artifact.execution_id WHERE ${allOf(conditions)}`;
  const counted = [...parameters];
  const columns = ['artifact.created_at', 'artifact.id'];
  const after = request.after ? ` AND ${afterCondition(columns, 'DESC', request.after, parameters)}` : '';
  const rows = await app.database.rows<Artifact>(
    `SELECT ${columnsOf(artifactTable, 'artifact')} FROM ${from}${after}
     ORDER BY artifact.created_at DESC, artifact.id DESC
     LIMIT ${bind(parameters, request.fetch)} OFFSET ${bind(parameters, request.offset)}`,
    parameters,
  );
  return toPage(request, {
    rows: readArtifacts(rows),
    cursor: (row) => cursor.encode([row.createdAt, row.id]),
    countTotal: async () => {
      const [row] = await app.database.rows<{ n: string }>(`SELECT count(*) AS n FROM ${from}`, counted);
      return Number(row?.n ?? 0);
    },
  });
}

function conditionsOf(filter: ArtifactFilter, field: string, parameters: unknown[]): string[] {
  const { application, pipeline, workflow, execution, job, name, sha256, size, createdAt, pinned, deleted } = filter;
  const found: string[] = [];
  const ids = (key: string, column: string, one: IdFilter | null | undefined, type: 'uuid' | 'text' = 'uuid') => {
    if (one) found.push(idCondition(column, one, parameters, { field: `${field}.${key}`, type }));
  };
  ids('artifact', 'artifact.id', filter.artifact);
  ids('application', 'artifact.application_id', application);
  const ofRun = `(SELECT CASE WHEN run.kind = 'PIPELINE' THEN run.entity_id END FROM execution run WHERE run.id = artifact.run_id)`;
  ids('pipeline', ofRun, pipeline);
  ids('workflow', 'e.entity_id', workflow);
  ids('job', 'artifact.job_id', job);
  ids('sha256', 'artifact.sha256', sha256, 'text');
  if (execution) {
    // A run has the artifacts of all its workflows.
    const either = ['artifact.run_id', 'artifact.execution_id'].map((column) =>
      idCondition(column, execution, parameters, { field: `${field}.execution`, type: 'uuid' }),
    );
    found.push(`(${either.join(execution.operator === 'NOT_IN' ? ' AND ' : ' OR ')})`);
  }
  if (name != null) {
    const pattern = isStorable(name) ? globPattern(name) : undefined;
    if (pattern === undefined) {
      const message = `${field}.name must be a relative path, in which * and ** are special, of at most 1,000 characters.`;
      throw invalidInput([{ field: `${field}.name`, value: name, rule: 'GLOB', message }]);
    }
    found.push(`artifact.name ~ ${bind(parameters, pattern)}`);
  }
  if (size) found.push(numberCondition('artifact.size', size, parameters, { field: `${field}.size` }));
  if (createdAt) found.push(timeCondition('artifact.created_at', createdAt, parameters));
  if (pinned != null) found.push(`artifact.pin IS ${pinned ? 'NOT ' : ''}NULL`);
  if (deleted != null) found.push(`artifact.deleted_at IS ${deleted ? 'NOT ' : ''}NULL`);
  return found;
}

const tooLong = (field: string, value: string, most: number): InputError => ({
  field,
  value: value.slice(0, 100),
  rule: 'LENGTH',
  message: `${field} may have at most ${most} characters; it has ${value.length}.`,
});

/** An artifact, whether or not it was deleted, and the facts that rights on its execution need. */
export async function readArtifact(app: App, actor: Actor, id: string) {
  const artifact = isId(id) ? await findArtifact(app.database, id) : undefined;
  const [execution] = artifact ? await findExecutionRows(app.database, artifact.executionId) : [];
  if (artifact === undefined || execution === undefined) throw notFound('artifact', id);
  const subject = await subjectFor(app, 'Execution', execution);
  if (!actor.access.can('READ', 'Execution', subject)) throw notFound('artifact', id);
  return { artifact, execution, subject };
}

export const holdsOfArtifact: BatchLoad<ArtifactHold[]> = async (app, ids) => {
  const rows = groupBy(await findHolds(app.database, ids), ({ id }) => id);
  return new Map([...rows].map(([id, holds]) => [id, holds.map(({ hold }) => hold)]));
};
