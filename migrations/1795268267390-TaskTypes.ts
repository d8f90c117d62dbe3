import { MigrationInterface, QueryRunner } from 'typeorm';

export class TaskTypes1795268267390 implements MigrationInterface {
  name = 'TaskTypes1795268267390';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "task_execution" ADD "type" text NOT NULL DEFAULT 'normal'`);
    await queryRunner.query(
      `ALTER TABLE "task_execution" ADD CONSTRAINT "task_execution_type" CHECK (type IN ('normal', 'forensic', 'restore') AND (type = 'normal' OR NOT current))`,
    );
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "task_execution" DROP CONSTRAINT "task_execution_type"`);
    await queryRunner.query(`ALTER TABLE "task_execution" DROP COLUMN "type"`);
  }
}
