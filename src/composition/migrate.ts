import type { DataSource } from 'typeorm';
import { createDataSource } from './dataSource';

const LOCK = 0x51_1b_3a_7; // any constant: it only has to be the same in every server

/** Updates the schema. Servers that start together wait for each other; one of them does the work. */
export async function migrateDataSource(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [LOCK]);
    try {
      return (await dataSource.runMigrations()).map((migration) => migration.name);
    } finally {
      await runner.query('SELECT pg_advisory_unlock($1)', [LOCK]);
    }
  } finally {
    await runner.release();
  }
}

export async function migrate(url: string): Promise<void> {
  const dataSource = await createDataSource(url, 3).initialize();
  try {
    await migrateDataSource(dataSource);
  } finally {
    await dataSource.destroy();
  }
}
