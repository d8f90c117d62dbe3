CREATE OR REPLACE FUNCTION public.fire_triggers_at_end()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION public.hold_application(wanted uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM FROM application WHERE id = wanted AND deleted_at IS NULL FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'application % is deleted', wanted USING ERRCODE = 'no_data_found';
  END IF;
END $function$;

CREATE OR REPLACE FUNCTION public.log_chunk_before(wanted uuid, line_below bigint, at_below timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION public.move_slots(freed uuid[], taken jsonb, waiting jsonb, at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION public.rebind_environment()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM rebind_jobs(NEW.application_id);
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION public.rebind_jobs(wanted uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION public.rebind_secret()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
  own secret := coalesce(NEW, OLD);
BEGIN
  IF own.agents <> '{}' OR TG_OP = 'UPDATE' OR EXISTS (
    SELECT FROM secret WHERE application_id = own.application_id AND name = own.name AND agents <> '{}') THEN
    PERFORM rebind_jobs(own.application_id);
  END IF;
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION public.record_environment_values()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  INSERT INTO environment_values (environment_id, variables, changed_at) VALUES (NEW.id, NEW.variables, NEW.updated_at);
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION public.record_freeze_version()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  INSERT INTO freeze_version (freeze_id, data, changed_at) VALUES (NEW.id, to_jsonb(NEW), NEW.updated_at);
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION '% on % is not allowed: the table is only ever added to', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $function$;

CREATE OR REPLACE FUNCTION public.refuse_change_of_ended_attempt()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF EXISTS (SELECT FROM execution_attempt a
    WHERE a.execution_id = OLD.execution_id AND a.attempt = OLD.attempt AND a.ended_at IS NOT NULL) THEN
    RAISE EXCEPTION '% on % is not allowed: attempt % of execution % has ended', TG_OP, TG_TABLE_NAME, OLD.attempt, OLD.execution_id
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION public.refuse_deletion_of_history()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF EXISTS (SELECT FROM observation WHERE execution_id = OLD.execution_id) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION '% on % is not allowed: the table is only ever added to', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $function$;

CREATE OR REPLACE FUNCTION public.waiting_ahead(wanted text, own uuid)
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$
  SELECT count(*) FROM slot_request request JOIN execution run ON run.id = request.run_id
  WHERE request.group_key = wanted AND request.holder_id <> own AND run.pause IS NULL AND request.place <
    coalesce((SELECT min(place) FROM slot_request WHERE holder_id = own), 'Infinity'::numeric)
$function$;

CREATE OR REPLACE FUNCTION public.wanted_slots(taken jsonb)
 RETURNS TABLE(holder_id uuid, run_id uuid, execution_id uuid, stage_execution_id uuid, operation_id uuid, group_key text, maximum integer)
 LANGUAGE sql
 STABLE
AS $function$
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
$function$;

CREATE SEQUENCE queue_time INCREMENT BY 1 MINVALUE 0 START 0;

CREATE SEQUENCE ready_job_rank_seq INCREMENT BY 1048576 MINVALUE 1 START 1;

CREATE TABLE agent (
  id uuid NOT NULL,
  name text NOT NULL,
  host text,
  labels text[] NOT NULL,
  label_set_id integer NOT NULL,
  own_labels text[] NOT NULL,
  label_edits jsonb NOT NULL,
  slots integer NOT NULL,
  version text,
  protocol integer NOT NULL,
  secret_hash text NOT NULL,
  token_id uuid,
  application_ids uuid[],
  registered_at timestamp(3) with time zone NOT NULL,
  last_seen_at timestamp(3) with time zone NOT NULL,
  left_at timestamp(3) with time zone,
  clock_skew_ms bigint,
  paused_at timestamp(3) with time zone,
  paused_by text,
  pause_note text,
  paused_until timestamp(3) with time zone,
  draining_at timestamp(3) with time zone,
  removed_at timestamp(3) with time zone,
  removal text,
  revision integer NOT NULL,
  jobs_done integer NOT NULL,
  jobs_lost integer NOT NULL,
  CONSTRAINT "PK_1000e989398c5d4ed585cf9a46f" PRIMARY KEY (id),
  CONSTRAINT "agent_removal" CHECK ((((removal IS NULL) = (removed_at IS NULL)) AND ((removal IS NULL) OR (removal = ANY (ARRAY['FINISH'::text, 'LOSE'::text]))))),
  CONSTRAINT "FK_05d82e6a18f93b821fa899dd899" FOREIGN KEY (token_id) REFERENCES agent_token(id),
  CONSTRAINT "FK_afcbb98ef4ccabeb230213c0d56" FOREIGN KEY (label_set_id) REFERENCES label_set(id)
) WITH (fillfactor=80);
CREATE INDEX agent_name ON public.agent USING btree (name, registered_at);
CREATE INDEX agent_present ON public.agent USING btree (id) WHERE (left_at IS NULL);
CREATE INDEX agent_registered ON public.agent USING btree (registered_at, id);

CREATE TABLE agent_sample (
  agent_id uuid NOT NULL,
  at timestamp(3) with time zone NOT NULL,
  cpu real NOT NULL,
  memory_used_bytes bigint NOT NULL,
  memory_bytes bigint NOT NULL,
  CONSTRAINT "PK_eaafef519b17d6426c4fe083600" PRIMARY KEY (agent_id, at)
);
CREATE INDEX agent_sample_at ON public.agent_sample USING btree (at);

CREATE TABLE agent_token (
  id uuid NOT NULL,
  name text NOT NULL,
  secret_hash text NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  created_by text,
  labels text[],
  application_ids uuid[],
  expires_at timestamp(3) with time zone,
  revoked_at timestamp(3) with time zone,
  revoked_by text,
  last_used_at timestamp(3) with time zone,
  CONSTRAINT "PK_05d82e6a18f93b821fa899dd899" PRIMARY KEY (id),
  CONSTRAINT "agent_token_secret" UNIQUE (secret_hash)
);

CREATE TABLE api_key (
  id uuid NOT NULL,
  name text NOT NULL,
  prefix text NOT NULL,
  owner_id uuid,
  application_ids uuid[],
  created_at timestamp(3) with time zone NOT NULL,
  created_by text,
  expires_at timestamp(3) with time zone,
  last_used_at timestamp(3) with time zone,
  revoked_at timestamp(3) with time zone,
  trust_rule_id uuid,
  secret_hash text NOT NULL,
  CONSTRAINT "PK_b1bd840641b8acbaad89c3d8d11" PRIMARY KEY (id),
  CONSTRAINT "api_key_prefix" UNIQUE (prefix),
  CONSTRAINT "FK_b11eedeb1df210081677dbf8687" FOREIGN KEY (owner_id) REFERENCES user_account(id)
);
CREATE INDEX api_key_owner ON public.api_key USING btree (owner_id) WHERE (owner_id IS NOT NULL);
CREATE INDEX api_key_trust_rule ON public.api_key USING btree (trust_rule_id, expires_at) WHERE (trust_rule_id IS NOT NULL);

CREATE TABLE api_key_user_group (
  api_key_id uuid NOT NULL,
  group_id uuid NOT NULL,
  CONSTRAINT "PK_ddff78a4256bdf5b480194f5043" PRIMARY KEY (api_key_id, group_id),
  CONSTRAINT "FK_354bda01c7ddc31356dbf235cc6" FOREIGN KEY (api_key_id) REFERENCES api_key(id) ON DELETE CASCADE,
  CONSTRAINT "FK_c34819cd18825ac36f2df8b5455" FOREIGN KEY (group_id) REFERENCES user_group(id) ON DELETE CASCADE
);
CREATE INDEX api_key_user_group_group ON public.api_key_user_group USING btree (group_id, api_key_id);

CREATE TABLE application (
  id uuid NOT NULL,
  name text NOT NULL,
  description text,
  created_at timestamp(3) with time zone NOT NULL,
  created_by text,
  updated_at timestamp(3) with time zone NOT NULL,
  deleted_at timestamp(3) with time zone,
  CONSTRAINT "PK_569e0c3e863ebdf5f2408ee1670" PRIMARY KEY (id)
);
CREATE UNIQUE INDEX application_name ON public.application USING btree (name) WHERE (deleted_at IS NULL);

CREATE TABLE approval (
  id uuid NOT NULL,
  stage_execution_id uuid,
  task_execution_id uuid,
  execution_id uuid NOT NULL,
  application_id uuid NOT NULL,
  status text NOT NULL,
  approvers text[] NOT NULL,
  count integer NOT NULL,
  all_of text[] NOT NULL,
  disallow_initiator boolean NOT NULL,
  excluded text[] NOT NULL,
  message text,
  subject jsonb NOT NULL,
  digest text NOT NULL,
  renews_id uuid,
  changed_since jsonb,
  inputs jsonb NOT NULL,
  given jsonb,
  remind_after_seconds integer,
  reminders integer NOT NULL,
  reminded_at timestamp(3) with time zone,
  escalate jsonb NOT NULL,
  escalated integer NOT NULL,
  next_step_at timestamp(3) with time zone,
  undecidable_since timestamp(3) with time zone,
  requested_at timestamp(3) with time zone NOT NULL,
  expires_at timestamp(3) with time zone NOT NULL,
  decided_at timestamp(3) with time zone,
  decided_by jsonb,
  comments text,
  CONSTRAINT "PK_97bfd1cd9dff3c1302229da6b5c" PRIMARY KEY (id),
  CONSTRAINT "approval_count" CHECK ((((count = 0) OR (cardinality(approvers) > 0)) AND ((count + cardinality(all_of)) > 0))),
  CONSTRAINT "approval_decided" CHECK (((decided_at IS NULL) = (status = 'WAITING'::text))),
  CONSTRAINT "approval_place" CHECK (((stage_execution_id IS NOT NULL) OR (task_execution_id IS NOT NULL))),
  CONSTRAINT "approval_status" CHECK ((status = ANY (ARRAY['WAITING'::text, 'APPROVED'::text, 'REJECTED'::text, 'EXPIRED'::text, 'ABORTED'::text]))),
  CONSTRAINT "FK_2ff66062fad8ebeaaaebf0bc954" FOREIGN KEY (stage_execution_id) REFERENCES stage_execution(id),
  CONSTRAINT "FK_5d923b538c3db1c786501a60403" FOREIGN KEY (execution_id) REFERENCES execution(id),
  CONSTRAINT "FK_a0335fc37ee4e71d4699aa791cc" FOREIGN KEY (task_execution_id) REFERENCES task_execution(id)
);
CREATE INDEX approval_expiry ON public.approval USING btree (expires_at) WHERE (status = 'WAITING'::text);
CREATE INDEX approval_newest ON public.approval USING btree (requested_at, id);
CREATE INDEX approval_newest_waiting ON public.approval USING btree (requested_at, id) WHERE (status = 'WAITING'::text);
CREATE INDEX approval_next_step ON public.approval USING btree (next_step_at) WHERE ((status = 'WAITING'::text) AND (next_step_at IS NOT NULL));
CREATE INDEX approval_of_execution ON public.approval USING btree (execution_id, requested_at);
CREATE INDEX approval_of_task ON public.approval USING btree (task_execution_id) WHERE (task_execution_id IS NOT NULL);
CREATE UNIQUE INDEX approval_task_waiting ON public.approval USING btree (task_execution_id) WHERE (status = 'WAITING'::text);
CREATE UNIQUE INDEX approval_waiting ON public.approval USING btree (stage_execution_id) WHERE ((status = 'WAITING'::text) AND (task_execution_id IS NULL));

CREATE TABLE approval_vote (
  id uuid NOT NULL,
  approval_id uuid NOT NULL,
  person_id text NOT NULL,
  by jsonb NOT NULL,
  action text NOT NULL,
  comments text,
  groups text[] NOT NULL,
  digest text NOT NULL,
  voted_at timestamp(3) with time zone NOT NULL,
  counts boolean NOT NULL,
  CONSTRAINT "PK_2f83b63082e71d2c81b1c9b8ac8" PRIMARY KEY (id),
  CONSTRAINT "approval_vote_action" CHECK ((action = ANY (ARRAY['APPROVE'::text, 'REJECT'::text]))),
  CONSTRAINT "FK_921b2cbb9bd2cc9e0ac4bc2fd1b" FOREIGN KEY (approval_id) REFERENCES approval(id)
);
CREATE INDEX approval_vote_of_approval ON public.approval_vote USING btree (approval_id, voted_at);
CREATE UNIQUE INDEX approval_vote_once ON public.approval_vote USING btree (approval_id, person_id) WHERE counts;

CREATE TABLE artifact (
  id uuid NOT NULL,
  application_id uuid NOT NULL,
  run_id uuid NOT NULL,
  execution_id uuid NOT NULL,
  task_execution_id uuid NOT NULL,
  job_id uuid NOT NULL,
  name text NOT NULL,
  type text NOT NULL,
  mode text NOT NULL,
  size bigint NOT NULL,
  sha256 text NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  pin jsonb,
  deleted_at timestamp(3) with time zone,
  deletion jsonb,
  CONSTRAINT "PK_1f238d1d4ef8f85d0c0b8616fa3" PRIMARY KEY (id),
  CONSTRAINT "artifact_name" UNIQUE (job_id, name),
  CONSTRAINT "artifact_deletion" CHECK (((deleted_at IS NULL) = (deletion IS NULL))),
  CONSTRAINT "artifact_mode" CHECK ((mode ~ '^[0-7]{3}$'::text)),
  CONSTRAINT "artifact_pin" CHECK (((pin IS NULL) OR (deleted_at IS NULL))),
  CONSTRAINT "artifact_type" CHECK ((type = ANY (ARRAY['FILE'::text, 'LINK'::text, 'FOLDER'::text]))),
  CONSTRAINT "FK_47a6732174b00f67aba6cfd1a5f" FOREIGN KEY (job_id) REFERENCES job(id)
);
CREATE INDEX artifact_content ON public.artifact USING btree (sha256) WHERE (deleted_at IS NULL);
CREATE INDEX artifact_kept ON public.artifact USING btree (created_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX artifact_newest ON public.artifact USING btree (created_at, id);
CREATE INDEX artifact_newest_of_application ON public.artifact USING btree (application_id, created_at, id);
CREATE INDEX artifact_of_run ON public.artifact USING btree (run_id, created_at, id);
CREATE INDEX artifact_of_task ON public.artifact USING btree (task_execution_id);

CREATE TABLE attempt_element (
  execution_id uuid NOT NULL,
  attempt integer NOT NULL,
  stage_index integer NOT NULL,
  element_index integer NOT NULL,
  element_id uuid NOT NULL,
  stage_name text NOT NULL,
  stage_execution_id uuid NOT NULL,
  CONSTRAINT "PK_30c841a492ccbce272a3df9f8ec" PRIMARY KEY (execution_id, attempt, stage_index, element_index),
  CONSTRAINT "FK_08d32f2f50961903198df3ed804" FOREIGN KEY (stage_execution_id) REFERENCES stage_execution(id),
  CONSTRAINT "FK_5b44d3b510222bf418df4bcb65b" FOREIGN KEY (execution_id) REFERENCES execution(id)
);
CREATE TRIGGER attempt_element_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.attempt_element FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE attempt_element ENABLE ALWAYS TRIGGER attempt_element_append_only;

CREATE TABLE audit_link (
  sequence bigint NOT NULL,
  record_id uuid NOT NULL,
  previous_hash text NOT NULL,
  hash text NOT NULL,
  CONSTRAINT "PK_3616b897831df0de28f3e0a01a7" PRIMARY KEY (sequence),
  CONSTRAINT "audit_link_record" UNIQUE (record_id),
  CONSTRAINT "FK_dfd6f694891b0b23b7ac388e3da" FOREIGN KEY (record_id) REFERENCES audit_record(id)
);
CREATE TRIGGER audit_link_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_link FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE audit_link ENABLE ALWAYS TRIGGER audit_link_append_only;

CREATE TABLE audit_record (
  id uuid NOT NULL,
  at timestamp(3) with time zone NOT NULL,
  actor_kind text NOT NULL,
  actor_id text NOT NULL,
  actor_name text NOT NULL,
  actor_person_id text,
  address text,
  request_id text,
  action text NOT NULL,
  outcome text NOT NULL,
  code text,
  object_kind text,
  object_id text,
  object_name text,
  application_id text,
  input jsonb,
  before jsonb,
  after jsonb,
  CONSTRAINT "PK_2c07dcda4cbae68f1cbbe6d7426" PRIMARY KEY (id),
  CONSTRAINT "audit_record_code" CHECK (((code IS NULL) = (outcome = 'ALLOWED'::text))),
  CONSTRAINT "audit_record_outcome" CHECK ((outcome = ANY (ARRAY['ALLOWED'::text, 'REFUSED'::text])))
);
CREATE INDEX audit_record_of_actor ON public.audit_record USING btree (actor_id, at, id);
CREATE INDEX audit_record_of_application ON public.audit_record USING btree (application_id, at, id);
CREATE INDEX audit_record_of_object ON public.audit_record USING btree (object_id, at, id);
CREATE INDEX audit_record_time ON public.audit_record USING btree (at, id);
CREATE TRIGGER audit_record_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_record FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE audit_record ENABLE ALWAYS TRIGGER audit_record_append_only;

CREATE TABLE audit_unsealed (
  record_id uuid NOT NULL,
  CONSTRAINT "PK_70d50c3285622dfac3f0f8eabab" PRIMARY KEY (record_id)
) WITH (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=500);

CREATE TABLE begin_wait (
  id uuid NOT NULL,
  run_id uuid NOT NULL,
  execution_id uuid NOT NULL,
  stage_execution_id uuid,
  code text NOT NULL,
  reason text NOT NULL,
  until timestamp(3) with time zone,
  group_key text,
  blocked_by uuid,
  position integer,
  since timestamp(3) with time zone NOT NULL,
  asked_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT "PK_df7a20329ccae7a8895326ba5ee" PRIMARY KEY (id),
  CONSTRAINT "begin_wait_code" CHECK ((code = ANY (ARRAY['WAITING_FOR_SLOT'::text, 'FROZEN'::text, 'APPROVAL_CHANGED'::text])))
);
CREATE INDEX begin_wait_execution ON public.begin_wait USING btree (execution_id);
CREATE INDEX begin_wait_until ON public.begin_wait USING btree (until) WHERE (until IS NOT NULL);

CREATE TABLE cache_entry (
  id uuid NOT NULL,
  application_id uuid NOT NULL,
  scope text NOT NULL,
  key text NOT NULL,
  job_id uuid NOT NULL,
  size bigint NOT NULL,
  sha256 text NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  used_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT "PK_388c1f3b953004c46d92cd39fb0" PRIMARY KEY (id),
  CONSTRAINT "cache_entry_key" UNIQUE (application_id, scope, key),
  CONSTRAINT "FK_95a47d1136821fe4b3f535f7fd7" FOREIGN KEY (application_id) REFERENCES application(id)
);
CREATE INDEX cache_entry_content ON public.cache_entry USING btree (sha256);
CREATE INDEX cache_entry_used ON public.cache_entry USING btree (used_at);

CREATE TABLE deployed_image (
  deployment_id uuid NOT NULL,
  number bigint NOT NULL,
  service_id uuid NOT NULL,
  environment_id uuid NOT NULL,
  image text NOT NULL,
  image_hash text NOT NULL,
  repository text NOT NULL,
  repository_hash text NOT NULL,
  deployed_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT "PK_ccb688ecbf0ee943d1affc0f48e" PRIMARY KEY (deployment_id),
  CONSTRAINT "FK_4998654a74730391c30df4c4de6" FOREIGN KEY (service_id) REFERENCES service(id),
  CONSTRAINT "FK_5cacfc8cef4b53f53088c1441c2" FOREIGN KEY (environment_id) REFERENCES environment(id),
  CONSTRAINT "FK_ccb688ecbf0ee943d1affc0f48e" FOREIGN KEY (deployment_id) REFERENCES deployment(id)
);
CREATE INDEX deployed_image_image ON public.deployed_image USING btree (service_id, image_hash, number);
CREATE INDEX deployed_image_newest ON public.deployed_image USING btree (service_id, repository_hash, deployed_at, number);
CREATE UNIQUE INDEX deployed_image_place ON public.deployed_image USING btree (environment_id, service_id, image_hash);

CREATE TABLE deployment (
  id uuid NOT NULL,
  number bigint NOT NULL DEFAULT nextval('deployment_number_seq'::regclass),
  environment_id uuid NOT NULL,
  service_id uuid NOT NULL,
  image text NOT NULL,
  status text NOT NULL,
  execution_id uuid NOT NULL,
  attempt integer NOT NULL,
  run_id uuid NOT NULL,
  task_execution_id uuid,
  task text,
  operation_id uuid,
  cause jsonb NOT NULL,
  started_at timestamp(3) with time zone NOT NULL,
  ended_at timestamp(3) with time zone,
  end_number bigint,
  CONSTRAINT "PK_ee1f952fc81f37c6fea69c2e248" PRIMARY KEY (id),
  CONSTRAINT "deployment_end_number" CHECK ((((ended_at IS NULL) = (end_number IS NULL)) AND ((end_number IS NULL) OR (end_number > number)))),
  CONSTRAINT "deployment_ended" CHECK (((status = 'IN_PROGRESS'::text) = (ended_at IS NULL))),
  CONSTRAINT "deployment_restored" CHECK ((((operation_id IS NULL) AND (status <> 'REMOVED'::text)) OR ((operation_id IS NOT NULL) AND (task_execution_id IS NULL) AND (status = ANY (ARRAY['SUCCEEDED'::text, 'REMOVED'::text, 'UNKNOWN'::text]))))),
  CONSTRAINT "deployment_status" CHECK ((status = ANY (ARRAY['IN_PROGRESS'::text, 'SUCCEEDED'::text, 'FAILED'::text, 'UNKNOWN'::text, 'REMOVED'::text]))),
  CONSTRAINT "deployment_task" CHECK (((task IS NULL) = (task_execution_id IS NULL))),
  CONSTRAINT "FK_0c8f5af825bd114e7fa76457c73" FOREIGN KEY (environment_id) REFERENCES environment(id),
  CONSTRAINT "FK_3bebaf5717227d96e34b284bfc8" FOREIGN KEY (operation_id) REFERENCES operation(id),
  CONSTRAINT "FK_4da48695bfc65440efbf559a66b" FOREIGN KEY (service_id) REFERENCES service(id),
  CONSTRAINT "FK_64a3d189306734155b2352fbf13" FOREIGN KEY (task_execution_id) REFERENCES task_execution(id),
  CONSTRAINT "FK_6ee40fde0869d3804a0b687c396" FOREIGN KEY (run_id) REFERENCES execution(id),
  CONSTRAINT "FK_abf8804a1b1de58b5d787f96a47" FOREIGN KEY (execution_id) REFERENCES execution(id)
);
CREATE INDEX deployment_during ON public.deployment USING gist (tstzrange(started_at, GREATEST(started_at, COALESCE(ended_at, 'infinity'::timestamp with time zone))));
CREATE UNIQUE INDEX deployment_end ON public.deployment USING btree (end_number) WHERE (end_number IS NOT NULL);
CREATE UNIQUE INDEX deployment_environment ON public.deployment USING btree (environment_id, number);
CREATE INDEX deployment_execution ON public.deployment USING btree (execution_id, number);
CREATE INDEX deployment_image ON public.deployment USING btree (service_id, md5(image), number);
CREATE INDEX deployment_in_progress ON public.deployment USING btree (environment_id, service_id) WHERE (status = 'IN_PROGRESS'::text);
CREATE UNIQUE INDEX deployment_newest ON public.deployment USING btree (environment_id, service_id, end_number) WHERE (status = ANY (ARRAY['SUCCEEDED'::text, 'REMOVED'::text]));
CREATE INDEX deployment_newest_at ON public.deployment USING btree (environment_id, service_id, ended_at, end_number) WHERE (status = ANY (ARRAY['SUCCEEDED'::text, 'REMOVED'::text]));
CREATE UNIQUE INDEX deployment_of_task ON public.deployment USING btree (task_execution_id, service_id) WHERE ((status = 'IN_PROGRESS'::text) AND (task_execution_id IS NOT NULL));
CREATE UNIQUE INDEX deployment_of_workflow ON public.deployment USING btree (execution_id, attempt, service_id) WHERE ((task_execution_id IS NULL) AND (operation_id IS NULL));
CREATE UNIQUE INDEX deployment_place ON public.deployment USING btree (environment_id, service_id, number);
CREATE INDEX deployment_run ON public.deployment USING btree (run_id, number);
CREATE UNIQUE INDEX deployment_unsuccessful ON public.deployment USING btree (environment_id, service_id, end_number) WHERE (status = ANY (ARRAY['FAILED'::text, 'UNKNOWN'::text]));
CREATE INDEX deployment_unsuccessful_at ON public.deployment USING btree (environment_id, service_id, ended_at, end_number) WHERE (status = ANY (ARRAY['FAILED'::text, 'UNKNOWN'::text]));
CREATE TRIGGER deployment_kept BEFORE DELETE OR TRUNCATE ON public.deployment FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE deployment ENABLE ALWAYS TRIGGER deployment_kept;
CREATE TRIGGER deployment_sealed BEFORE UPDATE ON public.deployment FOR EACH ROW WHEN (((old.status <> 'IN_PROGRESS'::text) OR ((to_jsonb(old.*) - '{status,ended_at,end_number}'::text[]) <> (to_jsonb(new.*) - '{status,ended_at,end_number}'::text[])))) EXECUTE FUNCTION refuse_change();
ALTER TABLE deployment ENABLE ALWAYS TRIGGER deployment_sealed;

CREATE TABLE deployment_freeze (
  id uuid NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  application_ids uuid[],
  environment_ids uuid[],
  environment_types text[],
  starts_at timestamp(3) with time zone NOT NULL,
  ends_at timestamp(3) with time zone,
  time_zone text NOT NULL,
  recurrence text,
  reason text NOT NULL,
  except_group_ids uuid[] NOT NULL,
  except_service_ids uuid[] NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  created_by text,
  updated_at timestamp(3) with time zone NOT NULL,
  deleted_at timestamp(3) with time zone,
  CONSTRAINT "PK_10f751f99b802e747c9a99fcd8e" PRIMARY KEY (id),
  CONSTRAINT "freeze_end" CHECK ((ends_at > starts_at)),
  CONSTRAINT "freeze_kind" CHECK ((kind = ANY (ARRAY['FREEZE'::text, 'DEPLOYMENT_WINDOW'::text]))),
  CONSTRAINT "freeze_known_end" CHECK (((ends_at IS NOT NULL) OR ((recurrence IS NULL) AND (kind = 'FREEZE'::text))))
);
CREATE UNIQUE INDEX freeze_name ON public.deployment_freeze USING btree (name) WHERE (deleted_at IS NULL);
CREATE TRIGGER freeze_changed AFTER UPDATE ON public.deployment_freeze FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION record_freeze_version();
CREATE TRIGGER freeze_created AFTER INSERT ON public.deployment_freeze FOR EACH ROW EXECUTE FUNCTION record_freeze_version();

CREATE TABLE detached_task (
  task_id uuid NOT NULL,
  execution_id uuid NOT NULL,
  revision_id uuid NOT NULL,
  environment_id uuid,
  variables jsonb NOT NULL,
  images jsonb NOT NULL,
  env jsonb NOT NULL,
  failed_task_id uuid,
  failed_attempt integer,
  start_by timestamp(3) with time zone,
  CONSTRAINT "PK_08cb4324da52711f20f25079591" PRIMARY KEY (task_id),
  CONSTRAINT "detached_task_failed_attempt" UNIQUE (execution_id, failed_attempt),
  CONSTRAINT "detached_task_failed_task" UNIQUE (failed_task_id),
  CONSTRAINT "FK_08cb4324da52711f20f25079591" FOREIGN KEY (task_id) REFERENCES task_execution(id),
  CONSTRAINT "FK_41e8ecd9e424ad8a375dc0dd60d" FOREIGN KEY (failed_task_id) REFERENCES task_execution(id)
);
CREATE INDEX detached_task_start_by ON public.detached_task USING btree (start_by) WHERE (start_by IS NOT NULL);

CREATE TABLE environment (
  id uuid NOT NULL,
  name text NOT NULL,
  description text,
  created_at timestamp(3) with time zone NOT NULL,
  created_by text,
  updated_at timestamp(3) with time zone NOT NULL,
  deleted_at timestamp(3) with time zone,
  application_id uuid NOT NULL,
  type text NOT NULL,
  variables jsonb NOT NULL,
  concurrency jsonb,
  after text,
  agents text[] NOT NULL,
  CONSTRAINT "PK_f0ec97d0ac5e0e2f50f7475699f" PRIMARY KEY (id),
  CONSTRAINT "environment_type" CHECK ((type = ANY (ARRAY['PROD'::text, 'NON_PROD'::text]))),
  CONSTRAINT "FK_360e5c4a6525a6420f8aa575b75" FOREIGN KEY (application_id) REFERENCES application(id)
);
CREATE UNIQUE INDEX environment_name ON public.environment USING btree (application_id, name) WHERE (deleted_at IS NULL);
CREATE TRIGGER environment_changed AFTER UPDATE ON public.environment FOR EACH ROW WHEN ((old.variables <> new.variables)) EXECUTE FUNCTION record_environment_values();
CREATE TRIGGER environment_created AFTER INSERT ON public.environment FOR EACH ROW EXECUTE FUNCTION record_environment_values();
CREATE CONSTRAINT TRIGGER environment_rebound AFTER UPDATE ON public.environment DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((old.agents <> new.agents)) EXECUTE FUNCTION rebind_environment();

CREATE TABLE environment_values (
  number bigint NOT NULL DEFAULT nextval('environment_values_number_seq'::regclass),
  environment_id uuid NOT NULL,
  variables jsonb NOT NULL,
  changed_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT "PK_a19927c730d78f132c27222e3d0" PRIMARY KEY (number),
  CONSTRAINT "FK_3d2345fcab465b660260a7c235c" FOREIGN KEY (environment_id) REFERENCES environment(id)
);
CREATE UNIQUE INDEX environment_values_at ON public.environment_values USING btree (environment_id, changed_at, number);
CREATE TRIGGER environment_values_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.environment_values FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE environment_values ENABLE ALWAYS TRIGGER environment_values_append_only;

CREATE TABLE event_delivery (
  id uuid NOT NULL,
  subscription_id uuid NOT NULL,
  run_id uuid NOT NULL,
  sequence integer NOT NULL,
  execution_id uuid NOT NULL,
  transaction_id bigint NOT NULL,
  type text NOT NULL,
  state text NOT NULL,
  due_at timestamp(3) with time zone,
  attempts integer NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  first_attempt_at timestamp(3) with time zone,
  last_attempt_at timestamp(3) with time zone,
  give_up_at timestamp(3) with time zone NOT NULL,
  ended_at timestamp(3) with time zone,
  response_status integer,
  error_code text,
  error text,
  duration_ms integer,
  CONSTRAINT "PK_cf3a43c27b8bcb66ddac6f3126b" PRIMARY KEY (id),
  CONSTRAINT "event_delivery_due_pending" CHECK (((due_at IS NULL) OR (state = 'PENDING'::text))),
  CONSTRAINT "event_delivery_ended_final" CHECK (((ended_at IS NULL) = (state = 'PENDING'::text))),
  CONSTRAINT "event_delivery_state" CHECK ((state = ANY (ARRAY['PENDING'::text, 'DELIVERED'::text, 'FAILED'::text, 'SKIPPED'::text]))),
  CONSTRAINT "FK_fa646c162e34cbec66a3c4ec198" FOREIGN KEY (subscription_id) REFERENCES event_subscription(id)
);
CREATE INDEX event_delivery_due ON public.event_delivery USING btree (subscription_id, due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX event_delivery_due_run ON public.event_delivery USING btree (subscription_id, run_id) WHERE (due_at IS NOT NULL);
CREATE INDEX event_delivery_ended ON public.event_delivery USING btree (ended_at) WHERE (ended_at IS NOT NULL);
CREATE UNIQUE INDEX event_delivery_event ON public.event_delivery USING btree (subscription_id, run_id, sequence);
CREATE INDEX event_delivery_newest ON public.event_delivery USING btree (subscription_id, transaction_id, run_id, sequence);
CREATE INDEX event_delivery_pending ON public.event_delivery USING btree (subscription_id, run_id, sequence) WHERE (state = 'PENDING'::text);

CREATE TABLE event_horizon (
  id integer NOT NULL,
  transaction_id bigint NOT NULL,
  CONSTRAINT "PK_7cc1ec8dd5b9ae5448d6a34f047" PRIMARY KEY (id),
  CONSTRAINT "event_horizon_one_row" CHECK ((id = 1))
);

CREATE TABLE event_subscription (
  id uuid NOT NULL,
  name text NOT NULL,
  application_id uuid,
  format text NOT NULL,
  address text NOT NULL,
  filter jsonb NOT NULL,
  repository text,
  commit text,
  token_secret text,
  enabled boolean NOT NULL,
  off_code text,
  off_reason text,
  off_at timestamp(3) with time zone,
  owner_kind text NOT NULL,
  owner_id text NOT NULL,
  owner_name text NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  created_by text,
  updated_at timestamp(3) with time zone NOT NULL,
  deleted_at timestamp(3) with time zone,
  CONSTRAINT "PK_30cfa3a4d386691fef4c5995085" PRIMARY KEY (id),
  CONSTRAINT "event_subscription_format" CHECK ((format = ANY (ARRAY['CLOUDEVENTS'::text, 'SLACK'::text, 'TEAMS'::text, 'GITHUB'::text, 'GITLAB'::text]))),
  CONSTRAINT "event_subscription_off" CHECK (((enabled = (off_code IS NULL)) AND (enabled = (off_at IS NULL)))),
  CONSTRAINT "FK_fd4ad0642e788a5bd72e2039b72" FOREIGN KEY (application_id) REFERENCES application(id)
);
CREATE INDEX event_subscription_name ON public.event_subscription USING btree (name, id) WHERE (deleted_at IS NULL);

CREATE TABLE event_subscription_state (
  subscription_id uuid NOT NULL,
  key_id text NOT NULL,
  sealed bytea NOT NULL,
  sealed_version integer NOT NULL,
  transaction_id bigint NOT NULL,
  run_id uuid NOT NULL,
  sequence integer NOT NULL,
  replay jsonb,
  leased_by uuid,
  leased_until timestamp(3) with time zone,
  failing_since timestamp(3) with time zone,
  held_until timestamp(3) with time zone,
  CONSTRAINT "PK_14a7d81f12c931213a8adc3557e" PRIMARY KEY (subscription_id),
  CONSTRAINT "FK_14a7d81f12c931213a8adc3557e" FOREIGN KEY (subscription_id) REFERENCES event_subscription(id)
);

CREATE TABLE exchanged_token (
  token_hash text NOT NULL,
  exchanged_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT "PK_ac51298b90a5b27865b71fca4a4" PRIMARY KEY (token_hash)
);

CREATE TABLE execution (
  id uuid NOT NULL,
  kind text NOT NULL,
  run_id uuid NOT NULL,
  parent_stage_execution_id uuid,
  application_id uuid NOT NULL,
  entity_id uuid NOT NULL,
  revision_id uuid NOT NULL,
  environment_id uuid,
  status text NOT NULL,
  attempt integer NOT NULL,
  version integer NOT NULL,
  last_sequence integer NOT NULL,
  last_execution_sequence integer NOT NULL,
  variables jsonb NOT NULL,
  images jsonb NOT NULL,
  notes text,
  cause jsonb NOT NULL,
  failure_code text,
  failure_details text,
  pause jsonb,
  freeze_override jsonb,
  traceparent text,
  max_parallel integer,
  priority integer,
  mode text NOT NULL,
  open_tasks integer NOT NULL,
  busy_tasks integer NOT NULL,
  waiting_tasks integer NOT NULL DEFAULT 0,
  detached_tasks integer NOT NULL DEFAULT 0,
  finally_tasks integer,
  created_at timestamp(3) with time zone NOT NULL,
  started_at timestamp(3) with time zone,
  attempt_started_at timestamp(3) with time zone,
  ended_at timestamp(3) with time zone,
  earlier_ms bigint NOT NULL,
  has_place boolean NOT NULL DEFAULT false,
  expires_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT "PK_cc6684fedf29ec4c86db8448a2b" PRIMARY KEY (id),
  CONSTRAINT "execution_counts" CHECK (((busy_tasks >= 0) AND (waiting_tasks >= 0) AND (open_tasks >= (busy_tasks + waiting_tasks)) AND (detached_tasks >= 0) AND ((finally_tasks IS NULL) OR ((finally_tasks >= 0) AND (finally_tasks <= detached_tasks))))),
  CONSTRAINT "execution_ended" CHECK (((ended_at IS NULL) = (status = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text, 'WAITING'::text, 'PAUSED'::text, 'RESUMING'::text, 'RESTORING'::text])))),
  CONSTRAINT "execution_kind" CHECK ((kind = ANY (ARRAY['PIPELINE'::text, 'WORKFLOW'::text]))),
  CONSTRAINT "execution_mode" CHECK ((mode = ANY (ARRAY['SEQUENTIAL'::text, 'PARALLEL'::text, 'WORK_STEALING'::text]))),
  CONSTRAINT "execution_pause" CHECK (((pause IS NULL) OR (status = 'PAUSED'::text))),
  CONSTRAINT "execution_status" CHECK (
CASE kind
    WHEN 'PIPELINE'::text THEN (status = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text, 'WAITING'::text, 'PAUSED'::text, 'RESUMING'::text, 'SUCCESS'::text, 'FAILED'::text, 'ERROR'::text, 'ABORTED'::text, 'EXPIRED'::text, 'REJECTED'::text, 'RESTORING'::text]))
    ELSE (status = ANY (ARRAY['QUEUED'::text, 'RESUMING'::text, 'WAITING'::text, 'RUNNING'::text, 'PAUSED'::text, 'SUCCESS'::text, 'FAILED'::text, 'ERROR'::text, 'ABORTED'::text, 'EXPIRED'::text]))
END),
  CONSTRAINT "FK_0f304a1b1c7f00d8674def28771" FOREIGN KEY (application_id) REFERENCES application(id),
  CONSTRAINT "FK_f7f7348bb6da87d7c815050e256" FOREIGN KEY (environment_id) REFERENCES environment(id)
) WITH (fillfactor=70);
CREATE INDEX execution_active ON public.execution USING btree (application_id) WHERE (ended_at IS NULL);
CREATE INDEX execution_expiry ON public.execution USING btree (expires_at) WHERE (ended_at IS NULL);
CREATE INDEX execution_newest ON public.execution USING btree (created_at, id) WHERE (parent_stage_execution_id IS NULL);
CREATE INDEX execution_newest_of_application ON public.execution USING btree (application_id, created_at, id) WHERE (parent_stage_execution_id IS NULL);
CREATE INDEX execution_newest_of_entity ON public.execution USING btree (entity_id, created_at, id);
CREATE INDEX execution_of_run ON public.execution USING btree (run_id);
CREATE TRIGGER execution_ended AFTER UPDATE OF ended_at ON public.execution FOR EACH ROW WHEN (((old.ended_at IS NULL) AND (new.ended_at IS NOT NULL) AND (new.parent_stage_execution_id IS NULL))) EXECUTE FUNCTION fire_triggers_at_end();
CREATE TRIGGER execution_ended_at_once AFTER INSERT ON public.execution FOR EACH ROW WHEN (((new.ended_at IS NOT NULL) AND (new.parent_stage_execution_id IS NULL))) EXECUTE FUNCTION fire_triggers_at_end();

CREATE TABLE execution_attempt (
  execution_id uuid NOT NULL,
  attempt integer NOT NULL,
  kind text NOT NULL,
  base integer,
  lineage integer[] NOT NULL,
  dropped text[] NOT NULL,
  run_attempt integer NOT NULL,
  revision_id uuid NOT NULL,
  environment_id uuid,
  variables jsonb NOT NULL,
  images jsonb NOT NULL,
  mode text NOT NULL,
  max_parallel integer,
  freeze_override jsonb,
  cause jsonb NOT NULL,
  reason text,
  from_stage text,
  status text,
  failure_code text,
  failure_details text,
  created_at timestamp(3) with time zone NOT NULL,
  started_at timestamp(3) with time zone,
  ended_at timestamp(3) with time zone,
  CONSTRAINT "PK_9c5fa54cf0b0da3fde546bd7217" PRIMARY KEY (execution_id, attempt),
  CONSTRAINT "execution_attempt_base" CHECK ((((base IS NULL) = (kind = ANY (ARRAY['START'::text, 'ROLLBACK'::text, 'OBSERVE'::text]))) AND (base < attempt))),
  CONSTRAINT "execution_attempt_ended" CHECK (((ended_at IS NULL) = (status IS NULL))),
  CONSTRAINT "execution_attempt_kind" CHECK ((kind = ANY (ARRAY['START'::text, 'RESUME'::text, 'RERUN'::text, 'EXTEND'::text, 'RESTORE'::text, 'ROLLBACK'::text, 'OBSERVE'::text]))),
  CONSTRAINT "execution_attempt_status" CHECK ((status = ANY (ARRAY['SUCCESS'::text, 'FAILED'::text, 'ERROR'::text, 'ABORTED'::text, 'EXPIRED'::text, 'REJECTED'::text]))),
  CONSTRAINT "FK_5dd879d5af0654569985f4c73ba" FOREIGN KEY (execution_id) REFERENCES execution(id)
);
CREATE TRIGGER execution_attempt_kept BEFORE DELETE ON public.execution_attempt FOR EACH ROW EXECUTE FUNCTION refuse_deletion_of_history();
ALTER TABLE execution_attempt ENABLE ALWAYS TRIGGER execution_attempt_kept;
CREATE TRIGGER execution_attempt_not_emptied BEFORE TRUNCATE ON public.execution_attempt FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE execution_attempt ENABLE ALWAYS TRIGGER execution_attempt_not_emptied;
CREATE TRIGGER execution_attempt_sealed BEFORE UPDATE ON public.execution_attempt FOR EACH ROW WHEN ((old.ended_at IS NOT NULL)) EXECUTE FUNCTION refuse_change();
ALTER TABLE execution_attempt ENABLE ALWAYS TRIGGER execution_attempt_sealed;

CREATE TABLE execution_environment (
  execution_id uuid NOT NULL,
  environment_id uuid NOT NULL,
  CONSTRAINT "PK_8d156766643041fa0e335c3ccae" PRIMARY KEY (execution_id, environment_id)
);
CREATE INDEX execution_environment_environment ON public.execution_environment USING btree (environment_id, execution_id);

CREATE TABLE execution_event (
  run_id uuid NOT NULL,
  sequence integer NOT NULL,
  execution_id uuid NOT NULL,
  execution_sequence integer NOT NULL,
  transaction_id bigint NOT NULL,
  type text NOT NULL,
  at timestamp(3) with time zone NOT NULL,
  actor jsonb NOT NULL,
  data jsonb NOT NULL,
  CONSTRAINT "PK_edd39039c154dc2610518c01e70" PRIMARY KEY (run_id, sequence)
);
CREATE INDEX execution_event_agent ON public.execution_event USING btree (((data ->> 'agentId'::text)), at, run_id, sequence) WHERE (type = 'JOB_STARTED'::text);
CREATE INDEX execution_event_committed ON public.execution_event USING btree (transaction_id, run_id, sequence);
CREATE UNIQUE INDEX execution_event_own ON public.execution_event USING btree (execution_id, execution_sequence) WHERE (execution_id <> run_id);

CREATE TABLE execution_export (
  id uuid NOT NULL,
  status text NOT NULL,
  execution_ids uuid[] NOT NULL,
  member_ids uuid[] NOT NULL,
  requested_by text NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  expires_at timestamp(3) with time zone NOT NULL,
  due_at timestamp(3) with time zone,
  tries integer NOT NULL,
  sha256 text,
  size bigint,
  error_message text,
  CONSTRAINT "PK_4882d3d6fee38ac301e4adedc77" PRIMARY KEY (id),
  CONSTRAINT "execution_export_due" CHECK (((due_at IS NOT NULL) = (status = 'QUEUED'::text))),
  CONSTRAINT "execution_export_ready" CHECK (((sha256 IS NOT NULL) = (status = 'READY'::text))),
  CONSTRAINT "execution_export_status" CHECK ((status = ANY (ARRAY['QUEUED'::text, 'READY'::text, 'FAILED'::text, 'EXPIRED'::text])))
);
CREATE INDEX execution_export_content ON public.execution_export USING btree (sha256) WHERE (sha256 IS NOT NULL);
CREATE INDEX execution_export_due_at ON public.execution_export USING btree (due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX execution_export_expiry ON public.execution_export USING btree (expires_at);
CREATE INDEX execution_export_requested ON public.execution_export USING btree (requested_by, created_at);

CREATE TABLE execution_service (
  execution_id uuid NOT NULL,
  service_id uuid NOT NULL,
  CONSTRAINT "PK_fbb48862f5e49d371c3de2a5dc0" PRIMARY KEY (execution_id, service_id)
);
CREATE INDEX execution_service_service ON public.execution_service USING btree (service_id, execution_id);

CREATE TABLE execution_variable (
  task_execution_id uuid NOT NULL,
  name text NOT NULL,
  execution_id uuid NOT NULL,
  type text NOT NULL,
  value text NOT NULL,
  set_by text NOT NULL,
  set_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT "PK_796830a7c802a572ab0ada943ea" PRIMARY KEY (task_execution_id, name),
  CONSTRAINT "execution_variable_type" CHECK ((type = ANY (ARRAY['string'::text, 'int'::text, 'float'::text, 'bool'::text, 'json'::text]))),
  CONSTRAINT "FK_c94fec1703300f614e8938a5732" FOREIGN KEY (task_execution_id) REFERENCES task_execution(id)
);
CREATE INDEX execution_variable_execution ON public.execution_variable USING btree (execution_id, name);
CREATE TRIGGER execution_variable_append_only BEFORE UPDATE OR TRUNCATE ON public.execution_variable FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE execution_variable ENABLE ALWAYS TRIGGER execution_variable_append_only;
CREATE TRIGGER execution_variable_kept BEFORE DELETE ON public.execution_variable FOR EACH ROW EXECUTE FUNCTION refuse_deletion_of_history();
ALTER TABLE execution_variable ENABLE ALWAYS TRIGGER execution_variable_kept;

CREATE TABLE freeze_version (
  number bigint NOT NULL DEFAULT nextval('freeze_version_number_seq'::regclass),
  freeze_id uuid NOT NULL,
  data jsonb NOT NULL,
  changed_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT "PK_5b908d03a53dcc60cd5907cf76b" PRIMARY KEY (number),
  CONSTRAINT "FK_68d37698b514aa8f90a78e14b7d" FOREIGN KEY (freeze_id) REFERENCES deployment_freeze(id)
);
CREATE UNIQUE INDEX freeze_version_at ON public.freeze_version USING btree (freeze_id, changed_at, number);
CREATE TRIGGER freeze_version_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.freeze_version FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE freeze_version ENABLE ALWAYS TRIGGER freeze_version_append_only;

CREATE TABLE idempotency_key (
  application_id uuid NOT NULL,
  key text NOT NULL,
  hash text NOT NULL,
  execution_id uuid NOT NULL,
  answer_id uuid,
  created_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT "idempotency_key_one_request" PRIMARY KEY (application_id, key),
  CONSTRAINT "FK_c1143863cb2f3d41e68213fd93b" FOREIGN KEY (execution_id) REFERENCES execution(id)
);

CREATE TABLE job (
  id uuid NOT NULL,
  task_execution_id uuid NOT NULL,
  execution_id uuid NOT NULL,
  run_id uuid NOT NULL,
  attempt integer NOT NULL,
  status text NOT NULL,
  requirement_class_id integer NOT NULL,
  priority integer,
  timeout_ms integer NOT NULL,
  grace_ms integer NOT NULL,
  agent_id uuid,
  claim_hash text,
  exit_code integer,
  signal text,
  reason_code text,
  reason text,
  facts jsonb,
  queued_at timestamp(3) with time zone NOT NULL,
  started_at timestamp(3) with time zone,
  ended_at timestamp(3) with time zone,
  CONSTRAINT "PK_98ab1c14ff8d1cf80d18703b92f" PRIMARY KEY (id),
  CONSTRAINT "job_ended" CHECK (((ended_at IS NULL) = (status = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text])))),
  CONSTRAINT "job_status" CHECK ((status = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text, 'FAILED'::text, 'ABORTED'::text, 'SUCCESS'::text, 'LOST'::text]))),
  CONSTRAINT "FK_03509037af609fc3e0c6103deec" FOREIGN KEY (task_execution_id) REFERENCES task_execution(id)
) WITH (fillfactor=50);
CREATE UNIQUE INDEX job_of_task ON public.job USING btree (task_execution_id, attempt);
CREATE INDEX job_with_facts ON public.job USING btree (run_id) WHERE (facts IS NOT NULL);

