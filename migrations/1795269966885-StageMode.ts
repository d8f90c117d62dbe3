import { MigrationInterface, QueryRunner } from 'typeorm';

export class StageMode1795269966885 implements MigrationInterface {
  name = 'StageMode1795269966885';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "stage_execution" ADD "mode" text`);
    await queryRunner.query(`ALTER TABLE "stage_execution" ADD "max_parallel" integer`);
    await queryRunner.query(
      `ALTER TABLE "stage_execution" ADD CONSTRAINT "stage_execution_mode" CHECK (mode IN ('SEQUENTIAL', 'PARALLEL', 'WORK_STEALING'))`,
    );
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "stage_execution" DROP CONSTRAINT "stage_execution_mode"`);
    await queryRunner.query(`ALTER TABLE "stage_execution" DROP COLUMN "max_parallel"`);
    await queryRunner.query(`ALTER TABLE "stage_execution" DROP COLUMN "mode"`);
  }
}
