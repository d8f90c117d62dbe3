-- The part of migration 0001 that the tables in *.table.ts can't express: storage settings, functions and triggers.

-- Rows that change often leave room on their page, so that an update doesn't touch the indexes.
ALTER TABLE execution SET (fillfactor = 80);
ALTER TABLE stage_execution SET (fillfactor = 80);
ALTER TABLE task_execution SET (fillfactor = 80);
ALTER TABLE job SET (fillfactor = 80);
ALTER TABLE job_log SET (fillfactor = 80);
ALTER TABLE agent SET (fillfactor = 80);

-- Counts of the rate limits: a crash may lose them, so they need no write-ahead log.
ALTER TABLE shared_count SET UNLOGGED;
ALTER TABLE shared_count SET (fillfactor = 50);

-- Queues are vacuumed after a few hundred dead rows rather than after a share of their size.
ALTER TABLE ready_job SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
ALTER TABLE job_lease SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
ALTER TABLE audit_unsealed SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- Audit records and restore points can't be changed or removed, whatever the role or the session's replication role.
-- A trigger rather than REVOKE, because rights don't bind the owner of a table, which the server is. A role that may
-- drop the trigger can still change everything: the audit trail's chain of hashes reveals that.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on % is not allowed: the table is only ever added to', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER audit_record_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_record
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE audit_record ENABLE ALWAYS TRIGGER audit_record_append_only;

CREATE TRIGGER audit_link_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_link
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE audit_link ENABLE ALWAYS TRIGGER audit_link_append_only;

CREATE TRIGGER restore_point_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON restore_point
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE restore_point ENABLE ALWAYS TRIGGER restore_point_immutable;
