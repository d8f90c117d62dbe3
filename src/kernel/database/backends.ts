import { setTimeout as pause } from 'node:timers/promises';
import { Client, type ClientConfig, DatabaseError } from 'pg';
import { Batch } from '../batch';

/** Time without a response after which a connection's backend is looked at. */
const SILENCE_MS = 5_000;
/** Longest time to open a connection, and for each response on it. */
const CONNECT_MS = 3_000;
const LOOK_MS = 2_000;
/** A response that is on its way arrives within this time. */
const CONFIRM_MS = 1_000;

interface Waiting {
  readonly pid: number;
  /** Time of its last change of state; empty if it is gone. */
  readonly since: string;
}

/** A backend that waits for its client has no statement to work on, or can't deliver its response. */
const WAITING = `
  SELECT pid, state_change::text AS since FROM pg_stat_activity
  WHERE pid = ANY ($1::int[]) AND wait_event_type = 'Client'
  UNION ALL
  SELECT pid, '' FROM unnest($1::int[]) AS asked (pid)
  WHERE pid NOT IN (SELECT pid FROM pg_stat_activity WHERE pid IS NOT NULL)`;
const TERMINATE = `
  SELECT pg_terminate_backend(pid) FROM unnest($1::int[], $2::text[]) AS asked (pid, since)
  JOIN pg_stat_activity USING (pid)
  WHERE wait_event_type = 'Client' AND state_change::text = since`;

/**
 * Distinguishes a dead connection from a slow statement without ending the statement: asks PostgreSQL over a separate
 * connection about the process that serves the silent one.
 */
export class Backends {
  private readonly looks = new Batch<number, boolean>((pids) => this.look(pids));

  constructor(
    private readonly config: ClientConfig,
    readonly silenceMs = SILENCE_MS,
    private readonly confirmMs = CONFIRM_MS,
  ) {}

  /**
   * True if no response can come from this backend: it is gone, it waits for its client, or PostgreSQL can't be reached.
   * A backend that waits is terminated, because its transaction may hold locks.
   */
  isLost(pid: number): Promise<boolean> {
    return this.looks.add(pid);
  }

  private async look(pids: readonly number[]): Promise<readonly boolean[]> {
    const client = new Client({ ...this.config, connectionTimeoutMillis: CONNECT_MS, query_timeout: LOOK_MS });
    // Its statements report the loss of the connection.
    client.on('error', () => undefined);
    try {
      await client.connect();
      if (!(await isDirect(client))) return pids.map(() => false);
      const before = await this.waiting(client, pids);
      if (before.size === 0) return pids.map(() => false);
      await pause(this.confirmMs);
      const after = await this.waiting(client, [...before.keys()]);
      const lost = new Map([...after].filter(([pid, since]) => before.get(pid) === since));
      await client.query(TERMINATE, [[...lost.keys()], [...lost.values()]]);
      return pids.map((pid) => lost.has(pid));
    } catch (error) {
      // An error of PostgreSQL's, such as "too many connections", proves that it can be reached.
      return pids.map(() => !(error instanceof DatabaseError));
    } finally {
      client.end().catch(() => undefined);
    }
  }

  private async waiting(client: Client, pids: readonly number[]): Promise<Map<number, string>> {
    const { rows } = await client.query<Waiting>(WAITING, [pids]);
    return new Map(rows.map(({ pid, since }) => [pid, since]));
  }
}

/** False behind a pooler, which gives its clients ids of its own: nothing is known about a backend then. */
async function isDirect(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid === Reflect.get(client, 'processID');
}
