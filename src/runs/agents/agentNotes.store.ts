import type { Db } from '../../kernel/database/database';
import type { AgentSample } from './agents.table';

/** News about one agent since the last time. */
export interface AgentNote {
  readonly id: string;
  /** Null if nothing was heard from it. */
  readonly seenAt: Date | null;
  readonly jobsDone: number;
  readonly jobsLost: number;
}

/** Writes news and samples of any number of agents, and removes samples from before `keptSince`, in one statement. */
export async function writeNotes(
  db: Db,
  notes: readonly AgentNote[],
  samples: readonly AgentSample[],
  keptSince: Date,
): Promise<void> {
  await db.write(
    `WITH sampled AS (
       INSERT INTO agent_sample (agent_id, at, cpu, memory_used_bytes, memory_bytes)
       SELECT * FROM unnest($5::uuid[], $6::timestamptz[], $7::real[], $8::bigint[], $9::bigint[]) ON CONFLICT DO NOTHING
     ), trimmed AS (
       DELETE FROM agent_sample WHERE at < $10
     )
     UPDATE agent SET last_seen_at = greatest(last_seen_at, note.seen_at),
       left_at = CASE WHEN removed_at IS NOT NULL OR note.seen_at IS NULL OR left_at >= note.seen_at THEN left_at END,
       jobs_done = jobs_done + note.done, jobs_lost = jobs_lost + note.lost
     FROM unnest($1::uuid[], $2::timestamptz[], $3::int[], $4::int[]) AS note (id, seen_at, done, lost)
     WHERE agent.id = note.id`,
    [
      notes.map((note) => note.id),
      notes.map((note) => note.seenAt),
      notes.map((note) => note.jobsDone),
      notes.map((note) => note.jobsLost),
      samples.map((sample) => sample.agentId),
      samples.map((sample) => sample.at),
      samples.map((sample) => sample.cpu),
      samples.map((sample) => sample.memoryUsedBytes),
      samples.map((sample) => sample.memoryBytes),
      keptSince,
    ],
  );
}

/** Load of agents since a time: the mean of each step, in order. */
export function findSamples(
  db: Db,
  agentIds: readonly string[],
  since: Date,
  stepSeconds: number,
): Promise<AgentSample[]> {
  return db.rows(
    `SELECT agent_id AS "agentId", to_timestamp(floor(extract(epoch FROM at) / $3) * $3) AS at, avg(cpu)::float8 AS cpu,
       avg(memory_used_bytes)::bigint AS "memoryUsedBytes", max(memory_bytes) AS "memoryBytes"
     FROM agent_sample WHERE agent_id = ANY ($1::uuid[]) AND at >= $2 GROUP BY 1, 2 ORDER BY 1, 2`,
    [agentIds, since, stepSeconds],
  );
}
