import type { Db } from '../../../kernel/database/database';

/** Repositories and commits that jobs of a run have checked out. */
export const findCheckouts = (db: Db, runId: string, most: number): Promise<{ url: string; commit: string }[]> =>
  db.rows(
    `SELECT DISTINCT facts->'checkout'->>'url' AS url, facts->'checkout'->>'commit' AS commit FROM job
     WHERE run_id = $1 AND facts->'checkout'->>'commit' IS NOT NULL ORDER BY url, commit LIMIT $2`,
    [runId, most],
  );