CREATE TABLE job_lease (
  job_id uuid NOT NULL,
  agent_id uuid NOT NULL,
  run_id uuid NOT NULL,
  token_hash text NOT NULL,
  started boolean NOT NULL,
  expires_at timestamp(3) with time zone NOT NULL,
  timeout_at timestamp(3) with time zone,
  cancel_requested_at timestamp(3) with time zone,
  kill_at timestamp(3) with time zone,
  precedence integer NOT NULL DEFAULT 0,
  share bigint NOT NULL DEFAULT '0'::bigint,
  rank bigint NOT NULL DEFAULT '0'::bigint,
  CONSTRAINT "PK_fb29dc6e079410b2b7d7ebd6e8f" PRIMARY KEY (job_id)
) WITH (fillfactor=50, autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=500);
CREATE INDEX job_lease_kill ON public.job_lease USING btree (kill_at) WHERE (kill_at IS NOT NULL);

CREATE TABLE job_log (
  job_id uuid NOT NULL,
  bytes bigint NOT NULL,
  lines bigint NOT NULL,
  phase text NOT NULL DEFAULT 'OPEN'::text,
  loss text,
  written bigint,
  sha256 text,
  ended_at timestamp(3) with time zone,
  stored_bytes bigint NOT NULL DEFAULT '0'::bigint,
  file text,
  deleted_at timestamp(3) with time zone,
  busy_until timestamp(3) with time zone,
  CONSTRAINT "PK_afca576a36dd635a3643a2a2c87" PRIMARY KEY (job_id),
  CONSTRAINT "job_log_loss_check" CHECK (((loss IS NULL) OR (loss = ANY (ARRAY['LIMIT'::text, 'UNDELIVERED'::text, 'AGENT_LOST'::text, 'DAMAGED'::text])))),
  CONSTRAINT "job_log_phase_check" CHECK ((phase = ANY (ARRAY['OPEN'::text, 'ENDED'::text, 'SEALED'::text, 'MOVED'::text, 'DELETED'::text])))
) WITH (fillfactor=80);
CREATE INDEX job_log_file ON public.job_log USING btree (file) WHERE (file IS NOT NULL);
CREATE INDEX job_log_movable ON public.job_log USING btree (ended_at) WHERE ((phase = 'SEALED'::text) AND (stored_bytes >= 65536));
CREATE INDEX job_log_phase ON public.job_log USING btree (phase, ended_at) WHERE (phase <> 'OPEN'::text);

