import type { ArtifactSource } from '../../catalog/language/artifactSource';
import { dependencyOf, hasMatrix } from '../../catalog/language/matrix';
import type { WorkflowDefinition } from '../../catalog/language/workflow';
import type { JobInput } from '../../contract/agentProtocol';
import type { AttemptRef } from '../../engine/execution';
import type { Db } from '../../kernel/database/database';
import { askedAttempts, isShown, SHOWN_ATTEMPTS } from '../execution/lineage';

/** A job that takes artifacts of other tasks. */
export interface Taker {
  readonly executionId: string;
  readonly runId: string;
  readonly taskExecutionId: string;
  /** For a restore task: the attempt of its run that is being restored. */
  readonly restored: AttemptRef | null;
}

export interface TakenArtifacts {
  readonly inputs: readonly JobInput[];
  /** Name of a file that was deleted since, so that not all files can be taken. */
  readonly deleted: { readonly name: string; readonly at: Date } | null;
  /** True if there are no files because conditions skipped the tasks that would have produced them. */
  readonly isSkipped: boolean;
}

/**
 * Files that one entry of `artifacts.from` refers to. Only results that the newest attempts show count, and only the
 * files of each task's newest successful job. If two files have the same name, the newer one is taken. `pattern` is a
 * regular expression of PostgreSQL for names.
 */
export async function findTaken(
  db: Db,
  taker: Taker,
  source: ArtifactSource,
  tasks: WorkflowDefinition['tasks'],
  pattern: string | null = null,
): Promise<TakenArtifacts> {
  const { from, where, skipped, parameters } =
    source.in === 'WORKFLOW' ? ownTasks(taker, source.task, tasks) : tasksOfRun(taker, source);
  const rows = await db.rows<Omit<JobInput, 'size'> & { size: string; deletedAt: Date | null }>(
    `SELECT DISTINCT ON (artifact.name) artifact.id AS "artifactId", artifact.name, artifact.type, artifact.mode,
       artifact.size, artifact.sha256, artifact.deleted_at AS "deletedAt"
     FROM ${from}
     JOIN job ON job.task_execution_id = task.id AND job.status = 'SUCCESS'
     JOIN artifact ON artifact.job_id = job.id
     WHERE ${where} AND ($${parameters.length + 1}::text IS NULL OR artifact.name ~ $${parameters.length + 1})
     ORDER BY artifact.name, job.ended_at DESC`,
    [...parameters, pattern],
  );
  if (rows.length > 0) {
    const inputs = rows.flatMap(({ deletedAt, ...row }) =>
      deletedAt === null ? { ...row, size: Number(row.size) } : [],
    );
    const gone = rows.find(({ deletedAt }) => deletedAt !== null);
    const deleted = gone?.deletedAt ? { name: gone.name, at: gone.deletedAt } : null;
    return { inputs, deleted, isSkipped: false };
  }
  const [answer] = await db.rows<{ isSkipped: boolean | null }>(skipped, parameters);
  return { inputs: [], deleted: null, isSkipped: answer?.isSkipped === true };
}

interface Tasks {
  readonly from: string;
  readonly where: string;
  /** Statement that returns true if conditions skipped all of them. */
  readonly skipped: string;
  readonly parameters: readonly unknown[];
}

const IS_SKIPPED = `task.status = 'SKIPPED' AND task.passed`;

/** Beginning of the names of the tasks that a name stands for: combinations, or the tasks of a workflow. */
function prefixOf(text: string, tasks: WorkflowDefinition['tasks']): string | null {
  const task = Object.hasOwn(tasks, text) ? tasks[text] : undefined;
  if (task === undefined) return null;
  return task.workflow !== null ? `${text}/` : hasMatrix(task) ? `${text}[` : null;
}

/** A task of the same workflow execution, or all its combinations. A restore task takes files of restore tasks only. */
function ownTasks(taker: Taker, text: string, tasks: WorkflowDefinition['tasks']): Tasks {
  // Every task whose name begins like this; or one task.
  const prefix = prefixOf(text, tasks);
  const named = dependencyOf(text, tasks) ?? { node: text };
  const name = prefix ?? ('node' in named ? named.node : text);
  const isNamed = (n: string) => (prefix === null ? `task.name = ${n}` : `starts_with(task.name, ${n})`);
  const [from, where, parameters] =
    taker.restored === null
      ? [
          `${SHOWN_ATTEMPTS} JOIN task_execution task ON ${isShown('task')}`,
          isNamed('$3'),
          [...askedAttempts([{ executionId: taker.executionId }]), name],
        ]
      : [
          `operation_task own JOIN operation_task part ON part.operation_id = own.operation_id
           JOIN task_execution task ON task.id = part.task_execution_id AND task.execution_id = $2`,
          `own.task_execution_id = $1 AND ${isNamed('$3')}`,
          [taker.taskExecutionId, taker.executionId, name],
        ];
  const skipped = `SELECT bool_and(${IS_SKIPPED}) AS "isSkipped" FROM ${from} WHERE ${where}`;
  return { from, where, skipped, parameters };
}

