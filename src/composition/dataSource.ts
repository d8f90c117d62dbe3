import { types } from 'pg';
import { DataSource } from 'typeorm';
import { migrations } from '../../migrations';
import { SnakeNaming } from '../kernel/database/naming';
import { tables } from './tables';

export function createDataSource(url: string, poolSize = 20): DataSource {
  // pg returns bigint as text, because it may not fit a number. Counts, byte sizes and milliseconds do fit.
  types.setTypeParser(types.builtins.INT8, Number);
  return new DataSource({
    type: 'postgres',
    url,
    poolSize,
    applicationName: 'slipway',
    entities: tables,
    migrations: [...migrations],
    migrationsTransactionMode: 'each',
    namingStrategy: new SnakeNaming(),
    installExtensions: false,
    uuidExtension: 'pgcrypto',
    synchronize: false,
    extra: {
      // A forgotten transaction must not hold back vacuum, nor a statement block a worker, forever.
      idle_in_transaction_session_timeout: 60_000,
      statement_timeout: 120_000,
    },
  });
}
