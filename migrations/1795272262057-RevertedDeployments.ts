import { MigrationInterface, QueryRunner } from 'typeorm';

export class RevertedDeployments1795272262057 implements MigrationInterface {
  name = 'RevertedDeployments1795272262057';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "deployment" ADD "reverted_by" uuid`);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "deployment" DROP COLUMN "reverted_by"`);
  }
}