CREATE TABLE job_report (
  job_id uuid NOT NULL,
  execution_id uuid NOT NULL,
  run_id uuid NOT NULL,
  report jsonb NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT "PK_9c91e65baa21dd0f61b502fa01b" PRIMARY KEY (job_id),
  CONSTRAINT "FK_9c91e65baa21dd0f61b502fa01b" FOREIGN KEY (job_id) REFERENCES job(id)
);
CREATE INDEX job_report_of_execution ON public.job_report USING btree (execution_id);
CREATE INDEX job_report_of_run ON public.job_report USING btree (run_id);

CREATE TABLE label_match (
  label_set_id integer NOT NULL,
  requirement_class_id integer NOT NULL,
  CONSTRAINT "PK_795ced02f45145cc8e538364eb9" PRIMARY KEY (label_set_id, requirement_class_id),
  CONSTRAINT "FK_66cecee740dde288c08cd1cd39a" FOREIGN KEY (label_set_id) REFERENCES label_set(id),
  CONSTRAINT "FK_cbb8293ae48d1d9b04a58b17e44" FOREIGN KEY (requirement_class_id) REFERENCES requirement_class(id)
);

CREATE TABLE label_set (
  id integer NOT NULL DEFAULT nextval('label_set_id_seq'::regclass),
  labels text[] NOT NULL,
  CONSTRAINT "PK_f809a281e62897525280a97b17b" PRIMARY KEY (id),
  CONSTRAINT "label_set_labels" UNIQUE (labels)
);

