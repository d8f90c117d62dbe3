import type { Actor } from '../../access/actor';
import type { Db } from '../../kernel/database/database';
import { allOf, type IdFilter, idCondition, numberCondition } from '../../kernel/filters';
import type { NumberFilter } from '../../kernel/filters';
import { cursorCodec, type Page, type PageArguments, readPage, toPage } from '../../kernel/paging';
import type { App } from '../app';
import type { Place } from './job';

/** WAITING: in the queue. OFFERED: an agent claimed it and has not started it yet. */
export type QueuedState = 'WAITING' | 'OFFERED' | 'RUNNING';

/** A job that waits or runs. */
export interface QueuedJob extends Place {
  readonly jobId: string;
  readonly taskExecutionId: string;
  readonly executionId: string;
  readonly state: QueuedState;
  readonly labels: readonly string[];
  readonly queuedAt: Date;
}

/** One object of the argument `filters`; all its fields must match. */
export interface QueueFilter {
  readonly application?: IdFilter | null;
  readonly job?: IdFilter | null;
  readonly execution?: IdFilter | null;
  readonly pipelineExecutionId?: IdFilter | null;
  /** Required labels of the job: all of these are among them. */
  readonly labels?: readonly string[] | null;
  readonly priority?: NumberFilter | null;
  readonly states?: readonly QueuedState[] | null;
}

const cursor = cursorCodec('queue', 'number', 'number', 'number', 'number', 'id');

/** Jobs that run come first, because they were taken. */
const phaseOf = ({ state }: QueuedJob): number => (state === 'WAITING' ? 1 : 0);
const keyOf = (row: QueuedJob) => [phaseOf(row), row.precedence, row.share, row.rank, row.jobId] as const;

/** Order of the queue: priority, share, arrival. */
const key = (row: string) => `${row}.precedence, ${row}.share, ${row}.rank, ${row}.job_id`;

const columns = `row.job_id AS "jobId", job.task_execution_id AS "taskExecutionId", job.execution_id AS "executionId",
  row.precedence, row.share, row.rank, class.labels, job.queued_at AS "queuedAt"`;
const ofJob = `JOIN job ON job.id = row.job_id JOIN execution e ON e.id = job.execution_id`;

/**
 * Jobs that wait or run, in the order in which agents claim them, as far as the actor may see them. Of those that wait,
 * each class of requirements is read from its index up to the end of the page.
 */
export async function listQueue(
  app: App,
  actor: Actor,
  filters: readonly QueueFilter[],
  page: PageArguments,
): Promise<Page<QueuedJob>> {
  const request = readPage(page, cursor);
  const { after } = request;
  const parameters: unknown[] = [];
  const claimed = conditions(actor, filters, `CASE WHEN row.started THEN 'RUNNING' ELSE 'OFFERED' END`, parameters);
  const waiting = conditions(actor, filters, `'WAITING'`, parameters);
  const counted = [...parameters];
  const [phase, ...place] = after ?? [];
  const beyond = (own: number): string => {
    if (phase === undefined || phase < own) return 'TRUE';
    if (phase > own) return 'FALSE';
    const [precedence, share, rank, id] = place.map((value) => `$${parameters.push(value)}`);
    return `(${key('row')}) > (${precedence}::int, ${share}::bigint, ${rank}::bigint, ${id}::uuid)`;
  };
  const claimedBeyond = beyond(0);
  const waitingBeyond = beyond(1);
  const most = `$${parameters.push(request.offset + request.fetch)}::bigint`;
  const rows = await app.database.rows<QueuedJob>(
    `SELECT * FROM (
       (SELECT 0 AS phase, ${columns}, CASE WHEN row.started THEN 'RUNNING' ELSE 'OFFERED' END AS state
        FROM job_lease row ${ofJob} JOIN requirement_class class ON class.id = job.requirement_class_id
        WHERE ${claimed} AND ${claimedBeyond} ORDER BY ${key('row')} LIMIT ${most})
       UNION ALL
       (SELECT 1, head.*, 'WAITING' FROM requirement_class class CROSS JOIN LATERAL (
          SELECT ${columns} FROM ready_job row ${ofJob}
          WHERE row.requirement_class_id = class.id AND ${waiting} AND ${waitingBeyond}
          ORDER BY ${key('row')} LIMIT ${most}
        ) head ORDER BY head.precedence, head.share, head.rank, head."jobId" LIMIT ${most})
     ) queue ORDER BY phase, precedence, share, rank, "jobId"
     LIMIT $${parameters.push(request.fetch)} OFFSET $${parameters.push(request.offset)}`,
    parameters,
  );
  return toPage(request, {
    rows,
    cursor: (row) => cursor.encode(keyOf(row)),
    countTotal: () => countQueue(app.database, claimed, waiting, counted),
  });
}

async function countQueue(db: Db, claimed: string, waiting: string, parameters: readonly unknown[]): Promise<number> {
  const of = (table: string, classOf: string, where: string) =>
    `(SELECT count(*) FROM ${table} row ${ofJob} JOIN requirement_class class ON class.id = ${classOf}.requirement_class_id WHERE ${where})`;
  const [row] = await db.rows<{ n: number }>(
    `SELECT ${of('job_lease', 'job', claimed)} + ${of('ready_job', 'row', waiting)} AS n`,
    parameters,
  );
  return row?.n ?? 0;
}

function conditions(actor: Actor, filters: readonly QueueFilter[], state: string, parameters: unknown[]): string {
  const own = filters.flatMap((filter, index) => {
    const field = (name: keyof QueueFilter) => ({ field: `filters[${index}].${name}` });
    const ids = (name: 'application' | 'job' | 'execution' | 'pipelineExecutionId', column: string) => {
      const given = filter[name];
      return given ? [idCondition(column, given, parameters, { ...field(name), type: 'uuid' })] : [];
    };
    return [
      ...ids('application', 'e.application_id'),
      ...ids('job', 'row.job_id'),
      ...ids('execution', 'e.id'),
      ...ids('pipelineExecutionId', 'e.run_id'),
      ...(filter.labels ? [`class.labels @> $${parameters.push(filter.labels)}::text[]`] : []),
      ...(filter.priority
        ? [numberCondition('(-row.precedence)', filter.priority, parameters, field('priority'))]
        : []),
      ...(filter.states ? [`${state} = ANY ($${parameters.push(filter.states)}::text[])`] : []),
    ];
  });
  return allOf([...own, actor.access.condition('READ', 'Execution', 'e', parameters)]);
}
