import { Pool, types } from 'pg';
import type { Log } from '../log';

/** Longest time that PostgreSQL works on a statement. */
const STATEMENT_MS = 60_000;
/** Time without an answer after which a connection counts as lost: the network dropped it and told neither side. */
export const ANSWER_MS = STATEMENT_MS + 5_000;
/** Longest wait for a connection: for a free one in the pool, or for PostgreSQL to accept a new one. */
const CONNECT_MS = 15_000;

/** Connections that pipeline: a statement is sent without waiting for the results of the ones before it. */
export function createPool(url: string, size: number, log: Log): Pool {
  // The driver returns bigint as text, because it may exceed a number. Counts, byte sizes and milliseconds do not.
  types.setTypeParser(types.builtins.INT8, Number);
  const pool = new Pool({
    connectionString: url,
    max: size,
    application_name: 'slipway',
    pipeline: true,
    // A forgotten transaction must not hold back vacuum, nor a slow statement occupy its connection, without end.
    idle_in_transaction_session_timeout: 60_000,
    statement_timeout: STATEMENT_MS,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
  });
  pool.on('error', (error) => log.debug({ reason: error.message }, 'idle database connection lost'));
  return pool;
}
