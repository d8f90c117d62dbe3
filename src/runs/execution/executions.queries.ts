import type { EnvironmentType } from '../../access/permission';
import type { Actor } from '../../access/actor';
import { requireReadable } from '../../access/visible';
import type { App } from '../app';
import { type Picked, pickedColumns } from '../../kernel/database/picked';
import { load } from '../../kernel/loaders';
import { remembered } from '../../kernel/remembered';
import { allOf, enumCondition, idCondition, numberCondition, timeCondition } from '../../kernel/filters';
import { type EnumFilter, type IdFilter, type NumberFilter, type TimeFilter } from '../../kernel/filters';
import { afterCondition, cursorCodec, readPage, toPage } from '../../kernel/paging';
import type { Page, PageArguments } from '../../kernel/paging';
import { TAG_LINKS, tagCondition, type TagFilter, type TagPlaces } from '../../catalog/tags/tagCondition';
import { withRareTags } from '../../catalog/tags/rareTags.store';
import { isId } from '../../kernel/ids';
import { invalidInput, notFound } from '../../kernel/errors';
import { executionStatuses } from '../../contract/statuses';
import { type Execution } from '../../engine/execution';
import { executionWith } from './executions.loaders';
import { wholeExecution } from './executions.store';

/** One object of the argument `filters`; all its fields must match. */
export interface ExecutionFilter {
  readonly application?: IdFilter | null;
  readonly creationTime?: TimeFilter | null;
  readonly duration?: NumberFilter | null;
  readonly endTime?: TimeFilter | null;
  readonly environment?: IdFilter | null;
  readonly environmentType?: EnumFilter<EnvironmentType> | null;
  readonly execution?: IdFilter | null;
  /** True: only runs that observe environments. Otherwise there are none. */
  readonly observations?: boolean | null;
  readonly pipeline?: IdFilter | null;
  readonly pipelineExecutionId?: IdFilter | null;
  readonly resumable?: boolean | null;
  readonly service?: IdFilter | null;
  readonly startTime?: TimeFilter | null;
  readonly status?: IdFilter | null;
  readonly tag?: TagFilter | null;
  readonly trigger?: IdFilter | null;
  readonly triggeredBy?: IdFilter | null;
  readonly workflow?: IdFilter | null;
}

const cursor = cursorCodec('executions', 'time', 'id');
const key = (execution: Execution) => [execution.createdAt, execution.id] as const;

/** An execution by id, if the actor may see it. */
export async function readExecution(
  app: App,
  actor: Actor,
  id: string,
  picked: Picked<Execution> = wholeExecution,
): Promise<Execution> {
  const execution = isId(id) ? await load(app, executionWith(picked), id) : undefined;
  if (execution === undefined) throw notFound('execution', id);
  await requireReadable(app, actor.access, 'Execution', execution);
  return execution;
}

/** Executions, newest first. Without `indirect`, only those that were started directly, not by a pipeline. */
export async function listExecutions(
  app: App,
  actor: Actor,
  filters: readonly ExecutionFilter[],
  indirect: boolean,
  page: PageArguments,
  picked: Picked<Execution> = wholeExecution,
): Promise<Page<Execution>> {
  const request = readPage(page, cursor);
  const parameters: unknown[] = [];
  const where = executionCondition(actor, await withRareTags(app.database, filters), indirect, parameters);
  const counted = [...parameters];
  const after = request.after
    ? ` AND ${afterCondition(['e.created_at', 'e.id'], 'DESC', request.after, parameters)}`
    : '';
  const rows = await app.database.rows<Execution>(
    `SELECT ${listedColumns(picked)} FROM execution e WHERE ${where}${after}
     ORDER BY e.created_at DESC, e.id DESC LIMIT $${parameters.push(request.fetch)} OFFSET $${parameters.push(request.offset)}`,
    parameters,
  );
  return toPage(request, {
    rows,
    cursor: (row) => cursor.encode(key(row)),
    countTotal: async () => {
      const [row] = await app.database.rows<{ n: string }>(
        `SELECT count(*) AS n FROM execution e WHERE ${where}`,
        counted,
      );
      return Number(row?.n ?? 0);
    },
  });
}

const listedColumns = remembered((picked: Picked<Execution>) => pickedColumns(picked, () => 'e'));

/** Builds the condition on a status from the condition on any column that holds a status. */
type StatusCondition = (on: (column: string) => string) => string;

/** Condition on `e` for the executions that the filters select and the actor may see. */
export function executionCondition(
  actor: Actor,
  filters: readonly ExecutionFilter[],
  indirect: boolean,
  parameters: unknown[],
  status: StatusCondition = (on) => on('e.status'),
): string {
  const conditions = filters.flatMap((filter, index) =>
    filterConditions(filter, `filters[${index}]`, parameters, status),
  );
  // A filter by run id selects the members of the run, with or without `indirect`.
  const ofRun = filters.some((filter) => filter.pipelineExecutionId);
  if (!indirect && !ofRun) conditions.push('e.parent_stage_execution_id IS NULL');
  const observing = filters.some(({ observations }) => observations === true);
  conditions.push(`${observing ? '' : 'NOT '}EXISTS (SELECT FROM observation one WHERE one.execution_id = e.run_id)`);
  conditions.push(actor.access.condition('READ', 'Execution', 'e', parameters));
  return allOf(conditions);
}

