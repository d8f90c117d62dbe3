import { MigrationInterface, QueryRunner } from 'typeorm';

export class BesideTasks1795270466885 implements MigrationInterface {
  name = 'BesideTasks1795270466885';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "beside_task" ("task_id" uuid NOT NULL, "execution_id" uuid NOT NULL, "revision_id" uuid NOT NULL, "variables" jsonb NOT NULL, "images" jsonb NOT NULL, "env" jsonb NOT NULL, "failed_task_id" uuid, "failed_attempt" integer, "start_by" TIMESTAMP(3) WITH TIME ZONE, CONSTRAINT "beside_task_failed_task" UNIQUE ("failed_task_id"), CONSTRAINT "beside_task_failed_attempt" UNIQUE ("execution_id", "failed_attempt"), CONSTRAINT "PK_fbd1074158102b21c1fa3e15663" PRIMARY KEY ("task_id"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "beside_task_start_by" ON "beside_task"  ("start_by") WHERE start_by IS NOT NULL`,
    );
    await queryRunner.query(`ALTER TABLE "execution" ADD "beside_tasks" integer NOT NULL DEFAULT '0'`);
    await queryRunner.query(`ALTER TABLE "execution" DROP CONSTRAINT "execution_counts"`);
    await queryRunner.query(
      `ALTER TABLE "execution" ADD CONSTRAINT "execution_counts" CHECK (busy_tasks >= 0 AND open_tasks >= busy_tasks AND beside_tasks >= 0)`,
    );
    await queryRunner.query(
      `ALTER TABLE "beside_task" ADD CONSTRAINT "FK_fbd1074158102b21c1fa3e15663" FOREIGN KEY ("task_id") REFERENCES "task_execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "beside_task" ADD CONSTRAINT "FK_67264edc5299ace7f06c1b34b04" FOREIGN KEY ("failed_task_id") REFERENCES "task_execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION`,
    );
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "beside_task" DROP CONSTRAINT "FK_67264edc5299ace7f06c1b34b04"`);
    await queryRunner.query(`ALTER TABLE "beside_task" DROP CONSTRAINT "FK_fbd1074158102b21c1fa3e15663"`);
    await queryRunner.query(`ALTER TABLE "execution" DROP CONSTRAINT "execution_counts"`);
    await queryRunner.query(
      `ALTER TABLE "execution" ADD CONSTRAINT "execution_counts" CHECK (busy_tasks >= 0 AND open_tasks >= busy_tasks)`,
    );
    await queryRunner.query(`ALTER TABLE "execution" DROP COLUMN "beside_tasks"`);
    await queryRunner.query(`DROP INDEX "public"."beside_task_start_by"`);
    await queryRunner.query(`DROP TABLE "beside_task"`);
  }
}