CREATE TABLE log_chunk (
  job_id uuid NOT NULL,
  start bigint NOT NULL,
  length integer NOT NULL,
  line bigint NOT NULL,
  lines integer NOT NULL,
  at timestamp(3) with time zone NOT NULL,
  marked boolean NOT NULL,
  data bytea,
  frames jsonb,
  place bigint,
  packed integer,
  CONSTRAINT "PK_0c1af183d5ccedea0c6ea6bdcd0" PRIMARY KEY (job_id, start)
);

CREATE TABLE observation (
  execution_id uuid NOT NULL,
  environment_id uuid NOT NULL,
  workflow_id uuid NOT NULL,
  started_at timestamp(3) with time zone NOT NULL,
  ended_at timestamp(3) with time zone,
  CONSTRAINT "PK_8ab811745aba5f767de1b1681ba" PRIMARY KEY (execution_id),
  CONSTRAINT "FK_8ab811745aba5f767de1b1681ba" FOREIGN KEY (execution_id) REFERENCES execution(id)
);
CREATE INDEX observation_newest ON public.observation USING btree (environment_id, workflow_id, started_at);
CREATE UNIQUE INDEX observation_open ON public.observation USING btree (environment_id) WHERE (ended_at IS NULL);

CREATE TABLE observed_service (
  environment_id uuid NOT NULL,
  service_id uuid NOT NULL,
  image text,
  observed_at timestamp(3) with time zone NOT NULL,
  execution_id uuid NOT NULL,
  deployment_id uuid,
  end_number bigint,
  drifted boolean NOT NULL,
  CONSTRAINT "PK_e0e0b91fc2ce34dbc1d72afe04f" PRIMARY KEY (environment_id, service_id),
  CONSTRAINT "FK_9ae46279508cfce150b0debb733" FOREIGN KEY (service_id) REFERENCES service(id),
  CONSTRAINT "FK_de6213d568b7bb656f83edceaa1" FOREIGN KEY (environment_id) REFERENCES environment(id)
);
CREATE INDEX observed_service_drifted ON public.observed_service USING btree (environment_id) WHERE drifted;

