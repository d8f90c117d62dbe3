import type { Db } from '../../kernel/database/database';

/** Runs among which the last successful one is searched, so that the search does not grow with history. */
const MOST_RUNS = 1000;

export interface CheckoutPlace {
  readonly runId: string;
  readonly executionId: string;
  readonly url: string;
  readonly ref: string | null;
}

/** Commit that a run has checked out first for a URL and ref. Null if it has not yet. */
export async function findCheckedOut(db: Db, { runId, url, ref }: CheckoutPlace): Promise<string | null> {
  const [row] = await db.rows<{ commit: string }>(
    `SELECT facts->'checkout'->>'commit' AS commit FROM job
     WHERE run_id = $1 AND facts IS NOT NULL AND facts->'checkout'->>'url' = $2
       AND facts->'checkout'->>'ref' IS NOT DISTINCT FROM $3
     ORDER BY ended_at LIMIT 1`,
    [runId, url, ref],
  );
  return row?.commit ?? null;
}

/**
 * Commit of a repository in the last successful run of the same pipeline or workflow, where the same workflow ran on the
 * same environment. Null if there is none among the newest runs.
 */
export async function findLastCommit(db: Db, { executionId, url }: CheckoutPlace): Promise<string | null> {
  const [row] = await db.rows<{ commit: string }>(
    `SELECT job.facts->'checkout'->>'commit' AS commit
     FROM execution own JOIN execution own_run ON own_run.id = own.run_id
     CROSS JOIN LATERAL (
       SELECT id, status, created_at FROM execution WHERE entity_id = own_run.entity_id
       ORDER BY created_at DESC, id DESC LIMIT ${MOST_RUNS}
     ) run
     JOIN execution member ON member.run_id = run.id AND member.entity_id = own.entity_id
       AND member.environment_id IS NOT DISTINCT FROM own.environment_id
     JOIN job ON job.run_id = run.id AND job.execution_id = member.id AND job.facts IS NOT NULL
       AND job.status = 'SUCCESS' AND job.facts->'checkout'->>'url' = $2
     WHERE own.id = $1 AND run.status = 'SUCCESS' AND run.id <> own_run.id
     ORDER BY run.created_at DESC, job.ended_at DESC LIMIT 1`,
    [executionId, url],
  );
  return row?.commit ?? null;
}
