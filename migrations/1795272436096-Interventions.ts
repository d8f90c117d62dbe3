import { MigrationInterface, QueryRunner } from 'typeorm';

export class Interventions1795272436096 implements MigrationInterface {
  name = 'Interventions1795272436096';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "execution" ADD "waiting_tasks" integer NOT NULL DEFAULT '0'`);
    await queryRunner.query(`ALTER TABLE "execution" DROP CONSTRAINT "execution_counts"`);
    await queryRunner.query(
      `ALTER TABLE "execution" ADD CONSTRAINT "execution_counts" CHECK (busy_tasks >= 0 AND waiting_tasks >= 0 AND open_tasks >= busy_tasks + waiting_tasks AND beside_tasks >= 0)`,
    );
    await queryRunner.query(`ALTER TABLE "stage_execution" ADD "failures" integer NOT NULL DEFAULT '0'`);
    await queryRunner.query(`ALTER TABLE "stage_execution" ADD "ignored" boolean NOT NULL DEFAULT false`);
    await queryRunner.query(`ALTER TABLE "task_execution" ADD "waits_until" TIMESTAMP(3) WITH TIME ZONE`);
    await queryRunner.query(
      `CREATE INDEX "task_execution_waits" ON "task_execution"  ("waits_until") WHERE waits_until IS NOT NULL`,
    );
    await queryRunner.query(
      `ALTER TABLE "task_execution" ADD CONSTRAINT "task_execution_waiting" CHECK (waits_until IS NULL OR status = 'WAITING')`,
    );
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "task_execution" DROP CONSTRAINT "task_execution_waiting"`);
    await queryRunner.query(`DROP INDEX "public"."task_execution_waits"`);
    await queryRunner.query(`ALTER TABLE "task_execution" DROP COLUMN "waits_until"`);
    await queryRunner.query(`ALTER TABLE "stage_execution" DROP COLUMN "ignored"`);
    await queryRunner.query(`ALTER TABLE "stage_execution" DROP COLUMN "failures"`);
    await queryRunner.query(`ALTER TABLE "execution" DROP CONSTRAINT "execution_counts"`);
    await queryRunner.query(
      `ALTER TABLE "execution" ADD CONSTRAINT "execution_counts" CHECK (busy_tasks >= 0 AND open_tasks >= busy_tasks AND beside_tasks >= 0)`,
    );
    await queryRunner.query(`ALTER TABLE "execution" DROP COLUMN "waiting_tasks"`);
  }
}