CREATE TABLE observer (
  environment_id uuid NOT NULL,
  workflow_id uuid NOT NULL,
  source_revision_id uuid NOT NULL,
  revision_id uuid,
  every_seconds integer,
  next_at timestamp(3) with time zone,
  requested_by jsonb,
  last_at timestamp(3) with time zone,
  last_outcome text,
  last_reason text,
  last_execution_id uuid,
  observed_at timestamp(3) with time zone,
  CONSTRAINT "PK_65530f2e84ad81556be54c36347" PRIMARY KEY (environment_id, workflow_id),
  CONSTRAINT "observer_outcome" CHECK ((last_outcome = ANY (ARRAY['SUCCEEDED'::text, 'FAILED'::text, 'SKIPPED'::text]))),
  CONSTRAINT "FK_3e5e7688805abf519fed80dd537" FOREIGN KEY (workflow_id) REFERENCES workflow(id),
  CONSTRAINT "FK_b5abeb03f3fa25cab258322f6fe" FOREIGN KEY (environment_id) REFERENCES environment(id)
);
CREATE INDEX observer_next ON public.observer USING btree (next_at) WHERE (next_at IS NOT NULL);

CREATE TABLE operation (
  id uuid NOT NULL,
  run_id uuid NOT NULL,
  kind text NOT NULL,
  status text NOT NULL,
  restore_point_id uuid,
  attempt integer,
  actor jsonb NOT NULL,
  debug boolean NOT NULL,
  conflicts_confirmed boolean NOT NULL,
  before jsonb NOT NULL,
  step integer NOT NULL,
  started_at timestamp(3) with time zone NOT NULL,
  deadline_at timestamp(3) with time zone NOT NULL,
  ended_at timestamp(3) with time zone,
  error_code text,
  error_message text,
  CONSTRAINT "PK_18556ee6e49c005fc108078f3ab" PRIMARY KEY (id),
  CONSTRAINT "operation_attempt" CHECK (((attempt IS NULL) = (status <> 'SUCCESS'::text))),
  CONSTRAINT "operation_ended" CHECK (((ended_at IS NULL) = (status = 'RUNNING'::text))),
  CONSTRAINT "operation_error" CHECK (((status = 'RUNNING'::text) OR ((error_code IS NULL) = (status = 'SUCCESS'::text)))),
  CONSTRAINT "operation_kind" CHECK ((kind = ANY (ARRAY['EXTEND'::text, 'RESTORE'::text]))),
  CONSTRAINT "operation_status" CHECK ((status = ANY (ARRAY['RUNNING'::text, 'SUCCESS'::text, 'FAILED'::text, 'CANCELLED'::text]))),
  CONSTRAINT "FK_4c2fa457ffae0625fe9148c5765" FOREIGN KEY (restore_point_id) REFERENCES restore_point(id),
  CONSTRAINT "FK_7ba3238d277da1fb7895d043a69" FOREIGN KEY (run_id) REFERENCES execution(id)
);
CREATE UNIQUE INDEX operation_consumed ON public.operation USING btree (restore_point_id) WHERE ((kind = 'RESTORE'::text) AND (status = 'SUCCESS'::text));
CREATE INDEX operation_of_run ON public.operation USING btree (run_id, started_at, id);
CREATE UNIQUE INDEX operation_running ON public.operation USING btree (run_id) WHERE (status = 'RUNNING'::text);

CREATE TABLE operation_log (
  operation_id uuid NOT NULL,
  number integer NOT NULL,
  at timestamp(3) with time zone NOT NULL,
  level text NOT NULL,
  message text NOT NULL,
  CONSTRAINT "PK_3e57bb76d173b0cff1f55c24700" PRIMARY KEY (operation_id, number),
  CONSTRAINT "operation_log_level" CHECK ((level = ANY (ARRAY['DEBUG'::text, 'INFO'::text, 'ERROR'::text]))),
  CONSTRAINT "FK_b36519c3cf5f9466c04d9568795" FOREIGN KEY (operation_id) REFERENCES operation(id)
);

CREATE TABLE operation_task (
  operation_id uuid NOT NULL,
  task_execution_id uuid NOT NULL,
  step integer NOT NULL,
  CONSTRAINT "PK_cd62bc497a03f94da9a7c0318f7" PRIMARY KEY (operation_id, task_execution_id),
  CONSTRAINT "FK_779648073aa32b57e36066c563a" FOREIGN KEY (operation_id) REFERENCES operation(id),
  CONSTRAINT "FK_fdc7ca2338f9811f8de07942531" FOREIGN KEY (task_execution_id) REFERENCES task_execution(id)
);
CREATE INDEX operation_task_task ON public.operation_task USING btree (task_execution_id);

CREATE TABLE pipeline (
  id uuid NOT NULL,
  name text NOT NULL,
  description text,
  created_at timestamp(3) with time zone NOT NULL,
  created_by text,
  updated_at timestamp(3) with time zone NOT NULL,
  deleted_at timestamp(3) with time zone,
  application_id uuid NOT NULL,
  current_revision_id uuid NOT NULL,
  CONSTRAINT "PK_df8aedd50509192d995535d68cd" PRIMARY KEY (id),
  CONSTRAINT "FK_99c3886b41703c56033c5ecb204" FOREIGN KEY (application_id) REFERENCES application(id)
);
CREATE UNIQUE INDEX pipeline_name ON public.pipeline USING btree (application_id, name) WHERE (deleted_at IS NULL);