/**
 * Tasks of workflows that an attempt of the run shows, limited to earlier stages. Workflows have the names that the
 * pipeline definition of that attempt gives them: a workflow may have been renamed since.
 */
function tasksOfRun(
  { executionId, runId, restored }: Taker,
  source: Exclude<ArtifactSource, { in: 'WORKFLOW' }>,
): Tasks {
  const places = `${SHOWN_ATTEMPTS}
     JOIN execution_attempt run ON run.execution_id = shown.execution_id AND run.attempt = shown.attempt
     JOIN pipeline_revision revision ON revision.id = run.revision_id
     JOIN attempt_element place ON place.execution_id = run.execution_id AND place.attempt = run.attempt
     JOIN stage_execution stage ON stage.id = place.stage_execution_id`;
  const memberJoin = `execution_attempt member ON member.execution_id = stage.workflow_execution_id AND member.attempt = stage.workflow_attempt`;
  const element = `ARRAY['stages', place.stage_index::text, 'elements', place.element_index::text, 'workflow']`;
  const where = `($3::text IS NULL OR revision.definition #>> ${element} = $3)
     AND ($4::text IS NULL OR place.stage_name = $4) AND ($5::text IS NULL OR stage.step_name = $5)
     AND ($6::uuid IS NULL OR place.stage_index < (
       SELECT own.stage_index FROM execution taker JOIN stage_execution own ON own.id = taker.parent_stage_execution_id
       WHERE taker.id = $6))`;
  const isNamed = `($7::text IS NULL OR (split_part(task.name, '[', 1) = split_part($7, '[', 1)
     AND ${axesOf('task.name')} @> ${axesOf('$7')}))`;
  return {
    from: `${places} JOIN ${memberJoin} JOIN task_execution task ON ${isShown('task', 'member')} AND ${isNamed}`,
    where,
    // A task that declares no artifacts doesn't tell why there are none.
    skipped: `SELECT bool_and(coalesce(${IS_SKIPPED}, stage.status = 'SKIPPED' AND stage.reason_code = 'CONDITION_TRUE')) AS "isSkipped"
      FROM ${places} LEFT JOIN ${memberJoin} LEFT JOIN workflow_revision made ON made.id = member.revision_id
      LEFT JOIN task_execution task ON ${isShown('task', 'member')} AND ${isNamed}
        AND made.definition #> ARRAY['tasks', split_part(task.name, '[', 1), 'artifacts', 'paths'] <> '[]'
      WHERE ${where}`,
    parameters: [
      ...askedAttempts([restored ?? { executionId: runId }]),
      source.in === 'RUN' ? source.workflow : null,
      source.in === 'STAGE' ? source.stage : null,
      source.in === 'STAGE' ? source.element : null,
      restored === null ? executionId : null,
      source.task,
    ],
  };
}

/** Values of a combination; empty for a task without a matrix. The order of the axes does not matter. */
const axesOf = (name: string): string => `string_to_array(rtrim(split_part(${name}, '[', 2), ']'), ',')`;

/** Most files in the list of a job. */
export const MOST_LISTED = 1000;

/**
 * Files of the run that successful jobs, or this job, have left. If several have the same name, the newest one. One
 * more than are listed, if there are more.
 */
export async function findListed(
  db: Db,
  { runId, jobId }: { readonly runId: string; readonly jobId: string },
  pattern: string | null,
): Promise<JobInput[]> {
  const rows = await db.rows<Omit<JobInput, 'size'> & { size: string }>(
    `SELECT DISTINCT ON (artifact.name) artifact.id AS "artifactId", artifact.name, artifact.type, artifact.mode,
       artifact.size, artifact.sha256
     FROM artifact JOIN job ON job.id = artifact.job_id
     WHERE artifact.run_id = $1 AND (job.status = 'SUCCESS' OR job.id = $2) AND artifact.deleted_at IS NULL
       AND ($3::text IS NULL OR artifact.name ~ $3)
     ORDER BY artifact.name, artifact.created_at DESC, artifact.id DESC LIMIT ${MOST_LISTED + 1}`,
    [runId, jobId, pattern],
  );
  return rows.map((row) => ({ ...row, size: Number(row.size) }));
}
