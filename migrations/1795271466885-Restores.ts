import { MigrationInterface, QueryRunner } from 'typeorm';

export class Restores1795271466885 implements MigrationInterface {
  name = 'Restores1795271466885';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "restore_point" ("id" uuid NOT NULL, "run_id" uuid NOT NULL, "attempt" integer NOT NULL, "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "created_by" jsonb NOT NULL, "content" jsonb NOT NULL, "checksum" text NOT NULL, CONSTRAINT "PK_506140808f97304fc89c8f3b88e" PRIMARY KEY ("id"))`,
    );
    await queryRunner.query(`CREATE UNIQUE INDEX "restore_point_of_run" ON "restore_point"  ("run_id", "attempt") `);
    await queryRunner.query(
      `CREATE TABLE "operation" ("id" uuid NOT NULL, "run_id" uuid NOT NULL, "kind" text NOT NULL, "status" text NOT NULL, "restore_point_id" uuid, "actor" jsonb NOT NULL, "debug" boolean NOT NULL, "conflicts_confirmed" boolean NOT NULL, "before" jsonb NOT NULL, "step" integer NOT NULL, "started_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "deadline_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "ended_at" TIMESTAMP(3) WITH TIME ZONE, "error_code" text, "error_message" text, CONSTRAINT "operation_kind" CHECK (kind IN ('EXTEND', 'RESTORE')), CONSTRAINT "operation_status" CHECK (status IN ('RUNNING', 'SUCCESS', 'FAILED')), CONSTRAINT "operation_ended" CHECK ((ended_at IS NULL) = (status = 'RUNNING')), CONSTRAINT "operation_error" CHECK (status = 'RUNNING' OR (error_code IS NULL) = (status = 'SUCCESS')), CONSTRAINT "PK_18556ee6e49c005fc108078f3ab" PRIMARY KEY ("id"))`,
    );
    await queryRunner.query(`CREATE INDEX "operation_of_run" ON "operation"  ("run_id", "started_at", "id") `);
    await queryRunner.query(
      `CREATE UNIQUE INDEX "operation_running" ON "operation"  ("run_id") WHERE status = 'RUNNING'`,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "operation_consumed" ON "operation"  ("restore_point_id") WHERE kind = 'RESTORE' AND status = 'SUCCESS'`,
    );
    await queryRunner.query(
      `CREATE TABLE "operation_task" ("operation_id" uuid NOT NULL, "task_execution_id" uuid NOT NULL, "step" integer NOT NULL, CONSTRAINT "PK_cd62bc497a03f94da9a7c0318f7" PRIMARY KEY ("operation_id", "task_execution_id"))`,
    );
    await queryRunner.query(
      `CREATE TABLE "operation_log" ("operation_id" uuid NOT NULL, "number" integer NOT NULL, "at" TIMESTAMP(3) WITH TIME ZONE NOT NULL, "level" text NOT NULL, "message" text NOT NULL, CONSTRAINT "operation_log_level" CHECK (level IN ('DEBUG', 'INFO', 'ERROR')), CONSTRAINT "PK_3e57bb76d173b0cff1f55c24700" PRIMARY KEY ("operation_id", "number"))`,
    );
    await queryRunner.query(`CREATE INDEX "operation_task_task" ON "operation_task"  ("task_execution_id") `);
    await queryRunner.query(`ALTER TABLE "execution_attempt" ADD "reverted_by" uuid`);
    await queryRunner.query(`ALTER TABLE "execution_attempt" DROP CONSTRAINT "execution_attempt_kind"`);
    await queryRunner.query(
      `ALTER TABLE "execution_attempt" ADD CONSTRAINT "execution_attempt_kind" CHECK (kind IN ('START', 'RESUME', 'RERUN', 'EXTEND'))`,
    );
    await queryRunner.query(`ALTER TABLE "stage_execution" ADD "goes_on" jsonb`);
    await queryRunner.query(
      `ALTER TABLE "restore_point" ADD CONSTRAINT "FK_866236ee938df2676cd8213458f" FOREIGN KEY ("run_id") REFERENCES "execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "operation" ADD CONSTRAINT "FK_7ba3238d277da1fb7895d043a69" FOREIGN KEY ("run_id") REFERENCES "execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "operation" ADD CONSTRAINT "FK_4c2fa457ffae0625fe9148c5765" FOREIGN KEY ("restore_point_id") REFERENCES "restore_point"("id") ON DELETE NO ACTION ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "operation_task" ADD CONSTRAINT "FK_779648073aa32b57e36066c563a" FOREIGN KEY ("operation_id") REFERENCES "operation"("id") ON DELETE NO ACTION ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "operation_task" ADD CONSTRAINT "FK_fdc7ca2338f9811f8de07942531" FOREIGN KEY ("task_execution_id") REFERENCES "task_execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION`,
    );
    await queryRunner.query(
      `ALTER TABLE "operation_log" ADD CONSTRAINT "FK_b36519c3cf5f9466c04d9568795" FOREIGN KEY ("operation_id") REFERENCES "operation"("id") ON DELETE NO ACTION ON UPDATE NO ACTION`,
    );
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "operation_log" DROP CONSTRAINT "FK_b36519c3cf5f9466c04d9568795"`);
    await queryRunner.query(`ALTER TABLE "operation_task" DROP CONSTRAINT "FK_fdc7ca2338f9811f8de07942531"`);
    await queryRunner.query(`ALTER TABLE "operation_task" DROP CONSTRAINT "FK_779648073aa32b57e36066c563a"`);
    await queryRunner.query(`ALTER TABLE "operation" DROP CONSTRAINT "FK_4c2fa457ffae0625fe9148c5765"`);
    await queryRunner.query(`ALTER TABLE "operation" DROP CONSTRAINT "FK_7ba3238d277da1fb7895d043a69"`);
    await queryRunner.query(`ALTER TABLE "restore_point" DROP CONSTRAINT "FK_866236ee938df2676cd8213458f"`);
    await queryRunner.query(`ALTER TABLE "stage_execution" DROP COLUMN "goes_on"`);
    await queryRunner.query(`ALTER TABLE "execution_attempt" DROP COLUMN "reverted_by"`);
    await queryRunner.query(`ALTER TABLE "execution_attempt" DROP CONSTRAINT "execution_attempt_kind"`);
    await queryRunner.query(
      `ALTER TABLE "execution_attempt" ADD CONSTRAINT "execution_attempt_kind" CHECK (kind IN ('START', 'RESUME', 'RERUN'))`,
    );
    await queryRunner.query(`DROP TABLE "operation_log"`);
    await queryRunner.query(`DROP INDEX "public"."operation_task_task"`);
    await queryRunner.query(`DROP TABLE "operation_task"`);
    await queryRunner.query(`DROP INDEX "public"."operation_consumed"`);
    await queryRunner.query(`DROP INDEX "public"."operation_running"`);
    await queryRunner.query(`DROP INDEX "public"."operation_of_run"`);
    await queryRunner.query(`DROP TABLE "operation"`);
    await queryRunner.query(`DROP INDEX "public"."restore_point_of_run"`);
    await queryRunner.query(`DROP TABLE "restore_point"`);
  }
}
