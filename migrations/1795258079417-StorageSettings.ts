import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Rows that are updated often leave room on their page, so that an update need not touch the indexes; the small tables that claims go
 * through are vacuumed after a few hundred dead rows rather than after a share of their size.
 */
export class StorageSettings1795258079417 implements MigrationInterface {
  name = 'StorageSettings1795258079417';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['execution', 'stage_execution', 'task_execution', 'job', 'job_log', 'agent']) {
      await runner.query(`ALTER TABLE ${table} SET (fillfactor = 80)`);
    }
    for (const table of ['ready_job', 'job_lease']) {
      await runner.query(
        `ALTER TABLE ${table} SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500)`,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['execution', 'stage_execution', 'task_execution', 'job', 'job_log', 'agent']) {
      await runner.query(`ALTER TABLE ${table} RESET (fillfactor)`);
    }
    for (const table of ['ready_job', 'job_lease']) {
      await runner.query(
        `ALTER TABLE ${table} RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)`,
      );
    }
  }
}
