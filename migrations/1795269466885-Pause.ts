import { MigrationInterface, QueryRunner } from 'typeorm';

export class Pause1795269466885 implements MigrationInterface {
  name = 'Pause1795269466885';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "execution" ADD "pause" jsonb`);
    await queryRunner.query(
      `ALTER TABLE "execution" ADD CONSTRAINT "execution_pause" CHECK (pause IS NULL OR status = 'PAUSED')`,
    );
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "execution" DROP CONSTRAINT "execution_pause"`);
    await queryRunner.query(`ALTER TABLE "execution" DROP COLUMN "pause"`);
  }
}
