import 'reflect-metadata';
import { readServerConfig } from './src/kernel/config';
import { createDataSource } from './src/composition/dataSource';

/** For TypeORM's command line: `npm run migration:generate` compares the tables of the code with the database at DATABASE_URL. */
export default createDataSource(readServerConfig().DATABASE_URL ?? 'postgres://localhost/slipway');