function filterConditions(
  filter: ExecutionFilter,
  field: string,
  parameters: unknown[],
  status: StatusCondition,
): string[] {
  const conditions: string[] = [];
  const add = (name: keyof ExecutionFilter, make: (where: string) => string) => {
    if (filter[name]) conditions.push(make(`${field}.${name}`));
  };
  const ids = (name: keyof ExecutionFilter, column: string, type: 'uuid' | 'text') =>
    add(name, (where) => idCondition(column, filter[name] as IdFilter, parameters, { field: where, type }));
  ids('execution', 'e.id', 'uuid');
  ids('application', 'e.application_id', 'uuid');
  ids('pipeline', `CASE WHEN e.kind = 'PIPELINE' THEN e.entity_id END`, 'uuid');
  ids('workflow', `CASE WHEN e.kind = 'WORKFLOW' THEN e.entity_id END`, 'uuid');
  ids('pipelineExecutionId', 'CASE WHEN e.parent_stage_execution_id IS NOT NULL THEN e.run_id END', 'uuid');
  if (filter.status) checkStatuses(filter.status, `${field}.status`);
  add('status', (where) =>
    status((column) => idCondition(column, filter.status as IdFilter, parameters, { field: where, type: 'text' })),
  );
  ids('trigger', `CASE WHEN e.cause->>'kind' = 'TRIGGER' THEN e.cause->>'id' END`, 'text');
  ids('triggeredBy', `CASE WHEN e.cause->>'kind' <> 'TRIGGER' THEN e.cause->>'id' END`, 'text');
  if (filter.resumable != null) {
    const resumable = `(e.status IN ('FAILED', 'ERROR', 'ABORTED', 'EXPIRED', 'REJECTED') AND e.parent_stage_execution_id IS NULL)`;
    conditions.push(filter.resumable ? resumable : `NOT ${resumable}`);
  }
  add('creationTime', () => timeCondition('e.created_at', filter.creationTime as TimeFilter, parameters));
  add('startTime', () => timeCondition('e.started_at', filter.startTime as TimeFilter, parameters));
  add('endTime', () => timeCondition('e.ended_at', filter.endTime as TimeFilter, parameters));
  add('duration', (where) =>
    numberCondition(
      '(CASE WHEN e.ended_at IS NOT NULL AND e.started_at IS NOT NULL THEN e.earlier_ms + coalesce(extract(epoch FROM e.ended_at - e.attempt_started_at) * 1000, 0) END)',
      filter.duration as NumberFilter,
      parameters,
      {
        field: where,
      },
    ),
  );
  add('environment', (where) =>
    linked('execution_environment', 'environment_id', filter.environment as IdFilter, parameters, where),
  );
  add('service', (where) => linked('execution_service', 'service_id', filter.service as IdFilter, parameters, where));
  add('environmentType', (where) => {
    const type = enumCondition('environment.type', filter.environmentType as EnumFilter<EnvironmentType>, parameters, {
      field: where,
    });
    return `EXISTS (SELECT FROM execution_environment link JOIN environment ON environment.id = link.environment_id
      WHERE link.execution_id = e.id AND ${type})`;
  });
  add('tag', (where) => tagCondition(filter.tag as TagFilter, tagged, 'DEPLOYMENT', parameters, where));
  return conditions;
}

type HasTag = (id: string) => string;
const entityTag = (kind: 'PIPELINE' | 'WORKFLOW') => (has: HasTag) => `(e.kind = '${kind}' AND ${has('e.entity_id')})`;
const linkedTag = (table: string, column: string) => (has: HasTag) =>
  `EXISTS (SELECT FROM ${table} one WHERE one.execution_id = e.id AND ${has(`one.${column}`)})`;

/** An execution has the tags of its pipeline or workflow, unless it has one of the same name. */
const tagged: TagPlaces = {
  DEPLOYMENT: (has, name) =>
    `(${has('e.id')} OR ${has('e.entity_id')} AND NOT EXISTS (
      SELECT FROM ${TAG_LINKS} WHERE link.entity_id = e.id AND tag.name = ${name()}))`,
  APPLICATION: (has) => has('e.application_id'),
  PIPELINE: entityTag('PIPELINE'),
  WORKFLOW: entityTag('WORKFLOW'),
  ENVIRONMENT: linkedTag('execution_environment', 'environment_id'),
  SERVICE: linkedTag('execution_service', 'service_id'),
};

/** Filter on one of several objects of an execution; NOT_IN means that the execution has none of them. */
function linked(table: string, column: string, filter: IdFilter, parameters: unknown[], field: string): string {
  const none = filter.operator === 'NOT_IN';
  const positive = none ? { ...filter, operator: 'IN' as const } : filter;
  const condition = idCondition(`link.${column}`, positive, parameters, { field, type: 'uuid' });
  return `${none ? 'NOT ' : ''}EXISTS (SELECT FROM ${table} link WHERE link.execution_id = e.id AND ${condition})`;
}

/** The statuses are a closed set: an unknown word is a mistake, and an empty list would hide it. */
function checkStatuses({ operator, values }: IdFilter, field: string): void {
  if (operator === 'LIKE' || operator === 'NOT_NULL') return;
  const known: readonly (string | null)[] = [...executionStatuses, 'RESUMED'];
  const unknown = values.filter((value) => !known.includes(value));
  if (unknown.length === 0) return;
  throw invalidInput(
    unknown.map((value) => {
      const message = `${field}: "${value}" is not a valid status; expected one of ${executionStatuses.join(', ')}.`;
      return { field, value, rule: 'ONE_OF', message };
    }),
  );
}
