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
-- Ranks far apart leave room for jobs that people move; queue_time is the share of the newest claim.
ALTER SEQUENCE ready_job_rank_seq INCREMENT BY 1048576;
CREATE SEQUENCE queue_time MINVALUE 0 START 0;
ALTER TABLE job_lease SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
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
-- Observations of environments are no history: their runs may be deleted, and no others.
CREATE FUNCTION refuse_deletion_of_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM observation WHERE execution_id = OLD.execution_id) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION '% on % is not allowed: the table is only ever added to', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER execution_attempt_kept BEFORE DELETE ON execution_attempt
  FOR EACH ROW EXECUTE FUNCTION refuse_deletion_of_history();
ALTER TABLE execution_attempt ENABLE ALWAYS TRIGGER execution_attempt_kept;
CREATE TRIGGER execution_attempt_not_emptied BEFORE TRUNCATE ON execution_attempt
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE execution_attempt ENABLE ALWAYS TRIGGER execution_attempt_not_emptied;

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
CREATE TRIGGER task_execution_kept BEFORE DELETE ON task_execution
  FOR EACH ROW EXECUTE FUNCTION refuse_deletion_of_history();
ALTER TABLE task_execution ENABLE ALWAYS TRIGGER task_execution_kept;
CREATE TRIGGER task_execution_not_emptied BEFORE TRUNCATE ON task_execution
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE task_execution ENABLE ALWAYS TRIGGER task_execution_not_emptied;

CREATE TRIGGER attempt_element_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON attempt_element
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE attempt_element ENABLE ALWAYS TRIGGER attempt_element_append_only;

CREATE TRIGGER execution_variable_append_only BEFORE UPDATE OR TRUNCATE ON execution_variable
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE execution_variable ENABLE ALWAYS TRIGGER execution_variable_append_only;
CREATE TRIGGER execution_variable_kept BEFORE DELETE ON execution_variable
  FOR EACH ROW EXECUTE FUNCTION refuse_deletion_of_history();
ALTER TABLE execution_variable ENABLE ALWAYS TRIGGER execution_variable_kept;

-- Deployments are a history: one that is in progress can only end, and one that has ended stays as it is.
CREATE TRIGGER deployment_sealed BEFORE UPDATE ON deployment
  FOR EACH ROW WHEN (OLD.status <> 'IN_PROGRESS' OR
    (to_jsonb(OLD) - '{status,ended_at,end_number}'::text[]) <> (to_jsonb(NEW) - '{status,ended_at,end_number}'::text[]))
  EXECUTE FUNCTION refuse_change();
ALTER TABLE deployment ENABLE ALWAYS TRIGGER deployment_sealed;
CREATE TRIGGER deployment_kept BEFORE DELETE OR TRUNCATE ON deployment
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE deployment ENABLE ALWAYS TRIGGER deployment_kept;

-- Number of others that wait for a slot of a group in front of a holder; all of them if it does not wait. A paused run
-- is passed by.
CREATE FUNCTION waiting_ahead(wanted text, own uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM slot_request request JOIN execution run ON run.id = request.run_id
  WHERE request.group_key = wanted AND request.holder_id <> own AND run.pause IS NULL AND request.place <
    coalesce((SELECT min(place) FROM slot_request WHERE holder_id = own), 'Infinity'::numeric)
$$;

-- Slots to take, in the order in which they are locked: the ones that are named, and those of the environments' groups.
CREATE FUNCTION wanted_slots(taken jsonb) RETURNS TABLE (
  holder_id uuid, run_id uuid, execution_id uuid, stage_execution_id uuid, operation_id uuid, group_key text, maximum int
) LANGUAGE sql STABLE AS $$
  WITH t AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(taken) AS t (holder_id uuid, run_id uuid, execution_id uuid, stage_execution_id uuid,
      operation_id uuid, environment_id uuid, needs jsonb)
  )
  SELECT t.holder_id, t.run_id, t.execution_id, t.stage_execution_id, t.operation_id, need->>'key', (need->>'limit')::int
  FROM t CROSS JOIN jsonb_array_elements(t.needs) need
  UNION SELECT t.holder_id, t.run_id, t.execution_id, t.stage_execution_id, t.operation_id,
    format('element %s %s', e.application_id, e.concurrency->>'group'), (e.concurrency->>'limit')::int
  FROM t JOIN environment e ON e.id = t.environment_id WHERE e.concurrency->>'group' IS NOT NULL
  ORDER BY 6, 1
$$;

