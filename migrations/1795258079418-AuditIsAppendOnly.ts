import type { MigrationInterface, QueryRunner } from 'typeorm';

const appendOnly = ['audit_record', 'audit_link'];

/**
 * Changing or removing a record of the audit trail fails for every role, the server's own and superusers included, and also in a session that plays
 * replica. By trigger and not by REVOKE: rights don't bind the owner of a table, which the server is. Whoever may drop a trigger can still do everything; that
 * is what the chain of hashes is for.
 */
export class AuditIsAppendOnly1795258079418 implements MigrationInterface {
  name = 'AuditIsAppendOnly1795258079418';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION '% of % is refused: the audit trail is only ever added to', TG_OP, TG_TABLE_NAME
          USING ERRCODE = 'insufficient_privilege';
      END $$`);
    for (const table of appendOnly) {
      await runner.query(`CREATE TRIGGER ${table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`);
      await runner.query(`ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${table}_append_only`);
    }
    await runner.query(`ALTER TABLE audit_unsealed
      SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE audit_unsealed RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)',
    );
    for (const table of appendOnly) await runner.query(`DROP TRIGGER ${table}_append_only ON ${table}`);
    await runner.query('DROP FUNCTION refuse_change()');
  }
}
