import { Client, type ClientConfig, Pool, types } from 'pg';
import type { Log } from '../log';

/** Maximum execution time of a statement. */
const STATEMENT_MS = 60_000;
/**
 * Time without a response after which a connection counts as lost: the network dropped it without notice to either
 * side.
 */
export const ANSWER_MS = STATEMENT_MS + 5_000;
/** Longest wait for a free connection of the pool. */
const FREE_MS = 15_000;
/** Longest wait for PostgreSQL to accept a connection. Until then it takes up a place in the pool. */
const CONNECT_MS = 5_000;
/** A transaction waits only for this server, which may be frozen or behind a network that dropped the connection. */
const IDLE_MS = 20_000;

class PooledClient extends Client {
  constructor(config?: ClientConfig) {
    super({ ...config, connectionTimeoutMillis: CONNECT_MS });
  }
}

/** Connections that pipeline: a statement is sent without waiting for the results of earlier ones. */
export function createPool(url: string, size: number, log: Log): Pool {
  // The driver returns bigint as text, because it may exceed a number. Counts, byte sizes and milliseconds do not.
  types.setTypeParser(types.builtins.INT8, Number);
  const pool = new Pool({
    connectionString: url,
    max: size,
    application_name: 'slipway',
    pipeline: true,
    Client: PooledClient,
    // A forgotten transaction holds locks and blocks vacuum and the watchers of all runs; a slow statement blocks its
    // connection.
    idle_in_transaction_session_timeout: IDLE_MS,
    statement_timeout: STATEMENT_MS,
    connectionTimeoutMillis: FREE_MS,
    keepAlive: true,
  });
  pool.on('error', (error) => log.debug({ reason: error.message }, 'idle database connection lost'));
  return pool;
}
