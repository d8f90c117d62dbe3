-- The part of migration 0001 that the tables in *.table.ts can't express: storage settings, functions and triggers.

-- Rows that change often leave room on their page, so that an update doesn't touch the indexes. Tasks and jobs change
-- together with their neighbors, in one transaction: each needs room for one more version.
ALTER TABLE execution SET (fillfactor = 70);
ALTER TABLE stage_execution SET (fillfactor = 80);
ALTER TABLE task_execution SET (fillfactor = 50);
ALTER TABLE job SET (fillfactor = 50);
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

-- Keeps an application from being deleted until the transaction ends. An exception, because a start sends this together
-- with everything that it writes.
CREATE FUNCTION hold_application(wanted uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM application WHERE id = wanted AND deleted_at IS NULL FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'application % is deleted', wanted USING ERRCODE = 'no_data_found';
  END IF;
END $$;

-- An attempt that ended stays as it was. Its rows have ended with it, so a row that has not ended needs no look at its
-- attempt. Forensic and restore tasks may run on after their attempt: their own end seals them.
CREATE FUNCTION refuse_change_of_ended_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM execution_attempt a
    WHERE a.execution_id = OLD.execution_id AND a.attempt = OLD.attempt AND a.ended_at IS NOT NULL) THEN
    RAISE EXCEPTION '% on % is not allowed: attempt % of execution % has ended', TG_OP, TG_TABLE_NAME, OLD.attempt, OLD.execution_id
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER execution_attempt_sealed BEFORE UPDATE ON execution_attempt
  FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
ALTER TABLE execution_attempt ENABLE ALWAYS TRIGGER execution_attempt_sealed;
CREATE TRIGGER execution_attempt_kept BEFORE DELETE OR TRUNCATE ON execution_attempt
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE execution_attempt ENABLE ALWAYS TRIGGER execution_attempt_kept;

CREATE TRIGGER stage_execution_sealed BEFORE UPDATE ON stage_execution
  FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION refuse_change_of_ended_attempt();
ALTER TABLE stage_execution ENABLE ALWAYS TRIGGER stage_execution_sealed;
CREATE TRIGGER stage_execution_kept BEFORE DELETE OR TRUNCATE ON stage_execution
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE stage_execution ENABLE ALWAYS TRIGGER stage_execution_kept;

CREATE TRIGGER task_execution_sealed BEFORE UPDATE ON task_execution
  FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL AND OLD.type = 'normal') EXECUTE FUNCTION refuse_change_of_ended_attempt();
ALTER TABLE task_execution ENABLE ALWAYS TRIGGER task_execution_sealed;
CREATE TRIGGER task_execution_detached_sealed BEFORE UPDATE ON task_execution
  FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL AND OLD.type <> 'normal') EXECUTE FUNCTION refuse_change();
ALTER TABLE task_execution ENABLE ALWAYS TRIGGER task_execution_detached_sealed;
CREATE TRIGGER task_execution_kept BEFORE DELETE OR TRUNCATE ON task_execution
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE task_execution ENABLE ALWAYS TRIGGER task_execution_kept;

CREATE TRIGGER attempt_element_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON attempt_element
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE attempt_element ENABLE ALWAYS TRIGGER attempt_element_append_only;

CREATE TRIGGER execution_variable_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON execution_variable
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE execution_variable ENABLE ALWAYS TRIGGER execution_variable_append_only;

-- Deployments are a history: one that is in progress can only end, and one that has ended stays as it is.
CREATE TRIGGER deployment_sealed BEFORE UPDATE ON deployment
  FOR EACH ROW WHEN (OLD.status <> 'IN_PROGRESS' OR
    (to_jsonb(OLD) - '{status,ended_at,end_number}'::text[]) <> (to_jsonb(NEW) - '{status,ended_at,end_number}'::text[]))
  EXECUTE FUNCTION refuse_change();
ALTER TABLE deployment ENABLE ALWAYS TRIGGER deployment_sealed;
CREATE TRIGGER deployment_kept BEFORE DELETE OR TRUNCATE ON deployment
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE deployment ENABLE ALWAYS TRIGGER deployment_kept;

-- Deployments that were in progress at a moment; clocks of servers may differ, so an end may precede its begin.
CREATE INDEX deployment_during ON deployment
  USING gist (tstzrange(started_at, greatest(started_at, coalesce(ended_at, 'infinity'))));
-- Age of an image: its first deployment anywhere. A hash, because an image may be longer than an index entry.
CREATE INDEX deployment_image ON deployment (service_id, md5(image), number);

-- The variables of an environment have a history, written with each change, whatever statement makes it.
CREATE FUNCTION record_environment_values() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO environment_values (environment_id, variables, changed_at) VALUES (NEW.id, NEW.variables, NEW.updated_at);
  RETURN NULL;
END $$;
CREATE TRIGGER environment_created AFTER INSERT ON environment
  FOR EACH ROW EXECUTE FUNCTION record_environment_values();
CREATE TRIGGER environment_changed AFTER UPDATE ON environment
  FOR EACH ROW WHEN (OLD.variables <> NEW.variables) EXECUTE FUNCTION record_environment_values();
CREATE TRIGGER environment_values_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON environment_values
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE environment_values ENABLE ALWAYS TRIGGER environment_values_append_only;