-- Frees the slots of holders that ended, takes slots for what begins, and queues what waits. The groups are locked in a
-- fixed order, so that two transactions can't wait for each other. An exception, because a decision sends this together
-- with everything else that it writes: it assumed that the slots are free.
CREATE FUNCTION move_slots(freed uuid[], taken jsonb, waiting jsonb, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  want record;
BEGIN
  PERFORM pg_advisory_xact_lock(named.key) FROM (
    SELECT DISTINCT hashtextextended(group_key, 0) AS key FROM (
      SELECT group_key FROM slot WHERE holder_id = ANY (freed)
      UNION ALL SELECT group_key FROM wanted_slots(taken)
    ) groups ORDER BY key
  ) named;
  IF cardinality(freed) > 0 THEN
    DELETE FROM slot WHERE holder_id = ANY (freed);
    DELETE FROM slot_request WHERE holder_id = ANY (freed);
    DELETE FROM begin_wait WHERE id = ANY (freed);
  END IF;
  -- A freeze that may hold something back that did not look.
  IF EXISTS (
    SELECT FROM jsonb_to_recordset(taken) AS t (environment_id uuid, assumed boolean)
    JOIN environment e ON e.id = t.environment_id
    JOIN deployment_freeze f ON f.deleted_at IS NULL AND (f.application_ids IS NULL OR e.application_id = ANY (f.application_ids))
      AND (f.environment_ids IS NULL AND f.environment_types IS NULL OR e.id = ANY (f.environment_ids) OR e.type = ANY (f.environment_types))
      AND (f.kind = 'DEPLOYMENT_WINDOW' OR f.recurrence IS NOT NULL OR f.starts_at <= at AND coalesce(f.ends_at > at, true))
    WHERE t.assumed
  ) THEN
    RAISE EXCEPTION 'a freeze may hold back what begins' USING ERRCODE = 'SL001';
  END IF;
  -- A deployment since its approval was compared.
  IF EXISTS (
    SELECT FROM jsonb_to_recordset(taken) AS t (environment_id uuid, replaces jsonb)
    CROSS JOIN jsonb_each_text(nullif(t.replaces, 'null')) AS approved (service_id, deployment_id)
    WHERE approved.deployment_id::uuid IS DISTINCT FROM (
      SELECT id FROM deployment one
      WHERE one.environment_id = t.environment_id AND one.service_id = approved.service_id::uuid
        AND one.status IN ('SUCCEEDED', 'REMOVED') ORDER BY one.end_number DESC LIMIT 1)
  ) THEN
    RAISE EXCEPTION 'something else was deployed than an approval knows' USING ERRCODE = 'SL001';
  END IF;
  FOR want IN SELECT * FROM wanted_slots(taken) LOOP
    CONTINUE WHEN EXISTS (SELECT FROM slot WHERE group_key = want.group_key AND holder_id = want.holder_id);
    INSERT INTO slot (group_key, number, maximum, holder_id, run_id, execution_id, stage_execution_id, operation_id, since)
    SELECT want.group_key, number, want.maximum, want.holder_id, want.run_id, want.execution_id, want.stage_execution_id,
      want.operation_id, at
    FROM generate_series(1, want.maximum) number
    WHERE NOT EXISTS (SELECT FROM slot WHERE slot.group_key = want.group_key AND slot.number = number.number)
      AND waiting_ahead(want.group_key, want.holder_id) < want.maximum -
        (SELECT count(*) FROM slot WHERE slot.group_key = want.group_key AND slot.number <= want.maximum)
    ORDER BY number LIMIT 1 ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'no slot of % is free', want.group_key USING ERRCODE = 'SL001';
    END IF;
  END LOOP;
  IF jsonb_array_length(taken) > 0 THEN
    DELETE FROM slot_request WHERE holder_id IN (SELECT holder_id FROM wanted_slots(taken));
    DELETE FROM begin_wait WHERE id IN (SELECT holder_id FROM wanted_slots(taken));
  END IF;
  IF jsonb_array_length(waiting) > 0 THEN
    INSERT INTO begin_wait (id, run_id, execution_id, stage_execution_id, code, reason, until, group_key, blocked_by, position, since, asked_at)
    SELECT holder_id, run_id, execution_id, stage_execution_id, code, reason, until, group_key, blocked_by, position, at, at
    FROM jsonb_to_recordset(waiting) AS w (holder_id uuid, run_id uuid, execution_id uuid, stage_execution_id uuid, code text,
      reason text, until timestamptz, group_key text, blocked_by uuid, position int)
    ON CONFLICT (id) DO UPDATE SET code = excluded.code, reason = excluded.reason, until = excluded.until,
      group_key = excluded.group_key, blocked_by = excluded.blocked_by, position = excluded.position, asked_at = excluded.asked_at;
    DELETE FROM slot_request USING jsonb_to_recordset(waiting) AS w (holder_id uuid, needs jsonb)
    WHERE slot_request.holder_id = w.holder_id
      AND NOT EXISTS (SELECT FROM jsonb_array_elements(w.needs) need WHERE need->>'key' = slot_request.group_key);
    FOR want IN SELECT w.holder_id, w.run_id, w.needs FROM jsonb_to_recordset(waiting) AS w (holder_id uuid, run_id uuid, needs jsonb) LOOP
      INSERT INTO slot_request (group_key, holder_id, run_id, maximum, policy, number, place)
      SELECT need->>'key', want.holder_id, want.run_id, (need->>'limit')::int, need->>'policy', coalesce(known.number, next.number),
        coalesce(known.place, next.number)
      FROM jsonb_array_elements(want.needs) need
      CROSS JOIN (SELECT nextval('slot_request_number_seq') AS number OFFSET 0) next
      LEFT JOIN LATERAL (SELECT number, place FROM slot_request WHERE holder_id = want.holder_id LIMIT 1) known ON true
      ON CONFLICT (group_key, holder_id) DO UPDATE SET maximum = excluded.maximum, policy = excluded.policy;
    END LOOP;
  END IF;
END $$;
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

-- Definitions with an observing task are found without a look at all others.
CREATE INDEX workflow_revision_observes ON workflow_revision ((definition->'observe'->>'everySeconds')) WHERE jsonb_typeof(definition->'observe') = 'object';

-- Jobs that an agent started, newest first. On events, because an index on jobs would have to change with each start.
CREATE INDEX execution_event_agent ON execution_event ((data->>'agentId'), at, run_id, sequence) WHERE type = 'JOB_STARTED';

-- Users of a template are found without a look at all definitions.
CREATE INDEX workflow_revision_templates ON workflow_revision USING gin (template_ids) WHERE template_ids <> '{}';
CREATE INDEX pipeline_revision_templates ON pipeline_revision USING gin (template_ids) WHERE template_ids <> '{}';
CREATE INDEX template_revision_templates ON template_revision USING gin (template_ids) WHERE template_ids <> '{}';

-- Freezes have a history in the same way.
CREATE FUNCTION record_freeze_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO freeze_version (freeze_id, data, changed_at) VALUES (NEW.id, to_jsonb(NEW), NEW.updated_at);
  RETURN NULL;
END $$;
CREATE TRIGGER freeze_created AFTER INSERT ON deployment_freeze
  FOR EACH ROW EXECUTE FUNCTION record_freeze_version();
CREATE TRIGGER freeze_changed AFTER UPDATE ON deployment_freeze
  FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION record_freeze_version();
CREATE TRIGGER freeze_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON freeze_version
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE freeze_version ENABLE ALWAYS TRIGGER freeze_version_append_only;

-- Start of the last row of a log that begins before a line, given as a number of line ends, or before a time; else of
-- its first row. Both only grow along a log, so a few probes of the primary key find it in a log of any length, and no
-- append pays for another index.
CREATE FUNCTION log_chunk_before(wanted uuid, line_below bigint, at_below timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  low bigint := 0;
  high bigint;
  middle bigint;
  probe record;
BEGIN
  SELECT start INTO high FROM log_chunk WHERE job_id = wanted ORDER BY start DESC LIMIT 1;
  WHILE low < high LOOP
    middle := (low + high + 1) / 2;
    SELECT start, line, at INTO probe FROM log_chunk WHERE job_id = wanted AND start <= middle ORDER BY start DESC LIMIT 1;
    IF probe.line < line_below OR probe.at < at_below THEN low := middle;
    ELSE high := probe.start - 1;
    END IF;
  END LOOP;
  RETURN (SELECT start FROM log_chunk WHERE job_id = wanted AND start <= low ORDER BY start DESC LIMIT 1);
END $$;

-- Jobs of an application after the binding of an environment or a secret to agents changed: those that wait return to
-- the class of their task, and the next claim applies the bindings anew; offers that were not started are withdrawn.
-- The lock of claims, claimedJobs.store.ts: each claim is either seen here, or sees the new binding. Constraint triggers
-- call this with the COMMIT, so that claims wait no longer than it takes: once for each application of the transaction.
CREATE FUNCTION rebind_jobs(wanted uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  rebound text := coalesce(current_setting('slipway.rebound', true), '');
BEGIN
  IF position(wanted::text IN rebound) > 0 THEN
    RETURN;
  END IF;
  PERFORM set_config('slipway.rebound', rebound || ' ' || wanted, true);
  PERFORM pg_advisory_xact_lock(7206211);
  WITH gone AS (
    DELETE FROM ready_job USING job, execution
    WHERE job.id = ready_job.job_id AND execution.id = job.execution_id AND execution.application_id = wanted
      AND ready_job.requirement_class_id <> job.requirement_class_id
    RETURNING ready_job.*, job.requirement_class_id AS own_class_id, job.ended_at
  )
  INSERT INTO ready_job (job_id, run_id, requirement_class_id, precedence, share, rank, virtual_time, queued_at)
  SELECT job_id, run_id, own_class_id, precedence, share, rank, share, queued_at FROM gone WHERE ended_at IS NULL;
  WITH withdrawn AS (
    DELETE FROM job_lease USING job, execution
    WHERE job.id = job_lease.job_id AND execution.id = job.execution_id AND execution.application_id = wanted
      AND NOT job_lease.started
    RETURNING job.id, job.run_id, job.requirement_class_id, precedence, share, rank, job.queued_at, job.ended_at
  )
  INSERT INTO ready_job (job_id, run_id, requirement_class_id, precedence, share, rank, virtual_time, queued_at)
  SELECT id, run_id, requirement_class_id, precedence, share, rank, share, queued_at FROM withdrawn WHERE ended_at IS NULL;
END $$;

CREATE FUNCTION rebind_environment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM rebind_jobs(NEW.application_id);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER environment_rebound AFTER UPDATE ON environment DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.agents <> NEW.agents) EXECUTE FUNCTION rebind_environment();

-- A new secret of an environment, or the end of one, changes which of two secrets with the same name counts.
CREATE FUNCTION rebind_secret() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  own secret := coalesce(NEW, OLD);
BEGIN
  IF own.agents <> '{}' OR TG_OP = 'UPDATE' OR EXISTS (
    SELECT FROM secret WHERE application_id = own.application_id AND name = own.name AND agents <> '{}') THEN
    PERFORM rebind_jobs(own.application_id);
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER secret_added_or_removed AFTER INSERT OR DELETE ON secret DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION rebind_secret();
-- A secret that is renamed or moved counts for other jobs than before, and may hide one with the same name.
CREATE CONSTRAINT TRIGGER secret_rebound AFTER UPDATE ON secret DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.agents <> NEW.agents OR OLD.name <> NEW.name
    OR OLD.environment_id IS DISTINCT FROM NEW.environment_id) EXECUTE FUNCTION rebind_secret();

-- The history of triggers only grows.
CREATE TRIGGER start_trigger_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON start_trigger_version
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE start_trigger_version ENABLE ALWAYS TRIGGER start_trigger_version_append_only;

-- The end of a run and the firings that it causes are one transaction, so no crash loses or doubles one.
CREATE FUNCTION fire_triggers_at_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO trigger_firing (id, trigger_id, application_id, version, kind, delivery, dedupe_key, status, facts, entity_id, author,
    chain, tries, created_at, next_at)
  SELECT gen_random_uuid(), t.id, t.application_id, t.version, 'EXECUTION', NEW.id::text, NEW.id || ' ' || NEW.attempt, 'PENDING',
    jsonb_build_object('executionId', NEW.id, 'attempt', NEW.attempt, 'status', NEW.status), t.entity_id, t.author,
    '{}', 0, NEW.ended_at, NEW.ended_at
  FROM start_trigger t
  WHERE t.source_id = NEW.entity_id AND t.deleted_at IS NULL AND t.enabled AND t.source_statuses ? NEW.status
    AND NOT EXISTS (SELECT FROM execution_attempt a WHERE a.execution_id = NEW.id AND a.attempt = NEW.attempt
      AND a.kind IN ('RESTORE', 'ROLLBACK', 'OBSERVE'))
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER execution_ended AFTER UPDATE OF ended_at ON execution
  FOR EACH ROW WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL AND NEW.parent_stage_execution_id IS NULL)
  EXECUTE FUNCTION fire_triggers_at_end();
CREATE TRIGGER execution_ended_at_once AFTER INSERT ON execution
  FOR EACH ROW WHEN (NEW.ended_at IS NOT NULL AND NEW.parent_stage_execution_id IS NULL)
  EXECUTE FUNCTION fire_triggers_at_end();
