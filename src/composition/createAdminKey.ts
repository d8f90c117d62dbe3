import type { App as AccessApp } from '../access/app';
import { Abilities } from '../access/abilities';
import { createAdministratorKey } from '../access/administratorKey';
import { KnownCallers } from '../access/knownCallers';
import { auditTransactions } from '../access/audit/audited';
import { TrustedIssuers } from '../access/trust/trustedIssuers';
import { systemClock } from '../kernel/clock';
import type { ServerConfig } from '../kernel/config';
import { Database, sqlState } from '../kernel/database/database';
import { createPool } from '../kernel/database/pool';
import { ProcessWakeups } from '../kernel/database/wakeups';
import type { Log } from '../kernel/log';
import { Outgoing } from '../kernel/outgoing/outgoing';
import { StartError } from '../kernel/startError';
import { joinDatabase } from './joinDatabase';

/**
 * Creates an administrator's key directly in the database, for people who control the server's machine and have lost
 * their key. Works whether or not servers are running. Never changes the schema.
 */
export async function createAdminKey(config: ServerConfig, log: Log, name: string): Promise<string> {
  const own = await joinDatabase(config, log);
  try {
    const pool = createPool(own.url, 2, log);
    try {
      const database = new Database(pool, new ProcessWakeups());
      auditTransactions(database, systemClock);
      const abilities = new Abilities(database, systemClock);
      const knownCallers = new KnownCallers(systemClock);
      const app: AccessApp = {
        config,
        log,
        clock: systemClock,
        database,
        outgoing: new Outgoing(config.SLIPWAY_OUTGOING_ALLOW),
        abilities,
        knownCallers,
        identityProvider: null,
        webSignIn: null,
        trustedIssuers: new TrustedIssuers({ clockToleranceSeconds: 0, allowHttp: false }, systemClock),
      };
      return await createAdministratorKey(app, name);
    } catch (error) {
      if (sqlState(error) !== UNDEFINED_TABLE) throw error;
      throw new StartError('The database has no Slipway schema yet. Start the server once, then repeat the command.');
    } finally {
      await pool.end();
    }
  } finally {
    await own.stop();
  }
}

const UNDEFINED_TABLE = '42P01';
