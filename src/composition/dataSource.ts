import pg from 'pg';
import { DataSource } from 'typeorm';
import { migrations } from '../../migrations';
import { SnakeNaming } from '../kernel/database/naming';
import { tables } from './tables';

/** TypeORM defines the tables and runs the migrations. The server's own statements go through `Database`. */
export function createDataSource(url: string): DataSource {
  return new DataSource({
    type: 'postgres',
    // Named, because TypeORM would look it up by name at run time, where a bundle has no packages.
    driver: pg,
    url,
    poolSize: 3,
    connectTimeoutMS: 10_000,
    applicationName: 'slipway migrations',
    entities: tables,
    migrations: [...migrations],
    migrationsTransactionMode: 'each',
    namingStrategy: new SnakeNaming(),
    installExtensions: false,
    uuidExtension: 'pgcrypto',
    synchronize: false,
  });
}