CREATE TABLE pipeline_revision (
  id uuid NOT NULL,
  entity_id uuid NOT NULL,
  number integer NOT NULL,
  content_hash text NOT NULL,
  definition jsonb NOT NULL,
  template_ids uuid[] NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  created_by text,
  CONSTRAINT "PK_31f3ab70a12cfb6e634650a13a5" PRIMARY KEY (id),
  CONSTRAINT "pipeline_revision_number" UNIQUE (entity_id, number),
  CONSTRAINT "FK_d879b7ba8d088ccd2892120d57f" FOREIGN KEY (entity_id) REFERENCES pipeline(id)
);
CREATE INDEX pipeline_revision_templates ON public.pipeline_revision USING gin (template_ids) WHERE (template_ids <> '{}'::uuid[]);

CREATE TABLE queue_pause (
  id uuid NOT NULL,
  labels text[] NOT NULL,
  note text,
  until timestamp(3) with time zone,
  by jsonb NOT NULL,
  at timestamp(3) with time zone NOT NULL,
  CONSTRAINT "PK_c500911905dc7b5b087eac4615a" PRIMARY KEY (id)
);

CREATE TABLE queue_setting (
  id uuid NOT NULL,
  priority integer,
  weight integer,
  CONSTRAINT "PK_5669a700a539623cf5847fd0aed" PRIMARY KEY (id),
  CONSTRAINT "queue_setting_priority" CHECK (((priority >= '-100'::integer) AND (priority <= 100))),
  CONSTRAINT "queue_setting_weight" CHECK (((weight >= 1) AND (weight <= 100)))
);

CREATE TABLE ready_job (
  job_id uuid NOT NULL,
  run_id uuid NOT NULL,
  requirement_class_id integer NOT NULL,
  precedence integer NOT NULL,
  share bigint NOT NULL,
  rank bigint NOT NULL DEFAULT nextval('ready_job_rank_seq'::regclass),
  virtual_time bigint NOT NULL,
  finish bigint,
  queued_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT "PK_d9d7c7c46f510d7ac0ead7081a2" PRIMARY KEY (job_id)
) WITH (fillfactor=70, autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=500);
CREATE INDEX ready_job_of_run ON public.ready_job USING btree (run_id, requirement_class_id, precedence, finish) WHERE (finish IS NOT NULL);
CREATE INDEX ready_job_order ON public.ready_job USING btree (requirement_class_id, precedence, share, rank);

CREATE TABLE registered_operation (
  hash text NOT NULL,
  names text[] NOT NULL,
  text text NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  created_by text,
  CONSTRAINT "PK_b4e3ae0698fd170d068dc84c355" PRIMARY KEY (hash)
);

CREATE TABLE requirement_class (
  id integer NOT NULL DEFAULT nextval('requirement_class_id_seq'::regclass),
  labels text[] NOT NULL,
  CONSTRAINT "PK_205507d4016cbf327d4bda7ea3f" PRIMARY KEY (id),
  CONSTRAINT "requirement_class_labels" UNIQUE (labels)
);

CREATE TABLE restore_point (
  id uuid NOT NULL,
  run_id uuid NOT NULL,
  attempt integer NOT NULL,
  last_deployment bigint NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  created_by jsonb NOT NULL,
  CONSTRAINT "PK_506140808f97304fc89c8f3b88e" PRIMARY KEY (id),
  CONSTRAINT "FK_866236ee938df2676cd8213458f" FOREIGN KEY (run_id) REFERENCES execution(id)
);
CREATE UNIQUE INDEX restore_point_of_run ON public.restore_point USING btree (run_id, attempt);
CREATE TRIGGER restore_point_immutable BEFORE DELETE OR UPDATE OR TRUNCATE ON public.restore_point FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE restore_point ENABLE ALWAYS TRIGGER restore_point_immutable;

CREATE TABLE rights_version (
  id integer NOT NULL,
  version integer NOT NULL,
  CONSTRAINT "PK_159e192350c15cea0ba46a5febe" PRIMARY KEY (id),
  CONSTRAINT "rights_version_one_row" CHECK ((id = 1))
);

CREATE TABLE rollback (
  run_id uuid NOT NULL,
  environment_id uuid,
  services jsonb NOT NULL,
  failed_run_id uuid,
  time timestamp(3) with time zone,
  created_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT "PK_f792422dcfd2f563d8fc8e36fb4" PRIMARY KEY (run_id),
  CONSTRAINT "FK_902947742635529ee9ba30a756e" FOREIGN KEY (environment_id) REFERENCES environment(id),
  CONSTRAINT "FK_93c7be0b07313dd3424243adc20" FOREIGN KEY (failed_run_id) REFERENCES execution(id),
  CONSTRAINT "FK_f792422dcfd2f563d8fc8e36fb4" FOREIGN KEY (run_id) REFERENCES execution(id)
);
CREATE INDEX rollback_failed_run ON public.rollback USING btree (failed_run_id) WHERE (failed_run_id IS NOT NULL);

CREATE TABLE rollback_request (
  id uuid NOT NULL,
  run_id uuid NOT NULL,
  attempt integer NOT NULL,
  stage_index integer NOT NULL,
  requested_at timestamp(3) with time zone NOT NULL,
  done_at timestamp(3) with time zone,
  CONSTRAINT "PK_5bad530a23aca09b51bb9a8cee8" PRIMARY KEY (id),
  CONSTRAINT "rollback_request_stage" UNIQUE (run_id, attempt, stage_index),
  CONSTRAINT "FK_5e319f22a82cd9eb34bd66ad485" FOREIGN KEY (run_id) REFERENCES execution(id)
);
CREATE INDEX rollback_request_open ON public.rollback_request USING btree (requested_at) WHERE (done_at IS NULL);

CREATE TABLE secret (
  id uuid NOT NULL,
  application_id uuid NOT NULL,
  environment_id uuid,
  name text NOT NULL,
  version integer NOT NULL,
  key_id text NOT NULL,
  sealed bytea NOT NULL,
  secret_type text NOT NULL DEFAULT 'ENCRYPTED_TEXT'::text,
  details jsonb,
  agents text[] NOT NULL,
  set_at timestamp(3) with time zone NOT NULL,
  set_by_id text NOT NULL,
  set_by text NOT NULL,
  CONSTRAINT "PK_6afa4961954e17ec2d6401afc3d" PRIMARY KEY (id),
  CONSTRAINT "secret_type" CHECK ((secret_type = ANY (ARRAY['ENCRYPTED_TEXT'::text, 'ENCRYPTED_FILE'::text, 'SSH_CREDENTIAL'::text, 'WINRM_CREDENTIAL'::text]))),
  CONSTRAINT "FK_adf91a5de41eac2a86093da4528" FOREIGN KEY (environment_id) REFERENCES environment(id),
  CONSTRAINT "FK_c42e5f43337e2655d266e2f85ff" FOREIGN KEY (application_id) REFERENCES application(id)
);
CREATE INDEX secret_environments ON public.secret USING btree (application_id, environment_id);
CREATE UNIQUE INDEX secret_of_application ON public.secret USING btree (application_id, name) WHERE (environment_id IS NULL);
CREATE UNIQUE INDEX secret_of_environment ON public.secret USING btree (environment_id, name) WHERE (environment_id IS NOT NULL);
CREATE CONSTRAINT TRIGGER secret_added_or_removed AFTER INSERT OR DELETE ON public.secret DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION rebind_secret();
CREATE CONSTRAINT TRIGGER secret_rebound AFTER UPDATE ON public.secret DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((old.agents <> new.agents) OR (old.name <> new.name) OR (old.environment_id IS DISTINCT FROM new.environment_id))) EXECUTE FUNCTION rebind_secret();

CREATE TABLE service (
  id uuid NOT NULL,
  name text NOT NULL,
  description text,
  created_at timestamp(3) with time zone NOT NULL,
  created_by text,
  updated_at timestamp(3) with time zone NOT NULL,
  deleted_at timestamp(3) with time zone,
  application_id uuid NOT NULL,
  depends_on text[] NOT NULL,
  CONSTRAINT "PK_85a21558c006647cd76fdce044b" PRIMARY KEY (id),
  CONSTRAINT "FK_3f08aa3ee783973df7b523521c1" FOREIGN KEY (application_id) REFERENCES application(id)
);
CREATE UNIQUE INDEX service_name ON public.service USING btree (application_id, name) WHERE (deleted_at IS NULL);

CREATE TABLE shared_count (
  key text NOT NULL,
  points integer NOT NULL,
  expire bigint,
  CONSTRAINT "PK_df7b1d7ffe64925ca623500cf9f" PRIMARY KEY (key)
) WITH (fillfactor=50);

CREATE TABLE signing_key (
  id integer NOT NULL,
  bytes bytea NOT NULL,
  CONSTRAINT "PK_5cc161da020c79bb3ac9953edae" PRIMARY KEY (id),
  CONSTRAINT "signing_key_one" CHECK ((id = 1))
);

CREATE TABLE slot (
  group_key text NOT NULL,
  number integer NOT NULL,
  maximum integer NOT NULL,
  holder_id uuid NOT NULL,
  run_id uuid NOT NULL,
  execution_id uuid NOT NULL,
  stage_execution_id uuid,
  operation_id uuid,
  since timestamp(3) with time zone NOT NULL,
  CONSTRAINT "PK_b09d79e3728197f670d93a9c142" PRIMARY KEY (group_key, number),
  CONSTRAINT "slot_holder" UNIQUE (holder_id, group_key),
  CONSTRAINT "slot_number" CHECK (((number >= 1) AND (number <= maximum)))
);

CREATE TABLE slot_request (
  group_key text NOT NULL,
  holder_id uuid NOT NULL,
  run_id uuid NOT NULL,
  maximum integer NOT NULL,
  policy text NOT NULL,
  number bigint NOT NULL DEFAULT nextval('slot_request_number_seq'::regclass),
  place numeric NOT NULL,
  CONSTRAINT "PK_e917eb3e413b957ef684ac61d2d" PRIMARY KEY (group_key, holder_id),
  CONSTRAINT "slot_request_policy" CHECK ((policy = ANY (ARRAY['QUEUE'::text, 'LATEST'::text, 'REFUSE'::text])))
);
CREATE INDEX slot_request_holder ON public.slot_request USING btree (holder_id);
CREATE INDEX slot_request_place ON public.slot_request USING btree (group_key, place);

CREATE TABLE stage_execution (
  id uuid NOT NULL,
  execution_id uuid NOT NULL,
  attempt integer NOT NULL,
  kind text NOT NULL,
  stage_index integer NOT NULL,
  element_index integer NOT NULL,
  element_id uuid NOT NULL,
  stage_name text NOT NULL,
  step_name text NOT NULL,
  status text NOT NULL,
  reason_code text,
  reason text,
  workflow_id uuid,
  workflow_revision_id uuid,
  environment_id uuid,
  variables jsonb NOT NULL,
  images jsonb NOT NULL,
  mode text,
  max_parallel integer,
  workflow_execution_id uuid,
  workflow_attempt integer,
  continues jsonb,
  waits_until timestamp(3) with time zone,
  answers jsonb,
  failures integer NOT NULL DEFAULT 0,
  ignored boolean NOT NULL DEFAULT false,
  has_place boolean NOT NULL DEFAULT false,
  created_at timestamp(3) with time zone NOT NULL,
  started_at timestamp(3) with time zone,
  ended_at timestamp(3) with time zone,
  CONSTRAINT "PK_73bb3900c2f8b931298787cd836" PRIMARY KEY (id),
  CONSTRAINT "stage_execution_ended" CHECK (((ended_at IS NULL) = (status = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text, 'WAITING'::text, 'PAUSED'::text, 'RESUMING'::text, 'RESTORING'::text])))),
  CONSTRAINT "stage_execution_mode" CHECK ((mode = ANY (ARRAY['SEQUENTIAL'::text, 'PARALLEL'::text, 'WORK_STEALING'::text]))),
  CONSTRAINT "stage_execution_status" CHECK ((status = ANY (ARRAY['QUEUED'::text, 'WAITING'::text, 'RUNNING'::text, 'PAUSED'::text, 'SUCCESS'::text, 'FAILED'::text, 'ERROR'::text, 'ABORTED'::text, 'EXPIRED'::text, 'REJECTED'::text, 'SKIPPED'::text]))),
  CONSTRAINT "stage_execution_waiting" CHECK (((waits_until IS NULL) OR (status = ANY (ARRAY['PAUSED'::text, 'WAITING'::text])))),
  CONSTRAINT "FK_f60937c87f7582493454f4f5111" FOREIGN KEY (execution_id) REFERENCES execution(id)
) WITH (fillfactor=80);
CREATE UNIQUE INDEX stage_execution_attempt ON public.stage_execution USING btree (execution_id, attempt, stage_index, element_index);
CREATE INDEX stage_execution_waits ON public.stage_execution USING btree (waits_until) WHERE (waits_until IS NOT NULL);
CREATE TRIGGER stage_execution_kept BEFORE DELETE OR TRUNCATE ON public.stage_execution FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE stage_execution ENABLE ALWAYS TRIGGER stage_execution_kept;
CREATE TRIGGER stage_execution_sealed BEFORE UPDATE ON public.stage_execution FOR EACH ROW WHEN ((old.ended_at IS NOT NULL)) EXECUTE FUNCTION refuse_change_of_ended_attempt();
ALTER TABLE stage_execution ENABLE ALWAYS TRIGGER stage_execution_sealed;

