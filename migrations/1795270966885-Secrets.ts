import { MigrationInterface, QueryRunner } from 'typeorm';

export class Secrets1795270966885 implements MigrationInterface {
  name = 'Secrets1795270966885';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "secret" ("id" uuid NOT NULL, "application_id" uuid NOT NULL, "environment_id" uuid, "name" text NOT NULL, "version" integer NOT NULL, "key_id" text NOT NULL, "sealed" bytea NOT NULL, "set_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "set_by_id" text NOT NULL, "set_by" text NOT NULL, CONSTRAINT "PK_6afa4961954e17ec2d6401afc3d" PRIMARY KEY ("id"))`,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "secret_of_application" ON "secret"  ("application_id", "name") WHERE environment_id IS NULL`,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "secret_of_environment" ON "secret"  ("environment_id", "name") WHERE environment_id IS NOT NULL`,
    );
    await queryRunner.query(`CREATE INDEX "secret_environments" ON "secret"  ("application_id", "environment_id") `);
    await queryRunner.query(
      `ALTER TABLE "secret" ADD CONSTRAINT "FK_c42e5f43337e2655d266e2f85ff" FOREIGN KEY ("application_id") REFERENCES "application"("id") ON DELETE NO ACTION ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "secret" ADD CONSTRAINT "FK_adf91a5de41eac2a86093da4528" FOREIGN KEY ("environment_id") REFERENCES "environment"("id") ON DELETE NO ACTION ON UPDATE NO ACTION`,
    );
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "secret" DROP CONSTRAINT "FK_adf91a5de41eac2a86093da4528"`);
    await queryRunner.query(`ALTER TABLE "secret" DROP CONSTRAINT "FK_c42e5f43337e2655d266e2f85ff"`);
    await queryRunner.query(`DROP INDEX "public"."secret_environments"`);
    await queryRunner.query(`DROP INDEX "public"."secret_of_environment"`);
    await queryRunner.query(`DROP INDEX "public"."secret_of_application"`);
    await queryRunner.query(`DROP TABLE "secret"`);
  }
}
