import { Pool, types } from 'pg';
import type { Log } from '../log';

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
    statement_timeout: 120_000,
  });
  pool.on('error', (error) => log.debug({ reason: error.message }, 'idle database connection lost'));
  return pool;
}