CREATE TABLE start_trigger (
  id uuid NOT NULL,
  name text NOT NULL,
  description text,
  created_at timestamp(3) with time zone NOT NULL,
  created_by text,
  updated_at timestamp(3) with time zone NOT NULL,
  deleted_at timestamp(3) with time zone,
  application_id uuid NOT NULL,
  enabled boolean NOT NULL,
  version integer NOT NULL,
  definition jsonb NOT NULL,
  author jsonb NOT NULL,
  entity_id uuid NOT NULL,
  source_id uuid,
  source_statuses jsonb,
  next_at timestamp(3) with time zone,
  CONSTRAINT "PK_74cad09ce241578c3c4f3704817" PRIMARY KEY (id),
  CONSTRAINT "start_trigger_next_enabled" CHECK (((next_at IS NULL) OR (enabled AND (deleted_at IS NULL)))),
  CONSTRAINT "FK_817aab9fa02575d94878b4e13c5" FOREIGN KEY (application_id) REFERENCES application(id)
);
CREATE UNIQUE INDEX start_trigger_name ON public.start_trigger USING btree (application_id, name) WHERE (deleted_at IS NULL);
CREATE INDEX start_trigger_next ON public.start_trigger USING btree (next_at) WHERE (next_at IS NOT NULL);
CREATE INDEX start_trigger_source ON public.start_trigger USING btree (source_id) WHERE ((source_id IS NOT NULL) AND (deleted_at IS NULL));

CREATE TABLE start_trigger_version (
  trigger_id uuid NOT NULL,
  number integer NOT NULL,
  definition jsonb NOT NULL,
  content_hash text NOT NULL,
  author jsonb NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT "PK_5f504a24552a7e73c7091958416" PRIMARY KEY (trigger_id, number),
  CONSTRAINT "FK_4291624625066921ed252f93825" FOREIGN KEY (trigger_id) REFERENCES start_trigger(id)
);
CREATE TRIGGER start_trigger_version_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.start_trigger_version FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE start_trigger_version ENABLE ALWAYS TRIGGER start_trigger_version_append_only;

CREATE TABLE stored_content (
  sha256 text NOT NULL,
  size bigint NOT NULL,
  check_at timestamp(3) with time zone,
  CONSTRAINT "PK_f57b2883b49c944a4cae177726b" PRIMARY KEY (sha256),
  CONSTRAINT "stored_content_sha256" CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text))
);
CREATE INDEX stored_content_check ON public.stored_content USING btree (check_at) WHERE (check_at IS NOT NULL);

CREATE TABLE tag (
  id uuid NOT NULL,
  name text NOT NULL,
  allowed_values text[],
  created_at timestamp(3) with time zone NOT NULL,
  created_by text,
  updated_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT "PK_8e4052373c579afc1471f526760" PRIMARY KEY (id),
  CONSTRAINT "tag_name" UNIQUE (name)
);

CREATE TABLE tag_link (
  entity_id uuid NOT NULL,
  tag_id uuid NOT NULL,
  entity_type text NOT NULL,
  application_id uuid NOT NULL,
  value text NOT NULL,
  attached_at timestamp(3) with time zone NOT NULL,
  attached_by text,
  CONSTRAINT "PK_e28dec1926131b184beacbcc441" PRIMARY KEY (entity_id, tag_id),
  CONSTRAINT "tag_link_entity_type" CHECK ((entity_type = ANY (ARRAY['APPLICATION'::text, 'DEPLOYMENT'::text, 'ENVIRONMENT'::text, 'PIPELINE'::text, 'SERVICE'::text, 'TRIGGER'::text, 'WORKFLOW'::text]))),
  CONSTRAINT "FK_f5cf0985d5a1a4a210f42b90941" FOREIGN KEY (tag_id) REFERENCES tag(id) ON DELETE CASCADE
);
CREATE INDEX tag_link_of_tag ON public.tag_link USING btree (tag_id, value, entity_id);

CREATE TABLE task_dependency (
  depends_on_id uuid NOT NULL,
  task_id uuid NOT NULL,
  CONSTRAINT "PK_a9e5031e52c7a0886bf39ab94dd" PRIMARY KEY (depends_on_id, task_id)
);
CREATE INDEX task_dependency_task ON public.task_dependency USING btree (task_id);

CREATE TABLE task_execution (
  id uuid NOT NULL,
  execution_id uuid NOT NULL,
  run_id uuid NOT NULL,
  attempt integer NOT NULL,
  type text NOT NULL DEFAULT 'normal'::text,
  name text NOT NULL,
  level integer NOT NULL,
  ordinal integer NOT NULL,
  status text NOT NULL,
  waiting_on integer NOT NULL,
  job_id uuid,
  tries integer NOT NULL,
  failures integer NOT NULL,
  losses integer NOT NULL,
  next_try_at timestamp(3) with time zone,
  waits_until timestamp(3) with time zone,
  passed boolean NOT NULL,
  reason_code text,
  reason text,
  exit_code integer,
  created_at timestamp(3) with time zone NOT NULL,
  started_at timestamp(3) with time zone,
  ended_at timestamp(3) with time zone,
  CONSTRAINT "PK_2861ae0a4930ab03ffbb789ba6d" PRIMARY KEY (id),
  CONSTRAINT "task_execution_ended" CHECK (((ended_at IS NULL) = (status = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text, 'WAITING'::text, 'PAUSED'::text, 'RESUMING'::text, 'RESTORING'::text])))),
  CONSTRAINT "task_execution_status" CHECK ((status = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text, 'WAITING'::text, 'FAILED'::text, 'SKIPPED'::text, 'SUCCESS'::text, 'ABORTED'::text]))),
  CONSTRAINT "task_execution_type" CHECK ((type = ANY (ARRAY['normal'::text, 'forensic'::text, 'restore'::text, 'rollback'::text, 'finally'::text]))),
  CONSTRAINT "task_execution_waiting" CHECK (((waits_until IS NULL) OR (status = 'WAITING'::text))),
  CONSTRAINT "task_execution_waiting_on" CHECK ((waiting_on >= 0)),
  CONSTRAINT "FK_0a1bc561365fc7ea2ef5363cb84" FOREIGN KEY (execution_id) REFERENCES execution(id)
) WITH (fillfactor=50);
CREATE INDEX task_execution_attempt ON public.task_execution USING btree (execution_id, attempt, ordinal);
CREATE UNIQUE INDEX task_execution_name ON public.task_execution USING btree (execution_id, name, attempt) WHERE (type = 'normal'::text);
CREATE INDEX task_execution_next_try ON public.task_execution USING btree (next_try_at) WHERE (next_try_at IS NOT NULL);
CREATE INDEX task_execution_open ON public.task_execution USING btree (execution_id, ordinal) WHERE ((type = 'normal'::text) AND (ended_at IS NULL));
CREATE INDEX task_execution_ready ON public.task_execution USING btree (execution_id, ordinal) WHERE ((waiting_on = 0) AND (job_id IS NULL) AND (ended_at IS NULL) AND (type = 'normal'::text));
CREATE INDEX task_execution_unfinished ON public.task_execution USING btree (execution_id, attempt, ordinal) WHERE ((type = 'normal'::text) AND (NOT passed));
CREATE INDEX task_execution_waits ON public.task_execution USING btree (waits_until) WHERE (waits_until IS NOT NULL);
CREATE TRIGGER task_execution_detached_sealed BEFORE UPDATE ON public.task_execution FOR EACH ROW WHEN (((old.ended_at IS NOT NULL) AND (old.type <> 'normal'::text))) EXECUTE FUNCTION refuse_change();
ALTER TABLE task_execution ENABLE ALWAYS TRIGGER task_execution_detached_sealed;
CREATE TRIGGER task_execution_kept BEFORE DELETE ON public.task_execution FOR EACH ROW EXECUTE FUNCTION refuse_deletion_of_history();
ALTER TABLE task_execution ENABLE ALWAYS TRIGGER task_execution_kept;
CREATE TRIGGER task_execution_not_emptied BEFORE TRUNCATE ON public.task_execution FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE task_execution ENABLE ALWAYS TRIGGER task_execution_not_emptied;
CREATE TRIGGER task_execution_sealed BEFORE UPDATE ON public.task_execution FOR EACH ROW WHEN (((old.ended_at IS NOT NULL) AND (old.type = 'normal'::text))) EXECUTE FUNCTION refuse_change_of_ended_attempt();
ALTER TABLE task_execution ENABLE ALWAYS TRIGGER task_execution_sealed;

CREATE TABLE task_gate (
  id uuid NOT NULL,
  execution_id uuid NOT NULL,
  waiting_on integer NOT NULL,
  CONSTRAINT "PK_66b7c7ab2429e29756e4e0bc8ab" PRIMARY KEY (id),
  CONSTRAINT "task_gate_waiting_on" CHECK ((waiting_on >= 0)),
  CONSTRAINT "FK_7fd7ae481c0db585ee2d5b26a4f" FOREIGN KEY (execution_id) REFERENCES execution(id)
);

CREATE TABLE template (
  id uuid NOT NULL,
  name text NOT NULL,
  description text,
  created_at timestamp(3) with time zone NOT NULL,
  created_by text,
  updated_at timestamp(3) with time zone NOT NULL,
  deleted_at timestamp(3) with time zone,
  application_id uuid,
  of text NOT NULL,
  current_revision_id uuid NOT NULL,
  CONSTRAINT "PK_fbae2ac36bd9b5e1e793b957b7f" PRIMARY KEY (id),
  CONSTRAINT "template_of" CHECK ((of = ANY (ARRAY['WORKFLOW'::text, 'STAGE'::text]))),
  CONSTRAINT "FK_0a2877c0f6e1a14a6d5f6d43f5d" FOREIGN KEY (application_id) REFERENCES application(id)
);
CREATE UNIQUE INDEX template_account_name ON public.template USING btree (name) WHERE ((deleted_at IS NULL) AND (application_id IS NULL));
CREATE UNIQUE INDEX template_name ON public.template USING btree (application_id, name) WHERE ((deleted_at IS NULL) AND (application_id IS NOT NULL));

CREATE TABLE template_revision (
  id uuid NOT NULL,
  entity_id uuid NOT NULL,
  number integer NOT NULL,
  content_hash text NOT NULL,
  definition jsonb NOT NULL,
  template_ids uuid[] NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  created_by text,
  CONSTRAINT "PK_568cda9acc258b1647dfec7e9b2" PRIMARY KEY (id),
  CONSTRAINT "template_revision_number" UNIQUE (entity_id, number),
  CONSTRAINT "FK_4c323f1a45f44df4995f13a2cf4" FOREIGN KEY (entity_id) REFERENCES template(id)
);
CREATE INDEX template_revision_templates ON public.template_revision USING gin (template_ids) WHERE (template_ids <> '{}'::uuid[]);

