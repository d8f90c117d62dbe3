import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a run can be brought back to must be what it was: a restore point is written once, as a record of the audit trail is, for every role. */
export class RestorePointsAreImmutable1795271466886 implements MigrationInterface {
  name = 'RestorePointsAreImmutable1795271466886';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE FUNCTION refuse_restore_point_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION '% of restore_point is refused: restore points are only ever added', TG_OP
          USING ERRCODE = 'insufficient_privilege';
      END $$`);
    await runner.query(`CREATE TRIGGER restore_point_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON restore_point
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_restore_point_change()`);
    await runner.query('ALTER TABLE restore_point ENABLE ALWAYS TRIGGER restore_point_immutable');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER restore_point_immutable ON restore_point');
    await runner.query('DROP FUNCTION refuse_restore_point_change()');
  }
}
