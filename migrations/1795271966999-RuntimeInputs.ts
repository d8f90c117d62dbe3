import { MigrationInterface, QueryRunner } from 'typeorm';

export class RuntimeInputs1795271966999 implements MigrationInterface {
  name = 'RuntimeInputs1795271966999';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "stage_execution" ADD "waits_until" TIMESTAMP(3) WITH TIME ZONE`);
    await queryRunner.query(`ALTER TABLE "stage_execution" ADD "answers" jsonb`);
    await queryRunner.query(
      `CREATE INDEX "stage_execution_waits" ON "stage_execution"  ("waits_until") WHERE waits_until IS NOT NULL`,
    );
    await queryRunner.query(
      `ALTER TABLE "stage_execution" ADD CONSTRAINT "stage_execution_waiting" CHECK (waits_until IS NULL OR status IN ('PAUSED', 'WAITING'))`,
    );
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "stage_execution" DROP CONSTRAINT "stage_execution_waiting"`);
    await queryRunner.query(`DROP INDEX "public"."stage_execution_waits"`);
    await queryRunner.query(`ALTER TABLE "stage_execution" DROP COLUMN "answers"`);
    await queryRunner.query(`ALTER TABLE "stage_execution" DROP COLUMN "waits_until"`);
  }
}