CREATE TABLE trigger_firing (
  id uuid NOT NULL,
  trigger_id uuid NOT NULL,
  application_id uuid NOT NULL,
  version integer NOT NULL,
  kind text NOT NULL,
  event text,
  delivery text,
  dedupe_key text NOT NULL,
  body_hash text,
  status text NOT NULL,
  reason_code text,
  reason text,
  payload jsonb,
  inputs jsonb,
  facts jsonb,
  entity_id uuid NOT NULL,
  author jsonb NOT NULL,
  chain uuid[] NOT NULL,
  execution_id uuid,
  tries integer NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  next_at timestamp(3) with time zone,
  ended_at timestamp(3) with time zone,
  CONSTRAINT "PK_0eb35ab331d785fe60248baf454" PRIMARY KEY (id),
  CONSTRAINT "trigger_firing_once" UNIQUE (trigger_id, dedupe_key),
  CONSTRAINT "trigger_firing_end" CHECK (((ended_at IS NULL) = (status = 'PENDING'::text))),
  CONSTRAINT "trigger_firing_kind" CHECK ((kind = ANY (ARRAY['WEBHOOK'::text, 'IMAGE'::text, 'SCHEDULE'::text, 'EXECUTION'::text, 'MANUAL'::text]))),
  CONSTRAINT "trigger_firing_started" CHECK (((execution_id IS NOT NULL) = (status = 'STARTED'::text))),
  CONSTRAINT "trigger_firing_status" CHECK ((status = ANY (ARRAY['PENDING'::text, 'STARTED'::text, 'FILTERED'::text, 'REFUSED'::text, 'SKIPPED'::text, 'FAILED'::text]))),
  CONSTRAINT "trigger_firing_timer" CHECK (((next_at IS NOT NULL) = (status = 'PENDING'::text))),
  CONSTRAINT "FK_86e3e082aabaf9f491114b709a6" FOREIGN KEY (trigger_id) REFERENCES start_trigger(id)
);
CREATE UNIQUE INDEX trigger_firing_body ON public.trigger_firing USING btree (trigger_id, body_hash) WHERE (body_hash IS NOT NULL);
CREATE INDEX trigger_firing_ended ON public.trigger_firing USING btree (ended_at) WHERE (ended_at IS NOT NULL);
CREATE INDEX trigger_firing_execution ON public.trigger_firing USING btree (execution_id) WHERE (execution_id IS NOT NULL);
CREATE INDEX trigger_firing_newest ON public.trigger_firing USING btree (trigger_id, created_at, id);
CREATE INDEX trigger_firing_next ON public.trigger_firing USING btree (next_at) WHERE (next_at IS NOT NULL);

CREATE TABLE trigger_hook (
  trigger_id uuid NOT NULL,
  path text NOT NULL,
  key_id text,
  sealed bytea,
  secret_version integer NOT NULL,
  previous_key_id text,
  previous_sealed bytea,
  previous_until timestamp(3) with time zone,
  rejected bigint NOT NULL DEFAULT '0'::bigint,
  last_rejected_at timestamp(3) with time zone,
  rotated_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT "PK_0d7d214997de75c137c2a367314" PRIMARY KEY (trigger_id),
  CONSTRAINT "trigger_hook_path" UNIQUE (path),
  CONSTRAINT "FK_0d7d214997de75c137c2a367314" FOREIGN KEY (trigger_id) REFERENCES start_trigger(id)
);

CREATE TABLE trust_rule (
  id uuid NOT NULL,
  name text NOT NULL,
  issuer text NOT NULL,
  audience text NOT NULL,
  subject text NOT NULL,
  claims jsonb NOT NULL,
  user_group_ids uuid[] NOT NULL,
  application_ids uuid[],
  lifetime_seconds integer NOT NULL,
  enabled boolean NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  created_by text,
  updated_at timestamp(3) with time zone NOT NULL,
  last_used_at timestamp(3) with time zone,
  CONSTRAINT "PK_2025737070cec407c40b107b169" PRIMARY KEY (id),
  CONSTRAINT "trust_rule_name" UNIQUE (name)
);
CREATE INDEX trust_rule_issuer ON public.trust_rule USING btree (issuer);

CREATE TABLE user_account (
  id uuid NOT NULL,
  name text NOT NULL,
  email text NOT NULL,
  identity_issuer text,
  identity_subject text,
  claims_issued_at timestamp(3) with time zone,
  created_at timestamp(3) with time zone NOT NULL,
  created_by text,
  updated_at timestamp(3) with time zone NOT NULL,
  deleted_at timestamp(3) with time zone,
  CONSTRAINT "PK_6acfec7285fdf9f463462de3e9f" PRIMARY KEY (id),
  CONSTRAINT "user_account_email_case" CHECK ((email = lower(email))),
  CONSTRAINT "user_account_identity_whole" CHECK (((identity_issuer IS NULL) = (identity_subject IS NULL)))
);
CREATE UNIQUE INDEX user_account_email ON public.user_account USING btree (email) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX user_account_identity ON public.user_account USING btree (identity_subject, identity_issuer) WHERE (deleted_at IS NULL);

CREATE TABLE user_group (
  id uuid NOT NULL,
  name text NOT NULL,
  description text,
  system boolean NOT NULL,
  account_permissions text[] NOT NULL,
  version integer NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  created_by text,
  updated_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT "PK_3c29fba6fe013ec8724378ce7c9" PRIMARY KEY (id),
  CONSTRAINT "user_group_name" UNIQUE (name),
  CONSTRAINT "user_group_account_permissions" CHECK ((account_permissions <@ ARRAY['ADMINISTER_OTHER_ACCOUNT_FUNCTIONS'::text, 'CREATE_AND_DELETE_APPLICATION'::text, 'MANAGE_API_KEYS'::text, 'MANAGE_DELEGATES'::text, 'MANAGE_EVENT_SUBSCRIPTIONS'::text, 'MANAGE_FREEZES'::text, 'MANAGE_TEMPLATES'::text, 'MANAGE_TAGS'::text, 'MANAGE_USERS_AND_GROUPS'::text, 'READ_USERS_AND_GROUPS'::text, 'VIEW_AUDITS'::text]))
);

CREATE TABLE user_group_member (
  user_id uuid NOT NULL,
  group_id uuid NOT NULL,
  source text NOT NULL,
  added_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT "PK_011ef9b669a6a30a314c091d6c2" PRIMARY KEY (user_id, group_id, source),
  CONSTRAINT "user_group_member_source" CHECK ((source = ANY (ARRAY['MANUAL'::text, 'IDENTITY_PROVIDER'::text]))),
  CONSTRAINT "FK_42aa81e135f5b7d626d3825ab51" FOREIGN KEY (group_id) REFERENCES user_group(id) ON DELETE CASCADE,
  CONSTRAINT "FK_93a80d12bf0cfa721b3e1d1e0ba" FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);
CREATE INDEX user_group_member_group ON public.user_group_member USING btree (group_id, user_id);

CREATE TABLE user_group_permission (
  id uuid NOT NULL,
  group_id uuid NOT NULL,
  permission_type text NOT NULL,
  actions text[] NOT NULL,
  application_scope text NOT NULL,
  application_ids uuid[] NOT NULL,
  environment_scope text NOT NULL,
  environment_ids uuid[] NOT NULL,
  environment_types text[] NOT NULL,
  CONSTRAINT "PK_f0219915e4ef0b1a0faca96627c" PRIMARY KEY (id),
  CONSTRAINT "user_group_permission_actions" CHECK (
CASE permission_type
    WHEN 'ALL'::text THEN (actions <@ ARRAY['CREATE'::text, 'READ'::text, 'UPDATE'::text, 'DELETE'::text, 'EXECUTE_PIPELINE'::text, 'EXECUTE_WORKFLOW'::text, 'ROLLBACK_WORKFLOW'::text, 'ABORT_WORKFLOW'::text, 'OVERRIDE_FREEZE'::text])
    WHEN 'DEPLOYMENT'::text THEN (actions <@ ARRAY['READ'::text, 'EXECUTE_PIPELINE'::text, 'EXECUTE_WORKFLOW'::text, 'ROLLBACK_WORKFLOW'::text, 'ABORT_WORKFLOW'::text, 'OVERRIDE_FREEZE'::text])
    WHEN 'ENV'::text THEN (actions <@ ARRAY['CREATE'::text, 'READ'::text, 'UPDATE'::text, 'DELETE'::text])
    WHEN 'PIPELINE'::text THEN (actions <@ ARRAY['CREATE'::text, 'READ'::text, 'UPDATE'::text, 'DELETE'::text])
    WHEN 'SERVICE'::text THEN (actions <@ ARRAY['CREATE'::text, 'READ'::text, 'UPDATE'::text, 'DELETE'::text])
    WHEN 'WORKFLOW'::text THEN (actions <@ ARRAY['CREATE'::text, 'READ'::text, 'UPDATE'::text, 'DELETE'::text])
    ELSE NULL::boolean
END),
  CONSTRAINT "user_group_permission_applications" CHECK (((application_scope = 'IDS'::text) OR ((application_scope = 'ALL'::text) AND (application_ids = '{}'::uuid[])))),
  CONSTRAINT "user_group_permission_environment_types" CHECK (((environment_types <@ ARRAY['PROD'::text, 'NON_PROD'::text, 'TEMPLATE'::text]) AND ((permission_type = 'WORKFLOW'::text) OR (NOT ('TEMPLATE'::text = ANY (environment_types)))))),
  CONSTRAINT "user_group_permission_environments" CHECK ((((environment_scope = 'IDS'::text) AND (environment_types = '{}'::text[])) OR ((environment_scope = 'TYPES'::text) AND (environment_ids = '{}'::uuid[])) OR ((environment_scope = 'ALL'::text) AND (environment_ids = '{}'::uuid[]) AND (environment_types = '{}'::text[])))),
  CONSTRAINT "user_group_permission_restricted" CHECK (((environment_scope = 'ALL'::text) OR (permission_type <> ALL (ARRAY['ALL'::text, 'SERVICE'::text])))),
  CONSTRAINT "user_group_permission_type" CHECK ((permission_type = ANY (ARRAY['ALL'::text, 'DEPLOYMENT'::text, 'ENV'::text, 'PIPELINE'::text, 'SERVICE'::text, 'WORKFLOW'::text]))),
  CONSTRAINT "FK_a26c366b81deab243e1082a8ba0" FOREIGN KEY (group_id) REFERENCES user_group(id) ON DELETE CASCADE
);
CREATE INDEX user_group_permission_group ON public.user_group_permission USING btree (group_id, id);

CREATE TABLE user_session (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  prefix text NOT NULL,
  secret_hash text NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  expires_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT "PK_adf3b49590842ac3cf54cac451a" PRIMARY KEY (id),
  CONSTRAINT "user_session_prefix" UNIQUE (prefix),
  CONSTRAINT "FK_13275383dcdf095ee29f2b3455a" FOREIGN KEY (user_id) REFERENCES user_account(id)
);
CREATE INDEX user_session_expiry ON public.user_session USING btree (expires_at);
CREATE INDEX user_session_user ON public.user_session USING btree (user_id);

CREATE TABLE workflow (
  id uuid NOT NULL,
  name text NOT NULL,
  description text,
  created_at timestamp(3) with time zone NOT NULL,
  created_by text,
  updated_at timestamp(3) with time zone NOT NULL,
  deleted_at timestamp(3) with time zone,
  application_id uuid NOT NULL,
  current_revision_id uuid NOT NULL,
  CONSTRAINT "PK_eb5e4cc1a9ef2e94805b676751b" PRIMARY KEY (id),
  CONSTRAINT "FK_b474da31b0fbc9fd91eb746b51e" FOREIGN KEY (application_id) REFERENCES application(id)
);
CREATE UNIQUE INDEX workflow_name ON public.workflow USING btree (application_id, name) WHERE (deleted_at IS NULL);

CREATE TABLE workflow_revision (
  id uuid NOT NULL,
  entity_id uuid NOT NULL,
  number integer NOT NULL,
  content_hash text NOT NULL,
  definition jsonb NOT NULL,
  template_ids uuid[] NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  created_by text,
  CONSTRAINT "PK_c23fd42ee078177084cff318a70" PRIMARY KEY (id),
  CONSTRAINT "workflow_revision_number" UNIQUE (entity_id, number),
  CONSTRAINT "FK_a950087c24f7ca3c3d1469c7cd4" FOREIGN KEY (entity_id) REFERENCES workflow(id)
);
CREATE INDEX workflow_revision_observes ON public.workflow_revision USING btree ((((definition -> 'observe'::text) ->> 'everySeconds'::text))) WHERE (jsonb_typeof((definition -> 'observe'::text)) = 'object'::text);
CREATE INDEX workflow_revision_templates ON public.workflow_revision USING gin (template_ids) WHERE (template_ids <> '{}'::uuid[]);
