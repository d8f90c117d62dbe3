import { createHash } from 'node:crypto';
import type { MigrationInterface, QueryRunner } from 'typeorm';

// Written by `npm run migration:rebuild` from the tables in *.table.ts and 0001.handwritten.sql. Edit those; see
// README.md.

export class Initial0000000000001 implements MigrationInterface {
  /** With a hash of its text, so that a server refuses a database that another text of this migration made. */
  name = `Initial_${createHash('sha256').update(up).digest('hex').slice(0, 8)}_0000000000001`;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}

const up = `
CREATE TABLE "user_account" (
  "id" uuid NOT NULL,
  "name" text NOT NULL,
  "email" text NOT NULL,
  "identity_issuer" text,
  "identity_subject" text,
  "claims_issued_at" TIMESTAMP(3) WITH TIME ZONE,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "created_by" text,
  "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "deleted_at" TIMESTAMP(3) WITH TIME ZONE,
  CONSTRAINT "user_account_email_case" CHECK (email = lower(email)),
  CONSTRAINT "user_account_identity_whole" CHECK ((identity_issuer IS NULL) = (identity_subject IS NULL)),
  CONSTRAINT "PK_6acfec7285fdf9f463462de3e9f" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "user_account_email" ON "user_account" ("email") WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX "user_account_identity" ON "user_account" ("identity_subject", "identity_issuer") WHERE deleted_at IS NULL;
CREATE TABLE "user_group" (
  "id" uuid NOT NULL,
  "name" text NOT NULL,
  "description" text,
  "system" boolean NOT NULL,
  "account_permissions" text array NOT NULL,
  "version" integer NOT NULL,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "created_by" text,
  "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  CONSTRAINT "user_group_name" UNIQUE ("name"),
  CONSTRAINT "user_group_account_permissions" CHECK (account_permissions <@ ARRAY['ADMINISTER_OTHER_ACCOUNT_FUNCTIONS', 'CREATE_AND_DELETE_APPLICATION', 'MANAGE_API_KEYS', 'MANAGE_DELEGATES', 'MANAGE_EVENT_SUBSCRIPTIONS', 'MANAGE_FREEZES', 'MANAGE_TEMPLATES', 'MANAGE_TAGS', 'MANAGE_USERS_AND_GROUPS', 'READ_USERS_AND_GROUPS', 'VIEW_AUDITS']),
  CONSTRAINT "PK_3c29fba6fe013ec8724378ce7c9" PRIMARY KEY ("id")
);
CREATE TABLE "user_group_member" (
  "user_id" uuid NOT NULL,
  "group_id" uuid NOT NULL,
  "source" text NOT NULL,
  "added_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  CONSTRAINT "user_group_member_source" CHECK (source IN ('MANUAL', 'IDENTITY_PROVIDER')),
  CONSTRAINT "PK_011ef9b669a6a30a314c091d6c2" PRIMARY KEY ("user_id", "group_id", "source")
);
CREATE INDEX "user_group_member_group" ON "user_group_member" ("group_id", "user_id");
CREATE TABLE "user_group_permission" (
  "id" uuid NOT NULL,
  "group_id" uuid NOT NULL,
  "permission_type" text NOT NULL,
  "actions" text array NOT NULL,
  "application_scope" text NOT NULL,
  "application_ids" uuid array NOT NULL,
  "environment_scope" text NOT NULL,
  "environment_ids" uuid array NOT NULL,
  "environment_types" text array NOT NULL,
  CONSTRAINT "user_group_permission_type" CHECK (permission_type IN ('ALL', 'DEPLOYMENT', 'ENV', 'PIPELINE', 'SERVICE', 'WORKFLOW')),
  CONSTRAINT "user_group_permission_actions" CHECK (CASE permission_type WHEN 'ALL' THEN actions <@ ARRAY['CREATE', 'READ', 'UPDATE', 'DELETE', 'EXECUTE_PIPELINE', 'EXECUTE_WORKFLOW', 'ROLLBACK_WORKFLOW', 'ABORT_WORKFLOW', 'OVERRIDE_FREEZE'] WHEN 'DEPLOYMENT' THEN actions <@ ARRAY['READ', 'EXECUTE_PIPELINE', 'EXECUTE_WORKFLOW', 'ROLLBACK_WORKFLOW', 'ABORT_WORKFLOW', 'OVERRIDE_FREEZE'] WHEN 'ENV' THEN actions <@ ARRAY['CREATE', 'READ', 'UPDATE', 'DELETE'] WHEN 'PIPELINE' THEN actions <@ ARRAY['CREATE', 'READ', 'UPDATE', 'DELETE'] WHEN 'SERVICE' THEN actions <@ ARRAY['CREATE', 'READ', 'UPDATE', 'DELETE'] WHEN 'WORKFLOW' THEN actions <@ ARRAY['CREATE', 'READ', 'UPDATE', 'DELETE'] END),
  CONSTRAINT "user_group_permission_applications" CHECK (application_scope = 'IDS' OR application_scope = 'ALL' AND application_ids = '{}'),
  CONSTRAINT "user_group_permission_environments" CHECK (environment_scope = 'IDS' AND environment_types = '{}' OR environment_scope = 'TYPES' AND environment_ids = '{}'
        OR environment_scope = 'ALL' AND environment_ids = '{}' AND environment_types = '{}'),
  CONSTRAINT "user_group_permission_restricted" CHECK (environment_scope = 'ALL' OR permission_type NOT IN ('ALL', 'SERVICE')),
  CONSTRAINT "user_group_permission_environment_types" CHECK (environment_types <@ ARRAY['PROD', 'NON_PROD', 'TEMPLATE'] AND (permission_type = 'WORKFLOW' OR NOT 'TEMPLATE' = ANY (environment_types))),
  CONSTRAINT "PK_f0219915e4ef0b1a0faca96627c" PRIMARY KEY ("id")
);
CREATE INDEX "user_group_permission_group" ON "user_group_permission" ("group_id", "id");
CREATE TABLE "api_key" (
  "id" uuid NOT NULL,
  "name" text NOT NULL,
  "prefix" text NOT NULL,
  "owner_id" uuid,
  "application_ids" uuid array,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "created_by" text,
  "expires_at" TIMESTAMP(3) WITH TIME ZONE,
  "last_used_at" TIMESTAMP(3) WITH TIME ZONE,
  "revoked_at" TIMESTAMP(3) WITH TIME ZONE,
  "trust_rule_id" uuid,
  "secret_hash" text NOT NULL,
  CONSTRAINT "api_key_prefix" UNIQUE ("prefix"),
  CONSTRAINT "PK_b1bd840641b8acbaad89c3d8d11" PRIMARY KEY ("id")
);
CREATE INDEX "api_key_owner" ON "api_key" ("owner_id") WHERE owner_id IS NOT NULL;
CREATE INDEX "api_key_trust_rule" ON "api_key" ("trust_rule_id", "expires_at") WHERE trust_rule_id IS NOT NULL;
CREATE TABLE "api_key_user_group" (
  "api_key_id" uuid NOT NULL,
  "group_id" uuid NOT NULL,
  CONSTRAINT "PK_ddff78a4256bdf5b480194f5043" PRIMARY KEY ("api_key_id", "group_id")
);
CREATE INDEX "api_key_user_group_group" ON "api_key_user_group" ("group_id", "api_key_id");
CREATE TABLE "rights_version" (
  "id" integer NOT NULL,
  "version" integer NOT NULL,
  CONSTRAINT "rights_version_one_row" CHECK (id = 1),
  CONSTRAINT "PK_159e192350c15cea0ba46a5febe" PRIMARY KEY ("id")
);
CREATE TABLE "agent" (
  "id" uuid NOT NULL,
  "name" text NOT NULL,
  "host" text,
  "labels" text array NOT NULL,
  "label_set_id" integer NOT NULL,
  "own_labels" text array NOT NULL,
  "label_edits" jsonb NOT NULL,
  "slots" integer NOT NULL,
  "version" text,
  "protocol" integer NOT NULL,
  "secret_hash" text NOT NULL,
  "token_id" uuid,
  "application_ids" uuid array,
  "registered_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "last_seen_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "left_at" TIMESTAMP(3) WITH TIME ZONE,
  "clock_skew_ms" bigint,
  "paused_at" TIMESTAMP(3) WITH TIME ZONE,
  "paused_by" text,
  "pause_note" text,
  "paused_until" TIMESTAMP(3) WITH TIME ZONE,
  "draining_at" TIMESTAMP(3) WITH TIME ZONE,
  "removed_at" TIMESTAMP(3) WITH TIME ZONE,
  "removal" text,
  "revision" integer NOT NULL,
  "jobs_done" integer NOT NULL,
  "jobs_lost" integer NOT NULL,
  CONSTRAINT "agent_removal" CHECK ((removal IS NULL) = (removed_at IS NULL) AND (removal IS NULL OR removal IN ('FINISH', 'LOSE'))),
  CONSTRAINT "PK_1000e989398c5d4ed585cf9a46f" PRIMARY KEY ("id")
);
CREATE INDEX "agent_registered" ON "agent" ("registered_at", "id");
CREATE INDEX "agent_name" ON "agent" ("name", "registered_at");
CREATE INDEX "agent_present" ON "agent" ("id") WHERE left_at IS NULL;
CREATE TABLE "agent_token" (
  "id" uuid NOT NULL,
  "name" text NOT NULL,
  "secret_hash" text NOT NULL,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "created_by" text,
  "labels" text array,
  "application_ids" uuid array,
  "expires_at" TIMESTAMP(3) WITH TIME ZONE,
  "revoked_at" TIMESTAMP(3) WITH TIME ZONE,
  "revoked_by" text,
  "last_used_at" TIMESTAMP(3) WITH TIME ZONE,
  CONSTRAINT "agent_token_secret" UNIQUE ("secret_hash"),
  CONSTRAINT "PK_05d82e6a18f93b821fa899dd899" PRIMARY KEY ("id")
);
CREATE TABLE "agent_sample" (
  "agent_id" uuid NOT NULL,
  "at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "cpu" real NOT NULL,
  "memory_used_bytes" bigint NOT NULL,
  "memory_bytes" bigint NOT NULL,
  CONSTRAINT "PK_eaafef519b17d6426c4fe083600" PRIMARY KEY ("agent_id", "at")
);
CREATE INDEX "agent_sample_at" ON "agent_sample" ("at");
CREATE TABLE "application" (
  "id" uuid NOT NULL,
  "name" text NOT NULL,
  "description" text,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "created_by" text,
  "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "deleted_at" TIMESTAMP(3) WITH TIME ZONE,
  CONSTRAINT "PK_569e0c3e863ebdf5f2408ee1670" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "application_name" ON "application" ("name") WHERE deleted_at IS NULL;
CREATE TABLE "environment" (
  "id" uuid NOT NULL,
  "name" text NOT NULL,
  "description" text,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "created_by" text,
  "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "deleted_at" TIMESTAMP(3) WITH TIME ZONE,
  "application_id" uuid NOT NULL,
  "type" text NOT NULL,
  "variables" jsonb NOT NULL,
  "concurrency" jsonb,
  "after" text,
  "agents" text array NOT NULL,
  CONSTRAINT "environment_type" CHECK (type IN ('PROD', 'NON_PROD')),
  CONSTRAINT "PK_f0ec97d0ac5e0e2f50f7475699f" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "environment_name" ON "environment" ("application_id", "name") WHERE deleted_at IS NULL;
CREATE TABLE "environment_values" (
  "number" BIGSERIAL NOT NULL,
  "environment_id" uuid NOT NULL,
  "variables" jsonb NOT NULL,
  "changed_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  CONSTRAINT "PK_a19927c730d78f132c27222e3d0" PRIMARY KEY ("number")
);
CREATE UNIQUE INDEX "environment_values_at" ON "environment_values" ("environment_id", "changed_at", "number");
CREATE TABLE "service" (
  "id" uuid NOT NULL,
  "name" text NOT NULL,
  "description" text,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "created_by" text,
  "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "deleted_at" TIMESTAMP(3) WITH TIME ZONE,
  "application_id" uuid NOT NULL,
  "depends_on" text array NOT NULL,
  CONSTRAINT "PK_85a21558c006647cd76fdce044b" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "service_name" ON "service" ("application_id", "name") WHERE deleted_at IS NULL;
CREATE TABLE "secret" (
  "id" uuid NOT NULL,
  "application_id" uuid NOT NULL,
  "environment_id" uuid,
  "name" text NOT NULL,
  "version" integer NOT NULL,
  "key_id" text NOT NULL,
  "sealed" bytea NOT NULL,
  "secret_type" text NOT NULL DEFAULT 'ENCRYPTED_TEXT',
  "details" jsonb,
  "agents" text array NOT NULL,
  "set_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "set_by_id" text NOT NULL,
  "set_by" text NOT NULL,
  CONSTRAINT "secret_type" CHECK (secret_type IN ('ENCRYPTED_TEXT', 'ENCRYPTED_FILE', 'SSH_CREDENTIAL', 'WINRM_CREDENTIAL')),
  CONSTRAINT "PK_6afa4961954e17ec2d6401afc3d" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "secret_of_application" ON "secret" ("application_id", "name") WHERE environment_id IS NULL;
CREATE UNIQUE INDEX "secret_of_environment" ON "secret" ("environment_id", "name") WHERE environment_id IS NOT NULL;
CREATE INDEX "secret_environments" ON "secret" ("application_id", "environment_id");
CREATE TABLE "deployment_freeze" (
  "id" uuid NOT NULL,
  "name" text NOT NULL,
  "kind" text NOT NULL,
  "application_ids" uuid array,
  "environment_ids" uuid array,
  "environment_types" text array,
  "starts_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "ends_at" TIMESTAMP(3) WITH TIME ZONE,
  "time_zone" text NOT NULL,
  "recurrence" text,
  "reason" text NOT NULL,
  "except_group_ids" uuid array NOT NULL,
  "except_service_ids" uuid array NOT NULL,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "created_by" text,
  "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "deleted_at" TIMESTAMP(3) WITH TIME ZONE,
  CONSTRAINT "freeze_kind" CHECK (kind IN ('FREEZE', 'DEPLOYMENT_WINDOW')),
  CONSTRAINT "freeze_end" CHECK (ends_at > starts_at),
  CONSTRAINT "freeze_known_end" CHECK (ends_at IS NOT NULL OR (recurrence IS NULL AND kind = 'FREEZE')),
  CONSTRAINT "PK_10f751f99b802e747c9a99fcd8e" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "freeze_name" ON "deployment_freeze" ("name") WHERE deleted_at IS NULL;
CREATE TABLE "freeze_version" (
  "number" BIGSERIAL NOT NULL,
  "freeze_id" uuid NOT NULL,
  "data" jsonb NOT NULL,
  "changed_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  CONSTRAINT "PK_5b908d03a53dcc60cd5907cf76b" PRIMARY KEY ("number")
);
CREATE UNIQUE INDEX "freeze_version_at" ON "freeze_version" ("freeze_id", "changed_at", "number");
CREATE TABLE "start_trigger" (
  "id" uuid NOT NULL,
  "name" text NOT NULL,
  "description" text,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "created_by" text,
  "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "deleted_at" TIMESTAMP(3) WITH TIME ZONE,
  "application_id" uuid NOT NULL,
  "enabled" boolean NOT NULL,
  "version" integer NOT NULL,
  "definition" jsonb NOT NULL,
  "author" jsonb NOT NULL,
  "entity_id" uuid NOT NULL,
  "source_id" uuid,
  "source_statuses" jsonb,
  "next_at" TIMESTAMP(3) WITH TIME ZONE,
  CONSTRAINT "start_trigger_next_enabled" CHECK (next_at IS NULL OR (enabled AND deleted_at IS NULL)),
  CONSTRAINT "PK_74cad09ce241578c3c4f3704817" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "start_trigger_name" ON "start_trigger" ("application_id", "name") WHERE deleted_at IS NULL;
CREATE INDEX "start_trigger_next" ON "start_trigger" ("next_at") WHERE next_at IS NOT NULL;
CREATE INDEX "start_trigger_source" ON "start_trigger" ("source_id") WHERE source_id IS NOT NULL AND deleted_at IS NULL;
CREATE TABLE "start_trigger_version" (
  "trigger_id" uuid NOT NULL,
  "number" integer NOT NULL,
  "definition" jsonb NOT NULL,
  "content_hash" text NOT NULL,
  "author" jsonb NOT NULL,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  CONSTRAINT "PK_5f504a24552a7e73c7091958416" PRIMARY KEY ("trigger_id", "number")
);
CREATE TABLE "trigger_hook" (
  "trigger_id" uuid NOT NULL,
  "path" text NOT NULL,
  "key_id" text,
  "sealed" bytea,
  "secret_version" integer NOT NULL,
  "previous_key_id" text,
  "previous_sealed" bytea,
  "previous_until" TIMESTAMP(3) WITH TIME ZONE,
  "rejected" bigint NOT NULL DEFAULT '0',
  "last_rejected_at" TIMESTAMP(3) WITH TIME ZONE,
  "rotated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  CONSTRAINT "trigger_hook_path" UNIQUE ("path"),
  CONSTRAINT "PK_0d7d214997de75c137c2a367314" PRIMARY KEY ("trigger_id")
);
CREATE TABLE "trigger_firing" (
  "id" uuid NOT NULL,
  "trigger_id" uuid NOT NULL,
  "application_id" uuid NOT NULL,
  "version" integer NOT NULL,
  "kind" text NOT NULL,
  "event" text,
  "delivery" text,
  "dedupe_key" text NOT NULL,
  "body_hash" text,
  "status" text NOT NULL,
  "reason_code" text,
  "reason" text,
  "payload" jsonb,
  "inputs" jsonb,
  "facts" jsonb,
  "entity_id" uuid NOT NULL,
  "author" jsonb NOT NULL,
  "chain" uuid array NOT NULL,
  "execution_id" uuid,
  "tries" integer NOT NULL,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "next_at" TIMESTAMP(3) WITH TIME ZONE,
  "ended_at" TIMESTAMP(3) WITH TIME ZONE,
  CONSTRAINT "trigger_firing_once" UNIQUE ("trigger_id", "dedupe_key"),
  CONSTRAINT "trigger_firing_kind" CHECK (kind IN ('WEBHOOK', 'IMAGE', 'SCHEDULE', 'EXECUTION', 'MANUAL')),
  CONSTRAINT "trigger_firing_status" CHECK (status IN ('PENDING', 'STARTED', 'FILTERED', 'REFUSED', 'SKIPPED', 'FAILED')),
  CONSTRAINT "trigger_firing_timer" CHECK ((next_at IS NOT NULL) = (status = 'PENDING')),
  CONSTRAINT "trigger_firing_end" CHECK ((ended_at IS NULL) = (status = 'PENDING')),
  CONSTRAINT "trigger_firing_started" CHECK ((execution_id IS NOT NULL) = (status = 'STARTED')),
  CONSTRAINT "PK_0eb35ab331d785fe60248baf454" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "trigger_firing_body" ON "trigger_firing" ("trigger_id", "body_hash") WHERE body_hash IS NOT NULL;
CREATE INDEX "trigger_firing_next" ON "trigger_firing" ("next_at") WHERE next_at IS NOT NULL;
CREATE INDEX "trigger_firing_newest" ON "trigger_firing" ("trigger_id", "created_at", "id");
CREATE INDEX "trigger_firing_ended" ON "trigger_firing" ("ended_at") WHERE ended_at IS NOT NULL;
CREATE INDEX "trigger_firing_execution" ON "trigger_firing" ("execution_id") WHERE execution_id IS NOT NULL;
CREATE TABLE "template" (
  "id" uuid NOT NULL,
  "name" text NOT NULL,
  "description" text,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "created_by" text,
  "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "deleted_at" TIMESTAMP(3) WITH TIME ZONE,
  "application_id" uuid,
  "of" text NOT NULL,
  "current_revision_id" uuid NOT NULL,
  CONSTRAINT "template_of" CHECK (of IN ('WORKFLOW', 'STAGE')),
  CONSTRAINT "PK_fbae2ac36bd9b5e1e793b957b7f" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "template_name" ON "template" ("application_id", "name") WHERE deleted_at IS NULL AND application_id IS NOT NULL;
CREATE UNIQUE INDEX "template_account_name" ON "template" ("name") WHERE deleted_at IS NULL AND application_id IS NULL;
CREATE TABLE "template_revision" (
  "id" uuid NOT NULL,
  "entity_id" uuid NOT NULL,
  "number" integer NOT NULL,
  "content_hash" text NOT NULL,
  "definition" jsonb NOT NULL,
  "template_ids" uuid array NOT NULL,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "created_by" text,
  CONSTRAINT "template_revision_number" UNIQUE ("entity_id", "number"),
  CONSTRAINT "PK_568cda9acc258b1647dfec7e9b2" PRIMARY KEY ("id")
);
CREATE TABLE "tag" (
  "id" uuid NOT NULL,
  "name" text NOT NULL,
  "allowed_values" text array,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "created_by" text,
  "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  CONSTRAINT "tag_name" UNIQUE ("name"),
  CONSTRAINT "PK_8e4052373c579afc1471f526760" PRIMARY KEY ("id")
);
CREATE TABLE "tag_link" (
  "entity_id" uuid NOT NULL,
  "tag_id" uuid NOT NULL,
  "entity_type" text NOT NULL,
  "application_id" uuid NOT NULL,
  "value" text NOT NULL,
  "attached_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "attached_by" text,
  CONSTRAINT "tag_link_entity_type" CHECK (entity_type IN ('APPLICATION', 'DEPLOYMENT', 'ENVIRONMENT', 'PIPELINE', 'SERVICE', 'TRIGGER', 'WORKFLOW')),
  CONSTRAINT "PK_e28dec1926131b184beacbcc441" PRIMARY KEY ("entity_id", "tag_id")
);
CREATE INDEX "tag_link_of_tag" ON "tag_link" ("tag_id", "value", "entity_id");
CREATE TABLE "workflow" (
  "id" uuid NOT NULL,
  "name" text NOT NULL,
  "description" text,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "created_by" text,
  "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "deleted_at" TIMESTAMP(3) WITH TIME ZONE,
  "application_id" uuid NOT NULL,
  "current_revision_id" uuid NOT NULL,
  CONSTRAINT "PK_eb5e4cc1a9ef2e94805b676751b" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "workflow_name" ON "workflow" ("application_id", "name") WHERE deleted_at IS NULL;
CREATE TABLE "workflow_revision" (
  "id" uuid NOT NULL,
  "entity_id" uuid NOT NULL,
  "number" integer NOT NULL,
  "content_hash" text NOT NULL,
  "definition" jsonb NOT NULL,
  "template_ids" uuid array NOT NULL,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "created_by" text,
  CONSTRAINT "workflow_revision_number" UNIQUE ("entity_id", "number"),
  CONSTRAINT "PK_c23fd42ee078177084cff318a70" PRIMARY KEY ("id")
);
CREATE TABLE "pipeline" (
  "id" uuid NOT NULL,
  "name" text NOT NULL,
  "description" text,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "created_by" text,
  "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "deleted_at" TIMESTAMP(3) WITH TIME ZONE,
  "application_id" uuid NOT NULL,
  "current_revision_id" uuid NOT NULL,
  CONSTRAINT "PK_df8aedd50509192d995535d68cd" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "pipeline_name" ON "pipeline" ("application_id", "name") WHERE deleted_at IS NULL;
CREATE TABLE "pipeline_revision" (
  "id" uuid NOT NULL,
  "entity_id" uuid NOT NULL,
  "number" integer NOT NULL,
  "content_hash" text NOT NULL,
  "definition" jsonb NOT NULL,
  "template_ids" uuid array NOT NULL,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "created_by" text,
  CONSTRAINT "pipeline_revision_number" UNIQUE ("entity_id", "number"),
  CONSTRAINT "PK_31f3ab70a12cfb6e634650a13a5" PRIMARY KEY ("id")
);
CREATE TABLE "execution" (
  "id" uuid NOT NULL,
  "kind" text NOT NULL,
  "run_id" uuid NOT NULL,
  "parent_stage_execution_id" uuid,
  "application_id" uuid NOT NULL,
  "entity_id" uuid NOT NULL,
  "revision_id" uuid NOT NULL,
  "environment_id" uuid,
  "status" text NOT NULL,
  "attempt" integer NOT NULL,
  "version" integer NOT NULL,
  "last_sequence" integer NOT NULL,
  "last_execution_sequence" integer NOT NULL,
  "variables" jsonb NOT NULL,
  "images" jsonb NOT NULL,
  "notes" text,
  "cause" jsonb NOT NULL,
  "failure_code" text,
  "failure_details" text,
  "pause" jsonb,
  "freeze_override" jsonb,
  "traceparent" text,
  "max_parallel" integer,
  "priority" integer,
  "mode" text NOT NULL,
  "open_tasks" integer NOT NULL,
  "busy_tasks" integer NOT NULL,
  "waiting_tasks" integer NOT NULL DEFAULT '0',
  "detached_tasks" integer NOT NULL DEFAULT '0',
  "finally_tasks" integer,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "started_at" TIMESTAMP(3) WITH TIME ZONE,
  "attempt_started_at" TIMESTAMP(3) WITH TIME ZONE,
  "ended_at" TIMESTAMP(3) WITH TIME ZONE,
  "earlier_ms" bigint NOT NULL,
  "has_place" boolean NOT NULL DEFAULT false,
  "expires_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  CONSTRAINT "execution_kind" CHECK (kind IN ('PIPELINE', 'WORKFLOW')),
  CONSTRAINT "execution_status" CHECK (CASE kind WHEN 'PIPELINE' THEN status IN ('QUEUED', 'RUNNING', 'WAITING', 'PAUSED', 'RESUMING', 'SUCCESS', 'FAILED', 'ERROR', 'ABORTED', 'EXPIRED', 'REJECTED', 'RESTORING') ELSE status IN ('QUEUED', 'RESUMING', 'WAITING', 'RUNNING', 'PAUSED', 'SUCCESS', 'FAILED', 'ERROR', 'ABORTED', 'EXPIRED') END),
  CONSTRAINT "execution_mode" CHECK (mode IN ('SEQUENTIAL', 'PARALLEL', 'WORK_STEALING')),
  CONSTRAINT "execution_ended" CHECK ((ended_at IS NULL) = (status IN ('QUEUED', 'RUNNING', 'WAITING', 'PAUSED', 'RESUMING', 'RESTORING'))),
  CONSTRAINT "execution_pause" CHECK (pause IS NULL OR status = 'PAUSED'),
  CONSTRAINT "execution_counts" CHECK (busy_tasks >= 0 AND waiting_tasks >= 0 AND open_tasks >= busy_tasks + waiting_tasks AND detached_tasks >= 0 AND (finally_tasks IS NULL OR finally_tasks BETWEEN 0 AND detached_tasks)),
  CONSTRAINT "PK_cc6684fedf29ec4c86db8448a2b" PRIMARY KEY ("id")
);
CREATE INDEX "execution_newest" ON "execution" ("created_at", "id") WHERE parent_stage_execution_id IS NULL;
CREATE INDEX "execution_newest_of_application" ON "execution" ("application_id", "created_at", "id") WHERE parent_stage_execution_id IS NULL;
CREATE INDEX "execution_newest_of_entity" ON "execution" ("entity_id", "created_at", "id");
CREATE INDEX "execution_of_run" ON "execution" ("run_id");
CREATE INDEX "execution_active" ON "execution" ("application_id") WHERE ended_at IS NULL;
CREATE INDEX "execution_expiry" ON "execution" ("expires_at") WHERE ended_at IS NULL;
CREATE TABLE "idempotency_key" (
  "application_id" uuid NOT NULL,
  "key" text NOT NULL,
  "hash" text NOT NULL,
  "execution_id" uuid NOT NULL,
  "answer_id" uuid,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  CONSTRAINT "idempotency_key_one_request" PRIMARY KEY ("application_id", "key")
);
CREATE TABLE "slot" (
  "group_key" text NOT NULL,
  "number" integer NOT NULL,
  "maximum" integer NOT NULL,
  "holder_id" uuid NOT NULL,
  "run_id" uuid NOT NULL,
  "execution_id" uuid NOT NULL,
  "stage_execution_id" uuid,
  "operation_id" uuid,
  "since" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  CONSTRAINT "slot_holder" UNIQUE ("holder_id", "group_key"),
  CONSTRAINT "slot_number" CHECK (number BETWEEN 1 AND maximum),
  CONSTRAINT "PK_b09d79e3728197f670d93a9c142" PRIMARY KEY ("group_key", "number")
);
CREATE TABLE "slot_request" (
  "group_key" text NOT NULL,
  "holder_id" uuid NOT NULL,
  "run_id" uuid NOT NULL,
  "maximum" integer NOT NULL,
  "policy" text NOT NULL,
  "number" BIGSERIAL NOT NULL,
  "place" numeric NOT NULL,
  CONSTRAINT "slot_request_policy" CHECK (policy IN ('QUEUE', 'LATEST', 'REFUSE')),
  CONSTRAINT "PK_e917eb3e413b957ef684ac61d2d" PRIMARY KEY ("group_key", "holder_id")
);
CREATE INDEX "slot_request_place" ON "slot_request" ("group_key", "place");
CREATE INDEX "slot_request_holder" ON "slot_request" ("holder_id");
CREATE TABLE "begin_wait" (
  "id" uuid NOT NULL,
  "run_id" uuid NOT NULL,
  "execution_id" uuid NOT NULL,
  "stage_execution_id" uuid,
  "code" text NOT NULL,
  "reason" text NOT NULL,
  "until" TIMESTAMP(3) WITH TIME ZONE,
  "group_key" text,
  "blocked_by" uuid,
  "position" integer,
  "since" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "asked_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  CONSTRAINT "begin_wait_code" CHECK (code IN ('WAITING_FOR_SLOT', 'FROZEN', 'APPROVAL_CHANGED')),
  CONSTRAINT "PK_df7a20329ccae7a8895326ba5ee" PRIMARY KEY ("id")
);
CREATE INDEX "begin_wait_until" ON "begin_wait" ("until") WHERE until IS NOT NULL;
CREATE INDEX "begin_wait_execution" ON "begin_wait" ("execution_id");
CREATE TABLE "execution_attempt" (
  "execution_id" uuid NOT NULL,
  "attempt" integer NOT NULL,
  "kind" text NOT NULL,
  "base" integer,
  "lineage" integer array NOT NULL,
  "dropped" text array NOT NULL,
  "run_attempt" integer NOT NULL,
  "revision_id" uuid NOT NULL,
  "environment_id" uuid,
  "variables" jsonb NOT NULL,
  "images" jsonb NOT NULL,
  "mode" text NOT NULL,
  "max_parallel" integer,
  "freeze_override" jsonb,
  "cause" jsonb NOT NULL,
  "reason" text,
  "from_stage" text,
  "status" text,
  "failure_code" text,
  "failure_details" text,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "started_at" TIMESTAMP(3) WITH TIME ZONE,
  "ended_at" TIMESTAMP(3) WITH TIME ZONE,
  CONSTRAINT "execution_attempt_kind" CHECK (kind IN ('START', 'RESUME', 'RERUN', 'EXTEND', 'RESTORE', 'ROLLBACK', 'OBSERVE')),
  CONSTRAINT "execution_attempt_base" CHECK ((base IS NULL) = (kind IN ('START', 'ROLLBACK', 'OBSERVE')) AND base < attempt),
  CONSTRAINT "execution_attempt_status" CHECK (status IN ('SUCCESS', 'FAILED', 'ERROR', 'ABORTED', 'EXPIRED', 'REJECTED')),
  CONSTRAINT "execution_attempt_ended" CHECK ((ended_at IS NULL) = (status IS NULL)),
  CONSTRAINT "PK_9c5fa54cf0b0da3fde546bd7217" PRIMARY KEY ("execution_id", "attempt")
);
CREATE TABLE "stage_execution" (
  "id" uuid NOT NULL,
  "execution_id" uuid NOT NULL,
  "attempt" integer NOT NULL,
  "kind" text NOT NULL,
  "stage_index" integer NOT NULL,
  "element_index" integer NOT NULL,
  "element_id" uuid NOT NULL,
  "stage_name" text NOT NULL,
  "step_name" text NOT NULL,
  "status" text NOT NULL,
  "reason_code" text,
  "reason" text,
  "workflow_id" uuid,
  "workflow_revision_id" uuid,
  "environment_id" uuid,
  "variables" jsonb NOT NULL,
  "images" jsonb NOT NULL,
  "mode" text,
  "max_parallel" integer,
  "workflow_execution_id" uuid,
  "workflow_attempt" integer,
  "continues" jsonb,
  "waits_until" TIMESTAMP(3) WITH TIME ZONE,
  "answers" jsonb,
  "failures" integer NOT NULL DEFAULT '0',
  "ignored" boolean NOT NULL DEFAULT false,
  "has_place" boolean NOT NULL DEFAULT false,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "started_at" TIMESTAMP(3) WITH TIME ZONE,
  "ended_at" TIMESTAMP(3) WITH TIME ZONE,
  CONSTRAINT "stage_execution_status" CHECK (status IN ('QUEUED', 'WAITING', 'RUNNING', 'PAUSED', 'SUCCESS', 'FAILED', 'ERROR', 'ABORTED', 'EXPIRED', 'REJECTED', 'SKIPPED')),
  CONSTRAINT "stage_execution_ended" CHECK ((ended_at IS NULL) = (status IN ('QUEUED', 'RUNNING', 'WAITING', 'PAUSED', 'RESUMING', 'RESTORING'))),
  CONSTRAINT "stage_execution_mode" CHECK (mode IN ('SEQUENTIAL', 'PARALLEL', 'WORK_STEALING')),
  CONSTRAINT "stage_execution_waiting" CHECK (waits_until IS NULL OR status IN ('PAUSED', 'WAITING')),
  CONSTRAINT "PK_73bb3900c2f8b931298787cd836" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "stage_execution_attempt" ON "stage_execution" ("execution_id", "attempt", "stage_index", "element_index");
CREATE INDEX "stage_execution_waits" ON "stage_execution" ("waits_until") WHERE waits_until IS NOT NULL;
CREATE TABLE "task_execution" (
  "id" uuid NOT NULL,
  "execution_id" uuid NOT NULL,
  "run_id" uuid NOT NULL,
  "attempt" integer NOT NULL,
  "type" text NOT NULL DEFAULT 'normal',
  "name" text NOT NULL,
  "level" integer NOT NULL,
  "ordinal" integer NOT NULL,
  "status" text NOT NULL,
  "waiting_on" integer NOT NULL,
  "job_id" uuid,
  "tries" integer NOT NULL,
  "failures" integer NOT NULL,
  "losses" integer NOT NULL,
  "next_try_at" TIMESTAMP(3) WITH TIME ZONE,
  "waits_until" TIMESTAMP(3) WITH TIME ZONE,
  "passed" boolean NOT NULL,
  "reason_code" text,
  "reason" text,
  "exit_code" integer,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "started_at" TIMESTAMP(3) WITH TIME ZONE,
  "ended_at" TIMESTAMP(3) WITH TIME ZONE,
  CONSTRAINT "task_execution_type" CHECK (type IN ('normal', 'forensic', 'restore', 'rollback', 'finally')),
  CONSTRAINT "task_execution_status" CHECK (status IN ('QUEUED', 'RUNNING', 'WAITING', 'FAILED', 'SKIPPED', 'SUCCESS', 'ABORTED')),
  CONSTRAINT "task_execution_ended" CHECK ((ended_at IS NULL) = (status IN ('QUEUED', 'RUNNING', 'WAITING', 'PAUSED', 'RESUMING', 'RESTORING'))),
  CONSTRAINT "task_execution_waiting" CHECK (waits_until IS NULL OR status = 'WAITING'),
  CONSTRAINT "task_execution_waiting_on" CHECK (waiting_on >= 0),
  CONSTRAINT "PK_2861ae0a4930ab03ffbb789ba6d" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "task_execution_name" ON "task_execution" ("execution_id", "name", "attempt") WHERE type = 'normal';
CREATE INDEX "task_execution_attempt" ON "task_execution" ("execution_id", "attempt", "ordinal");
CREATE INDEX "task_execution_open" ON "task_execution" ("execution_id", "ordinal") WHERE type = 'normal' AND ended_at IS NULL;
CREATE INDEX "task_execution_unfinished" ON "task_execution" ("execution_id", "attempt", "ordinal") WHERE type = 'normal' AND NOT passed;
CREATE INDEX "task_execution_ready" ON "task_execution" ("execution_id", "ordinal") WHERE waiting_on = 0 AND job_id IS NULL AND ended_at IS NULL AND type = 'normal';
CREATE INDEX "task_execution_waits" ON "task_execution" ("waits_until") WHERE waits_until IS NOT NULL;
CREATE INDEX "task_execution_next_try" ON "task_execution" ("next_try_at") WHERE next_try_at IS NOT NULL;
CREATE TABLE "attempt_element" (
  "execution_id" uuid NOT NULL,
  "attempt" integer NOT NULL,
  "stage_index" integer NOT NULL,
  "element_index" integer NOT NULL,
  "element_id" uuid NOT NULL,
  "stage_name" text NOT NULL,
  "stage_execution_id" uuid NOT NULL,
  CONSTRAINT "PK_30c841a492ccbce272a3df9f8ec" PRIMARY KEY ("execution_id", "attempt", "stage_index", "element_index")
);
CREATE TABLE "detached_task" (
  "task_id" uuid NOT NULL,
  "execution_id" uuid NOT NULL,
  "revision_id" uuid NOT NULL,
  "environment_id" uuid,
  "variables" jsonb NOT NULL,
  "images" jsonb NOT NULL,
  "env" jsonb NOT NULL,
  "failed_task_id" uuid,
  "failed_attempt" integer,
  "start_by" TIMESTAMP(3) WITH TIME ZONE,
  CONSTRAINT "detached_task_failed_task" UNIQUE ("failed_task_id"),
  CONSTRAINT "detached_task_failed_attempt" UNIQUE ("execution_id", "failed_attempt"),
  CONSTRAINT "PK_08cb4324da52711f20f25079591" PRIMARY KEY ("task_id")
);
CREATE INDEX "detached_task_start_by" ON "detached_task" ("start_by") WHERE start_by IS NOT NULL;
CREATE TABLE "task_dependency" (
  "depends_on_id" uuid NOT NULL,
  "task_id" uuid NOT NULL,
  CONSTRAINT "PK_a9e5031e52c7a0886bf39ab94dd" PRIMARY KEY ("depends_on_id", "task_id")
);
CREATE INDEX "task_dependency_task" ON "task_dependency" ("task_id");
CREATE TABLE "execution_variable" (
  "task_execution_id" uuid NOT NULL,
  "name" text NOT NULL,
  "execution_id" uuid NOT NULL,
  "type" text NOT NULL,
  "value" text NOT NULL,
  "set_by" text NOT NULL,
  "set_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  CONSTRAINT "execution_variable_type" CHECK (type IN ('string', 'int', 'float', 'bool', 'json')),
  CONSTRAINT "PK_796830a7c802a572ab0ada943ea" PRIMARY KEY ("task_execution_id", "name")
);
CREATE INDEX "execution_variable_execution" ON "execution_variable" ("execution_id", "name");
CREATE TABLE "task_gate" (
  "id" uuid NOT NULL,
  "execution_id" uuid NOT NULL,
  "waiting_on" integer NOT NULL,
  CONSTRAINT "task_gate_waiting_on" CHECK (waiting_on >= 0),
  CONSTRAINT "PK_66b7c7ab2429e29756e4e0bc8ab" PRIMARY KEY ("id")
);
CREATE TABLE "execution_environment" (
  "execution_id" uuid NOT NULL,
  "environment_id" uuid NOT NULL,
  CONSTRAINT "PK_8d156766643041fa0e335c3ccae" PRIMARY KEY ("execution_id", "environment_id")
);
CREATE INDEX "execution_environment_environment" ON "execution_environment" ("environment_id", "execution_id");
CREATE TABLE "execution_service" (
  "execution_id" uuid NOT NULL,
  "service_id" uuid NOT NULL,
  CONSTRAINT "PK_fbb48862f5e49d371c3de2a5dc0" PRIMARY KEY ("execution_id", "service_id")
);
CREATE INDEX "execution_service_service" ON "execution_service" ("service_id", "execution_id");
CREATE TABLE "execution_event" (
  "run_id" uuid NOT NULL,
  "sequence" integer NOT NULL,
  "execution_id" uuid NOT NULL,
  "execution_sequence" integer NOT NULL,
  "transaction_id" bigint NOT NULL,
  "type" text NOT NULL,
  "at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "actor" jsonb NOT NULL,
  "data" jsonb NOT NULL,
  CONSTRAINT "PK_edd39039c154dc2610518c01e70" PRIMARY KEY ("run_id", "sequence")
);
CREATE INDEX "execution_event_committed" ON "execution_event" ("transaction_id", "run_id", "sequence");
CREATE UNIQUE INDEX "execution_event_own" ON "execution_event" ("execution_id", "execution_sequence") WHERE execution_id <> run_id;
CREATE TABLE "event_horizon" (
  "id" integer NOT NULL,
  "transaction_id" bigint NOT NULL,
  CONSTRAINT "event_horizon_one_row" CHECK (id = 1),
  CONSTRAINT "PK_7cc1ec8dd5b9ae5448d6a34f047" PRIMARY KEY ("id")
);
CREATE TABLE "approval" (
  "id" uuid NOT NULL,
  "stage_execution_id" uuid,
  "task_execution_id" uuid,
  "execution_id" uuid NOT NULL,
  "application_id" uuid NOT NULL,
  "status" text NOT NULL,
  "approvers" text array NOT NULL,
  "count" integer NOT NULL,
  "all_of" text array NOT NULL,
  "disallow_initiator" boolean NOT NULL,
  "excluded" text array NOT NULL,
  "message" text,
  "subject" jsonb NOT NULL,
  "digest" text NOT NULL,
  "renews_id" uuid,
  "changed_since" jsonb,
  "inputs" jsonb NOT NULL,
  "given" jsonb,
  "remind_after_seconds" integer,
  "reminders" integer NOT NULL,
  "reminded_at" TIMESTAMP(3) WITH TIME ZONE,
  "escalate" jsonb NOT NULL,
  "escalated" integer NOT NULL,
  "next_step_at" TIMESTAMP(3) WITH TIME ZONE,
  "undecidable_since" TIMESTAMP(3) WITH TIME ZONE,
  "requested_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "expires_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "decided_at" TIMESTAMP(3) WITH TIME ZONE,
  "decided_by" jsonb,
  "comments" text,
  CONSTRAINT "approval_place" CHECK (stage_execution_id IS NOT NULL OR task_execution_id IS NOT NULL),
  CONSTRAINT "approval_status" CHECK (status IN ('WAITING', 'APPROVED', 'REJECTED', 'EXPIRED', 'ABORTED')),
  CONSTRAINT "approval_count" CHECK ((count = 0 OR cardinality(approvers) > 0) AND count + cardinality(all_of) > 0),
  CONSTRAINT "approval_decided" CHECK ((decided_at IS NULL) = (status IN ('WAITING'))),
  CONSTRAINT "PK_97bfd1cd9dff3c1302229da6b5c" PRIMARY KEY ("id")
);
CREATE INDEX "approval_of_execution" ON "approval" ("execution_id", "requested_at");
CREATE UNIQUE INDEX "approval_waiting" ON "approval" ("stage_execution_id") WHERE status = 'WAITING' AND task_execution_id IS NULL;
CREATE INDEX "approval_of_task" ON "approval" ("task_execution_id") WHERE task_execution_id IS NOT NULL;
CREATE UNIQUE INDEX "approval_task_waiting" ON "approval" ("task_execution_id") WHERE status = 'WAITING';
CREATE INDEX "approval_newest" ON "approval" ("requested_at", "id");
CREATE INDEX "approval_newest_waiting" ON "approval" ("requested_at", "id") WHERE status = 'WAITING';
CREATE INDEX "approval_expiry" ON "approval" ("expires_at") WHERE status = 'WAITING';
CREATE INDEX "approval_next_step" ON "approval" ("next_step_at") WHERE status = 'WAITING' AND next_step_at IS NOT NULL;
CREATE TABLE "approval_vote" (
  "id" uuid NOT NULL,
  "approval_id" uuid NOT NULL,
  "person_id" text NOT NULL,
  "by" jsonb NOT NULL,
  "action" text NOT NULL,
  "comments" text,
  "groups" text array NOT NULL,
  "digest" text NOT NULL,
  "voted_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "counts" boolean NOT NULL,
  CONSTRAINT "approval_vote_action" CHECK (action IN ('APPROVE', 'REJECT')),
  CONSTRAINT "PK_2f83b63082e71d2c81b1c9b8ac8" PRIMARY KEY ("id")
);
CREATE INDEX "approval_vote_of_approval" ON "approval_vote" ("approval_id", "voted_at");
CREATE UNIQUE INDEX "approval_vote_once" ON "approval_vote" ("approval_id", "person_id") WHERE counts;
CREATE TABLE "job" (
  "id" uuid NOT NULL,
  "task_execution_id" uuid NOT NULL,
  "execution_id" uuid NOT NULL,
  "run_id" uuid NOT NULL,
  "attempt" integer NOT NULL,
  "status" text NOT NULL,
  "requirement_class_id" integer NOT NULL,
  "priority" integer,
  "timeout_ms" integer NOT NULL,
  "grace_ms" integer NOT NULL,
  "agent_id" uuid,
  "claim_hash" text,
  "exit_code" integer,
  "signal" text,
  "reason_code" text,
  "reason" text,
  "facts" jsonb,
  "queued_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "started_at" TIMESTAMP(3) WITH TIME ZONE,
  "ended_at" TIMESTAMP(3) WITH TIME ZONE,
  CONSTRAINT "job_status" CHECK (status IN ('QUEUED', 'RUNNING', 'FAILED', 'ABORTED', 'SUCCESS', 'LOST')),
  CONSTRAINT "job_ended" CHECK ((ended_at IS NULL) = (status IN ('QUEUED', 'RUNNING'))),
  CONSTRAINT "PK_98ab1c14ff8d1cf80d18703b92f" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "job_of_task" ON "job" ("task_execution_id", "attempt");
CREATE INDEX "job_with_facts" ON "job" ("run_id") WHERE facts IS NOT NULL;
CREATE TABLE "ready_job" (
  "job_id" uuid NOT NULL,
  "run_id" uuid NOT NULL,
  "requirement_class_id" integer NOT NULL,
  "precedence" integer NOT NULL,
  "share" bigint NOT NULL,
  "rank" BIGSERIAL NOT NULL,
  "virtual_time" bigint NOT NULL,
  "finish" bigint,
  "queued_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  CONSTRAINT "PK_d9d7c7c46f510d7ac0ead7081a2" PRIMARY KEY ("job_id")
);
CREATE INDEX "ready_job_order" ON "ready_job" ("requirement_class_id", "precedence", "share", "rank");
CREATE INDEX "ready_job_of_run" ON "ready_job" ("run_id", "requirement_class_id", "precedence", "finish") WHERE finish IS NOT NULL;
CREATE TABLE "queue_pause" (
  "id" uuid NOT NULL,
  "labels" text array NOT NULL,
  "note" text,
  "until" TIMESTAMP(3) WITH TIME ZONE,
  "by" jsonb NOT NULL,
  "at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  CONSTRAINT "PK_c500911905dc7b5b087eac4615a" PRIMARY KEY ("id")
);
CREATE TABLE "queue_setting" (
  "id" uuid NOT NULL,
  "priority" integer,
  "weight" integer,
  CONSTRAINT "queue_setting_priority" CHECK (priority BETWEEN -100 AND 100),
  CONSTRAINT "queue_setting_weight" CHECK (weight BETWEEN 1 AND 100),
  CONSTRAINT "PK_5669a700a539623cf5847fd0aed" PRIMARY KEY ("id")
);
CREATE TABLE "requirement_class" (
  "id" SERIAL NOT NULL,
  "labels" text array NOT NULL,
  CONSTRAINT "requirement_class_labels" UNIQUE ("labels"),
  CONSTRAINT "PK_205507d4016cbf327d4bda7ea3f" PRIMARY KEY ("id")
);
CREATE TABLE "label_set" (
  "id" SERIAL NOT NULL,
  "labels" text array NOT NULL,
  CONSTRAINT "label_set_labels" UNIQUE ("labels"),
  CONSTRAINT "PK_f809a281e62897525280a97b17b" PRIMARY KEY ("id")
);
CREATE TABLE "label_match" (
  "label_set_id" integer NOT NULL,
  "requirement_class_id" integer NOT NULL,
  CONSTRAINT "PK_795ced02f45145cc8e538364eb9" PRIMARY KEY ("label_set_id", "requirement_class_id")
);
CREATE TABLE "job_lease" (
  "job_id" uuid NOT NULL,
  "agent_id" uuid NOT NULL,
  "run_id" uuid NOT NULL,
  "token_hash" text NOT NULL,
  "started" boolean NOT NULL,
  "expires_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "timeout_at" TIMESTAMP(3) WITH TIME ZONE,
  "cancel_requested_at" TIMESTAMP(3) WITH TIME ZONE,
  "kill_at" TIMESTAMP(3) WITH TIME ZONE,
  "precedence" integer NOT NULL DEFAULT '0',
  "share" bigint NOT NULL DEFAULT '0',
  "rank" bigint NOT NULL DEFAULT '0',
  CONSTRAINT "PK_fb29dc6e079410b2b7d7ebd6e8f" PRIMARY KEY ("job_id")
);
CREATE INDEX "job_lease_kill" ON "job_lease" ("kill_at") WHERE kill_at IS NOT NULL;
CREATE TABLE "log_chunk" (
  "job_id" uuid NOT NULL,
  "start" bigint NOT NULL,
  "length" integer NOT NULL,
  "line" bigint NOT NULL,
  "lines" integer NOT NULL,
  "at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "marked" boolean NOT NULL,
  "data" bytea,
  "frames" jsonb,
  "place" bigint,
  "packed" integer,
  CONSTRAINT "PK_0c1af183d5ccedea0c6ea6bdcd0" PRIMARY KEY ("job_id", "start")
);
CREATE TABLE "job_log" (
  "job_id" uuid NOT NULL,
  "bytes" bigint NOT NULL,
  "lines" bigint NOT NULL,
  "phase" text NOT NULL DEFAULT 'OPEN',
  "loss" text,
  "written" bigint,
  "sha256" text,
  "ended_at" TIMESTAMP(3) WITH TIME ZONE,
  "stored_bytes" bigint NOT NULL DEFAULT '0',
  "file" text,
  "deleted_at" TIMESTAMP(3) WITH TIME ZONE,
  "busy_until" TIMESTAMP(3) WITH TIME ZONE,
  CONSTRAINT "job_log_phase_check" CHECK (phase IN ('OPEN', 'ENDED', 'SEALED', 'MOVED', 'DELETED')),
  CONSTRAINT "job_log_loss_check" CHECK (loss IS NULL OR loss IN ('LIMIT', 'UNDELIVERED', 'AGENT_LOST', 'DAMAGED')),
  CONSTRAINT "PK_afca576a36dd635a3643a2a2c87" PRIMARY KEY ("job_id")
);
CREATE INDEX "job_log_phase" ON "job_log" ("phase", "ended_at") WHERE phase <> 'OPEN';
CREATE INDEX "job_log_movable" ON "job_log" ("ended_at") WHERE phase = 'SEALED' AND stored_bytes >= 65536;
CREATE INDEX "job_log_file" ON "job_log" ("file") WHERE file IS NOT NULL;
CREATE TABLE "artifact" (
  "id" uuid NOT NULL,
  "application_id" uuid NOT NULL,
  "run_id" uuid NOT NULL,
  "execution_id" uuid NOT NULL,
  "task_execution_id" uuid NOT NULL,
  "job_id" uuid NOT NULL,
  "name" text NOT NULL,
  "type" text NOT NULL,
  "mode" text NOT NULL,
  "size" bigint NOT NULL,
  "sha256" text NOT NULL,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "pin" jsonb,
  "deleted_at" TIMESTAMP(3) WITH TIME ZONE,
  "deletion" jsonb,
  CONSTRAINT "artifact_name" UNIQUE ("job_id", "name"),
  CONSTRAINT "artifact_type" CHECK (type IN ('FILE', 'LINK', 'FOLDER')),
  CONSTRAINT "artifact_mode" CHECK (mode ~ '^[0-7]{3}$'),
  CONSTRAINT "artifact_deletion" CHECK ((deleted_at IS NULL) = (deletion IS NULL)),
  CONSTRAINT "artifact_pin" CHECK (pin IS NULL OR deleted_at IS NULL),
  CONSTRAINT "PK_1f238d1d4ef8f85d0c0b8616fa3" PRIMARY KEY ("id")
);
CREATE INDEX "artifact_newest" ON "artifact" ("created_at", "id");
CREATE INDEX "artifact_newest_of_application" ON "artifact" ("application_id", "created_at", "id");
CREATE INDEX "artifact_kept" ON "artifact" ("created_at", "id") WHERE deleted_at IS NULL;
CREATE INDEX "artifact_of_run" ON "artifact" ("run_id", "created_at", "id");
CREATE INDEX "artifact_of_task" ON "artifact" ("task_execution_id");
CREATE INDEX "artifact_content" ON "artifact" ("sha256") WHERE deleted_at IS NULL;
CREATE TABLE "job_report" (
  "job_id" uuid NOT NULL,
  "execution_id" uuid NOT NULL,
  "run_id" uuid NOT NULL,
  "report" jsonb NOT NULL,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  CONSTRAINT "PK_9c91e65baa21dd0f61b502fa01b" PRIMARY KEY ("job_id")
);
CREATE INDEX "job_report_of_execution" ON "job_report" ("execution_id");
CREATE INDEX "job_report_of_run" ON "job_report" ("run_id");
CREATE TABLE "stored_content" (
  "sha256" text NOT NULL,
  "size" bigint NOT NULL,
  "check_at" TIMESTAMP(3) WITH TIME ZONE,
  CONSTRAINT "stored_content_sha256" CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  CONSTRAINT "PK_f57b2883b49c944a4cae177726b" PRIMARY KEY ("sha256")
);
CREATE INDEX "stored_content_check" ON "stored_content" ("check_at") WHERE check_at IS NOT NULL;
CREATE TABLE "cache_entry" (
  "id" uuid NOT NULL,
  "application_id" uuid NOT NULL,
  "scope" text NOT NULL,
  "key" text NOT NULL,
  "job_id" uuid NOT NULL,
  "size" bigint NOT NULL,
  "sha256" text NOT NULL,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "used_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  CONSTRAINT "cache_entry_key" UNIQUE ("application_id", "scope", "key"),
  CONSTRAINT "PK_388c1f3b953004c46d92cd39fb0" PRIMARY KEY ("id")
);
CREATE INDEX "cache_entry_content" ON "cache_entry" ("sha256");
CREATE INDEX "cache_entry_used" ON "cache_entry" ("used_at");
CREATE TABLE "execution_export" (
  "id" uuid NOT NULL,
  "status" text NOT NULL,
  "execution_ids" uuid array NOT NULL,
  "member_ids" uuid array NOT NULL,
  "requested_by" text NOT NULL,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "expires_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "due_at" TIMESTAMP(3) WITH TIME ZONE,
  "tries" integer NOT NULL,
  "sha256" text,
  "size" bigint,
  "error_message" text,
  CONSTRAINT "execution_export_status" CHECK (status IN ('QUEUED', 'READY', 'FAILED', 'EXPIRED')),
  CONSTRAINT "execution_export_due" CHECK ((due_at IS NOT NULL) = (status = 'QUEUED')),
  CONSTRAINT "execution_export_ready" CHECK ((sha256 IS NOT NULL) = (status = 'READY')),
  CONSTRAINT "PK_4882d3d6fee38ac301e4adedc77" PRIMARY KEY ("id")
);
CREATE INDEX "execution_export_due_at" ON "execution_export" ("due_at") WHERE due_at IS NOT NULL;
CREATE INDEX "execution_export_content" ON "execution_export" ("sha256") WHERE sha256 IS NOT NULL;
CREATE INDEX "execution_export_requested" ON "execution_export" ("requested_by", "created_at");
CREATE INDEX "execution_export_expiry" ON "execution_export" ("expires_at");
CREATE TABLE "deployment" (
  "id" uuid NOT NULL,
  "number" BIGSERIAL NOT NULL,
  "environment_id" uuid NOT NULL,
  "service_id" uuid NOT NULL,
  "image" text NOT NULL,
  "status" text NOT NULL,
  "execution_id" uuid NOT NULL,
  "attempt" integer NOT NULL,
  "run_id" uuid NOT NULL,
  "task_execution_id" uuid,
  "task" text,
  "operation_id" uuid,
  "cause" jsonb NOT NULL,
  "started_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "ended_at" TIMESTAMP(3) WITH TIME ZONE,
  "end_number" bigint,
  CONSTRAINT "deployment_status" CHECK (status IN ('IN_PROGRESS', 'SUCCEEDED', 'FAILED', 'UNKNOWN', 'REMOVED')),
  CONSTRAINT "deployment_ended" CHECK ((status = 'IN_PROGRESS') = (ended_at IS NULL)),
  CONSTRAINT "deployment_end_number" CHECK ((ended_at IS NULL) = (end_number IS NULL) AND (end_number IS NULL OR end_number > number)),
  CONSTRAINT "deployment_task" CHECK ((task IS NULL) = (task_execution_id IS NULL)),
  CONSTRAINT "deployment_restored" CHECK (operation_id IS NULL AND status <> 'REMOVED'
        OR operation_id IS NOT NULL AND task_execution_id IS NULL AND status IN ('SUCCEEDED', 'REMOVED', 'UNKNOWN')),
  CONSTRAINT "PK_ee1f952fc81f37c6fea69c2e248" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "deployment_environment" ON "deployment" ("environment_id", "number");
CREATE UNIQUE INDEX "deployment_place" ON "deployment" ("environment_id", "service_id", "number");
CREATE UNIQUE INDEX "deployment_newest" ON "deployment" ("environment_id", "service_id", "end_number") WHERE status IN ('SUCCEEDED', 'REMOVED');
CREATE UNIQUE INDEX "deployment_unsuccessful" ON "deployment" ("environment_id", "service_id", "end_number") WHERE status IN ('FAILED', 'UNKNOWN');
CREATE INDEX "deployment_newest_at" ON "deployment" ("environment_id", "service_id", "ended_at", "end_number") WHERE status IN ('SUCCEEDED', 'REMOVED');
CREATE INDEX "deployment_unsuccessful_at" ON "deployment" ("environment_id", "service_id", "ended_at", "end_number") WHERE status IN ('FAILED', 'UNKNOWN');
CREATE INDEX "deployment_in_progress" ON "deployment" ("environment_id", "service_id") WHERE status = 'IN_PROGRESS';
CREATE UNIQUE INDEX "deployment_end" ON "deployment" ("end_number") WHERE end_number IS NOT NULL;
CREATE INDEX "deployment_run" ON "deployment" ("run_id", "number");
CREATE INDEX "deployment_execution" ON "deployment" ("execution_id", "number");
CREATE UNIQUE INDEX "deployment_of_task" ON "deployment" ("task_execution_id", "service_id") WHERE status = 'IN_PROGRESS' AND task_execution_id IS NOT NULL;
CREATE UNIQUE INDEX "deployment_of_workflow" ON "deployment" ("execution_id", "attempt", "service_id") WHERE task_execution_id IS NULL AND operation_id IS NULL;
CREATE TABLE "deployed_image" (
  "deployment_id" uuid NOT NULL,
  "number" bigint NOT NULL,
  "service_id" uuid NOT NULL,
  "environment_id" uuid NOT NULL,
  "image" text NOT NULL,
  "image_hash" text NOT NULL,
  "repository" text NOT NULL,
  "repository_hash" text NOT NULL,
  "deployed_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  CONSTRAINT "PK_ccb688ecbf0ee943d1affc0f48e" PRIMARY KEY ("deployment_id")
);
CREATE UNIQUE INDEX "deployed_image_place" ON "deployed_image" ("environment_id", "service_id", "image_hash");
CREATE INDEX "deployed_image_image" ON "deployed_image" ("service_id", "image_hash", "number");
CREATE INDEX "deployed_image_newest" ON "deployed_image" ("service_id", "repository_hash", "deployed_at", "number");
CREATE TABLE "rollback" (
  "run_id" uuid NOT NULL,
  "environment_id" uuid,
  "services" jsonb NOT NULL,
  "failed_run_id" uuid,
  "time" TIMESTAMP(3) WITH TIME ZONE,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  CONSTRAINT "PK_f792422dcfd2f563d8fc8e36fb4" PRIMARY KEY ("run_id")
);
CREATE INDEX "rollback_failed_run" ON "rollback" ("failed_run_id") WHERE failed_run_id IS NOT NULL;
CREATE TABLE "observer" (
  "environment_id" uuid NOT NULL,
  "workflow_id" uuid NOT NULL,
  "source_revision_id" uuid NOT NULL,
  "revision_id" uuid,
  "every_seconds" integer,
  "next_at" TIMESTAMP(3) WITH TIME ZONE,
  "requested_by" jsonb,
  "last_at" TIMESTAMP(3) WITH TIME ZONE,
  "last_outcome" text,
  "last_reason" text,
  "last_execution_id" uuid,
  "observed_at" TIMESTAMP(3) WITH TIME ZONE,
  CONSTRAINT "observer_outcome" CHECK (last_outcome IN ('SUCCEEDED', 'FAILED', 'SKIPPED')),
  CONSTRAINT "PK_65530f2e84ad81556be54c36347" PRIMARY KEY ("environment_id", "workflow_id")
);
CREATE INDEX "observer_next" ON "observer" ("next_at") WHERE next_at IS NOT NULL;
CREATE TABLE "observation" (
  "execution_id" uuid NOT NULL,
  "environment_id" uuid NOT NULL,
  "workflow_id" uuid NOT NULL,
  "started_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "ended_at" TIMESTAMP(3) WITH TIME ZONE,
  CONSTRAINT "PK_8ab811745aba5f767de1b1681ba" PRIMARY KEY ("execution_id")
);
CREATE UNIQUE INDEX "observation_open" ON "observation" ("environment_id") WHERE ended_at IS NULL;
CREATE INDEX "observation_newest" ON "observation" ("environment_id", "workflow_id", "started_at");
CREATE TABLE "observed_service" (
  "environment_id" uuid NOT NULL,
  "service_id" uuid NOT NULL,
  "image" text,
  "observed_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "execution_id" uuid NOT NULL,
  "deployment_id" uuid,
  "end_number" bigint,
  "drifted" boolean NOT NULL,
  CONSTRAINT "PK_e0e0b91fc2ce34dbc1d72afe04f" PRIMARY KEY ("environment_id", "service_id")
);
CREATE INDEX "observed_service_drifted" ON "observed_service" ("environment_id") WHERE drifted;
CREATE TABLE "rollback_request" (
  "id" uuid NOT NULL,
  "run_id" uuid NOT NULL,
  "attempt" integer NOT NULL,
  "stage_index" integer NOT NULL,
  "requested_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "done_at" TIMESTAMP(3) WITH TIME ZONE,
  CONSTRAINT "rollback_request_stage" UNIQUE ("run_id", "attempt", "stage_index"),
  CONSTRAINT "PK_5bad530a23aca09b51bb9a8cee8" PRIMARY KEY ("id")
);
CREATE INDEX "rollback_request_open" ON "rollback_request" ("requested_at") WHERE done_at IS NULL;
CREATE TABLE "restore_point" (
  "id" uuid NOT NULL,
  "run_id" uuid NOT NULL,
  "attempt" integer NOT NULL,
  "last_deployment" bigint NOT NULL,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "created_by" jsonb NOT NULL,
  CONSTRAINT "PK_506140808f97304fc89c8f3b88e" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "restore_point_of_run" ON "restore_point" ("run_id", "attempt");
CREATE TABLE "operation" (
  "id" uuid NOT NULL,
  "run_id" uuid NOT NULL,
  "kind" text NOT NULL,
  "status" text NOT NULL,
  "restore_point_id" uuid,
  "attempt" integer,
  "actor" jsonb NOT NULL,
  "debug" boolean NOT NULL,
  "conflicts_confirmed" boolean NOT NULL,
  "before" jsonb NOT NULL,
  "step" integer NOT NULL,
  "started_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "deadline_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "ended_at" TIMESTAMP(3) WITH TIME ZONE,
  "error_code" text,
  "error_message" text,
  CONSTRAINT "operation_kind" CHECK (kind IN ('EXTEND', 'RESTORE')),
  CONSTRAINT "operation_status" CHECK (status IN ('RUNNING', 'SUCCESS', 'FAILED', 'CANCELLED')),
  CONSTRAINT "operation_ended" CHECK ((ended_at IS NULL) = (status IN ('RUNNING'))),
  CONSTRAINT "operation_attempt" CHECK ((attempt IS NULL) = (status <> 'SUCCESS')),
  CONSTRAINT "operation_error" CHECK (status = 'RUNNING' OR (error_code IS NULL) = (status = 'SUCCESS')),
  CONSTRAINT "PK_18556ee6e49c005fc108078f3ab" PRIMARY KEY ("id")
);
CREATE INDEX "operation_of_run" ON "operation" ("run_id", "started_at", "id");
CREATE UNIQUE INDEX "operation_running" ON "operation" ("run_id") WHERE status = 'RUNNING';
CREATE UNIQUE INDEX "operation_consumed" ON "operation" ("restore_point_id") WHERE kind = 'RESTORE' AND status = 'SUCCESS';
CREATE TABLE "operation_task" (
  "operation_id" uuid NOT NULL,
  "task_execution_id" uuid NOT NULL,
  "step" integer NOT NULL,
  CONSTRAINT "PK_cd62bc497a03f94da9a7c0318f7" PRIMARY KEY ("operation_id", "task_execution_id")
);
CREATE INDEX "operation_task_task" ON "operation_task" ("task_execution_id");
CREATE TABLE "operation_log" (
  "operation_id" uuid NOT NULL,
  "number" integer NOT NULL,
  "at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "level" text NOT NULL,
  "message" text NOT NULL,
  CONSTRAINT "operation_log_level" CHECK (level IN ('DEBUG', 'INFO', 'ERROR')),
  CONSTRAINT "PK_3e57bb76d173b0cff1f55c24700" PRIMARY KEY ("operation_id", "number")
);
CREATE TABLE "audit_record" (
  "id" uuid NOT NULL,
  "at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "actor_kind" text NOT NULL,
  "actor_id" text NOT NULL,
  "actor_name" text NOT NULL,
  "actor_person_id" text,
  "address" text,
  "request_id" text,
  "action" text NOT NULL,
  "outcome" text NOT NULL,
  "code" text,
  "object_kind" text,
  "object_id" text,
  "object_name" text,
  "application_id" text,
  "input" jsonb,
  "before" jsonb,
  "after" jsonb,
  CONSTRAINT "audit_record_outcome" CHECK (outcome IN ('ALLOWED', 'REFUSED')),
  CONSTRAINT "audit_record_code" CHECK ((code IS NULL) = (outcome = 'ALLOWED')),
  CONSTRAINT "PK_2c07dcda4cbae68f1cbbe6d7426" PRIMARY KEY ("id")
);
CREATE INDEX "audit_record_time" ON "audit_record" ("at", "id");
CREATE INDEX "audit_record_of_actor" ON "audit_record" ("actor_id", "at", "id");
CREATE INDEX "audit_record_of_object" ON "audit_record" ("object_id", "at", "id");
CREATE INDEX "audit_record_of_application" ON "audit_record" ("application_id", "at", "id");
CREATE TABLE "audit_link" (
  "sequence" bigint NOT NULL,
  "record_id" uuid NOT NULL,
  "previous_hash" text NOT NULL,
  "hash" text NOT NULL,
  CONSTRAINT "audit_link_record" UNIQUE ("record_id"),
  CONSTRAINT "PK_3616b897831df0de28f3e0a01a7" PRIMARY KEY ("sequence")
);
CREATE TABLE "audit_unsealed" (
  "record_id" uuid NOT NULL,
  CONSTRAINT "PK_70d50c3285622dfac3f0f8eabab" PRIMARY KEY ("record_id")
);
CREATE TABLE "shared_count" (
  "key" text NOT NULL,
  "points" integer NOT NULL,
  "expire" bigint,
  CONSTRAINT "PK_df7b1d7ffe64925ca623500cf9f" PRIMARY KEY ("key")
);
CREATE TABLE "signing_key" (
  "id" integer NOT NULL,
  "bytes" bytea NOT NULL,
  CONSTRAINT "signing_key_one" CHECK (id = 1),
  CONSTRAINT "PK_5cc161da020c79bb3ac9953edae" PRIMARY KEY ("id")
);
CREATE TABLE "event_subscription" (
  "id" uuid NOT NULL,
  "name" text NOT NULL,
  "application_id" uuid,
  "format" text NOT NULL,
  "address" text NOT NULL,
  "filter" jsonb NOT NULL,
  "repository" text,
  "commit" text,
  "token_secret" text,
  "enabled" boolean NOT NULL,
  "off_code" text,
  "off_reason" text,
  "off_at" TIMESTAMP(3) WITH TIME ZONE,
  "owner_kind" text NOT NULL,
  "owner_id" text NOT NULL,
  "owner_name" text NOT NULL,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "created_by" text,
  "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "deleted_at" TIMESTAMP(3) WITH TIME ZONE,
  CONSTRAINT "event_subscription_format" CHECK (format IN ('CLOUDEVENTS', 'SLACK', 'TEAMS', 'GITHUB', 'GITLAB')),
  CONSTRAINT "event_subscription_off" CHECK (enabled = (off_code IS NULL) AND enabled = (off_at IS NULL)),
  CONSTRAINT "PK_30cfa3a4d386691fef4c5995085" PRIMARY KEY ("id")
);
CREATE INDEX "event_subscription_name" ON "event_subscription" ("name", "id") WHERE deleted_at IS NULL;
CREATE TABLE "event_subscription_state" (
  "subscription_id" uuid NOT NULL,
  "key_id" text NOT NULL,
  "sealed" bytea NOT NULL,
  "sealed_version" integer NOT NULL,
  "transaction_id" bigint NOT NULL,
  "run_id" uuid NOT NULL,
  "sequence" integer NOT NULL,
  "replay" jsonb,
  "leased_by" uuid,
  "leased_until" TIMESTAMP(3) WITH TIME ZONE,
  "failing_since" TIMESTAMP(3) WITH TIME ZONE,
  "held_until" TIMESTAMP(3) WITH TIME ZONE,
  CONSTRAINT "PK_14a7d81f12c931213a8adc3557e" PRIMARY KEY ("subscription_id")
);
CREATE TABLE "event_delivery" (
  "id" uuid NOT NULL,
  "subscription_id" uuid NOT NULL,
  "run_id" uuid NOT NULL,
  "sequence" integer NOT NULL,
  "execution_id" uuid NOT NULL,
  "transaction_id" bigint NOT NULL,
  "type" text NOT NULL,
  "state" text NOT NULL,
  "due_at" TIMESTAMP(3) WITH TIME ZONE,
  "attempts" integer NOT NULL,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "first_attempt_at" TIMESTAMP(3) WITH TIME ZONE,
  "last_attempt_at" TIMESTAMP(3) WITH TIME ZONE,
  "give_up_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "ended_at" TIMESTAMP(3) WITH TIME ZONE,
  "response_status" integer,
  "error_code" text,
  "error" text,
  "duration_ms" integer,
  CONSTRAINT "event_delivery_state" CHECK (state IN ('PENDING', 'DELIVERED', 'FAILED', 'SKIPPED')),
  CONSTRAINT "event_delivery_due_pending" CHECK (due_at IS NULL OR state = 'PENDING'),
  CONSTRAINT "event_delivery_ended_final" CHECK ((ended_at IS NULL) = (state = 'PENDING')),
  CONSTRAINT "PK_cf3a43c27b8bcb66ddac6f3126b" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "event_delivery_event" ON "event_delivery" ("subscription_id", "run_id", "sequence");
CREATE INDEX "event_delivery_pending" ON "event_delivery" ("subscription_id", "run_id", "sequence") WHERE state = 'PENDING';
CREATE INDEX "event_delivery_due" ON "event_delivery" ("subscription_id", "due_at") WHERE due_at IS NOT NULL;
CREATE INDEX "event_delivery_due_run" ON "event_delivery" ("subscription_id", "run_id") WHERE due_at IS NOT NULL;
CREATE INDEX "event_delivery_newest" ON "event_delivery" ("subscription_id", "transaction_id", "run_id", "sequence");
CREATE INDEX "event_delivery_ended" ON "event_delivery" ("ended_at") WHERE ended_at IS NOT NULL;
CREATE TABLE "trust_rule" (
  "id" uuid NOT NULL,
  "name" text NOT NULL,
  "issuer" text NOT NULL,
  "audience" text NOT NULL,
  "subject" text NOT NULL,
  "claims" jsonb NOT NULL,
  "user_group_ids" uuid array NOT NULL,
  "application_ids" uuid array,
  "lifetime_seconds" integer NOT NULL,
  "enabled" boolean NOT NULL,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "created_by" text,
  "updated_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "last_used_at" TIMESTAMP(3) WITH TIME ZONE,
  CONSTRAINT "trust_rule_name" UNIQUE ("name"),
  CONSTRAINT "PK_2025737070cec407c40b107b169" PRIMARY KEY ("id")
);
CREATE INDEX "trust_rule_issuer" ON "trust_rule" ("issuer");
CREATE TABLE "exchanged_token" (
  "token_hash" text NOT NULL,
  "exchanged_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  CONSTRAINT "PK_ac51298b90a5b27865b71fca4a4" PRIMARY KEY ("token_hash")
);
CREATE TABLE "user_session" (
  "id" uuid NOT NULL,
  "user_id" uuid NOT NULL,
  "prefix" text NOT NULL,
  "secret_hash" text NOT NULL,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "expires_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  CONSTRAINT "user_session_prefix" UNIQUE ("prefix"),
  CONSTRAINT "PK_adf3b49590842ac3cf54cac451a" PRIMARY KEY ("id")
);
CREATE INDEX "user_session_user" ON "user_session" ("user_id");
CREATE INDEX "user_session_expiry" ON "user_session" ("expires_at");
CREATE TABLE "registered_operation" (
  "hash" text NOT NULL,
  "names" text array NOT NULL,
  "text" text NOT NULL,
  "created_at" TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  "created_by" text,
  CONSTRAINT "PK_b4e3ae0698fd170d068dc84c355" PRIMARY KEY ("hash")
);
ALTER TABLE "user_group_member" ADD CONSTRAINT "FK_93a80d12bf0cfa721b3e1d1e0ba" FOREIGN KEY ("user_id") REFERENCES "user_account"("id") ON DELETE CASCADE ON UPDATE NO ACTION;
ALTER TABLE "user_group_member" ADD CONSTRAINT "FK_42aa81e135f5b7d626d3825ab51" FOREIGN KEY ("group_id") REFERENCES "user_group"("id") ON DELETE CASCADE ON UPDATE NO ACTION;
ALTER TABLE "user_group_permission" ADD CONSTRAINT "FK_a26c366b81deab243e1082a8ba0" FOREIGN KEY ("group_id") REFERENCES "user_group"("id") ON DELETE CASCADE ON UPDATE NO ACTION;
ALTER TABLE "api_key" ADD CONSTRAINT "FK_b11eedeb1df210081677dbf8687" FOREIGN KEY ("owner_id") REFERENCES "user_account"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "api_key_user_group" ADD CONSTRAINT "FK_354bda01c7ddc31356dbf235cc6" FOREIGN KEY ("api_key_id") REFERENCES "api_key"("id") ON DELETE CASCADE ON UPDATE NO ACTION;
ALTER TABLE "api_key_user_group" ADD CONSTRAINT "FK_c34819cd18825ac36f2df8b5455" FOREIGN KEY ("group_id") REFERENCES "user_group"("id") ON DELETE CASCADE ON UPDATE NO ACTION;
ALTER TABLE "agent" ADD CONSTRAINT "FK_afcbb98ef4ccabeb230213c0d56" FOREIGN KEY ("label_set_id") REFERENCES "label_set"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "agent" ADD CONSTRAINT "FK_05d82e6a18f93b821fa899dd899" FOREIGN KEY ("token_id") REFERENCES "agent_token"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "environment" ADD CONSTRAINT "FK_360e5c4a6525a6420f8aa575b75" FOREIGN KEY ("application_id") REFERENCES "application"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "environment_values" ADD CONSTRAINT "FK_3d2345fcab465b660260a7c235c" FOREIGN KEY ("environment_id") REFERENCES "environment"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "service" ADD CONSTRAINT "FK_3f08aa3ee783973df7b523521c1" FOREIGN KEY ("application_id") REFERENCES "application"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "secret" ADD CONSTRAINT "FK_c42e5f43337e2655d266e2f85ff" FOREIGN KEY ("application_id") REFERENCES "application"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "secret" ADD CONSTRAINT "FK_adf91a5de41eac2a86093da4528" FOREIGN KEY ("environment_id") REFERENCES "environment"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "freeze_version" ADD CONSTRAINT "FK_68d37698b514aa8f90a78e14b7d" FOREIGN KEY ("freeze_id") REFERENCES "deployment_freeze"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "start_trigger" ADD CONSTRAINT "FK_817aab9fa02575d94878b4e13c5" FOREIGN KEY ("application_id") REFERENCES "application"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "start_trigger_version" ADD CONSTRAINT "FK_4291624625066921ed252f93825" FOREIGN KEY ("trigger_id") REFERENCES "start_trigger"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "trigger_hook" ADD CONSTRAINT "FK_0d7d214997de75c137c2a367314" FOREIGN KEY ("trigger_id") REFERENCES "start_trigger"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "trigger_firing" ADD CONSTRAINT "FK_86e3e082aabaf9f491114b709a6" FOREIGN KEY ("trigger_id") REFERENCES "start_trigger"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "template" ADD CONSTRAINT "FK_0a2877c0f6e1a14a6d5f6d43f5d" FOREIGN KEY ("application_id") REFERENCES "application"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "template_revision" ADD CONSTRAINT "FK_4c323f1a45f44df4995f13a2cf4" FOREIGN KEY ("entity_id") REFERENCES "template"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "tag_link" ADD CONSTRAINT "FK_f5cf0985d5a1a4a210f42b90941" FOREIGN KEY ("tag_id") REFERENCES "tag"("id") ON DELETE CASCADE ON UPDATE NO ACTION;
ALTER TABLE "workflow" ADD CONSTRAINT "FK_b474da31b0fbc9fd91eb746b51e" FOREIGN KEY ("application_id") REFERENCES "application"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "workflow_revision" ADD CONSTRAINT "FK_a950087c24f7ca3c3d1469c7cd4" FOREIGN KEY ("entity_id") REFERENCES "workflow"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "pipeline" ADD CONSTRAINT "FK_99c3886b41703c56033c5ecb204" FOREIGN KEY ("application_id") REFERENCES "application"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "pipeline_revision" ADD CONSTRAINT "FK_d879b7ba8d088ccd2892120d57f" FOREIGN KEY ("entity_id") REFERENCES "pipeline"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "execution" ADD CONSTRAINT "FK_0f304a1b1c7f00d8674def28771" FOREIGN KEY ("application_id") REFERENCES "application"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "execution" ADD CONSTRAINT "FK_f7f7348bb6da87d7c815050e256" FOREIGN KEY ("environment_id") REFERENCES "environment"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "idempotency_key" ADD CONSTRAINT "FK_c1143863cb2f3d41e68213fd93b" FOREIGN KEY ("execution_id") REFERENCES "execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "execution_attempt" ADD CONSTRAINT "FK_5dd879d5af0654569985f4c73ba" FOREIGN KEY ("execution_id") REFERENCES "execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "stage_execution" ADD CONSTRAINT "FK_f60937c87f7582493454f4f5111" FOREIGN KEY ("execution_id") REFERENCES "execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "task_execution" ADD CONSTRAINT "FK_0a1bc561365fc7ea2ef5363cb84" FOREIGN KEY ("execution_id") REFERENCES "execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "attempt_element" ADD CONSTRAINT "FK_5b44d3b510222bf418df4bcb65b" FOREIGN KEY ("execution_id") REFERENCES "execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "attempt_element" ADD CONSTRAINT "FK_08d32f2f50961903198df3ed804" FOREIGN KEY ("stage_execution_id") REFERENCES "stage_execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "detached_task" ADD CONSTRAINT "FK_08cb4324da52711f20f25079591" FOREIGN KEY ("task_id") REFERENCES "task_execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "detached_task" ADD CONSTRAINT "FK_41e8ecd9e424ad8a375dc0dd60d" FOREIGN KEY ("failed_task_id") REFERENCES "task_execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "execution_variable" ADD CONSTRAINT "FK_c94fec1703300f614e8938a5732" FOREIGN KEY ("task_execution_id") REFERENCES "task_execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "task_gate" ADD CONSTRAINT "FK_7fd7ae481c0db585ee2d5b26a4f" FOREIGN KEY ("execution_id") REFERENCES "execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "approval" ADD CONSTRAINT "FK_5d923b538c3db1c786501a60403" FOREIGN KEY ("execution_id") REFERENCES "execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "approval" ADD CONSTRAINT "FK_2ff66062fad8ebeaaaebf0bc954" FOREIGN KEY ("stage_execution_id") REFERENCES "stage_execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "approval" ADD CONSTRAINT "FK_a0335fc37ee4e71d4699aa791cc" FOREIGN KEY ("task_execution_id") REFERENCES "task_execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "approval_vote" ADD CONSTRAINT "FK_921b2cbb9bd2cc9e0ac4bc2fd1b" FOREIGN KEY ("approval_id") REFERENCES "approval"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "job" ADD CONSTRAINT "FK_03509037af609fc3e0c6103deec" FOREIGN KEY ("task_execution_id") REFERENCES "task_execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "label_match" ADD CONSTRAINT "FK_66cecee740dde288c08cd1cd39a" FOREIGN KEY ("label_set_id") REFERENCES "label_set"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "label_match" ADD CONSTRAINT "FK_cbb8293ae48d1d9b04a58b17e44" FOREIGN KEY ("requirement_class_id") REFERENCES "requirement_class"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "artifact" ADD CONSTRAINT "FK_47a6732174b00f67aba6cfd1a5f" FOREIGN KEY ("job_id") REFERENCES "job"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "job_report" ADD CONSTRAINT "FK_9c91e65baa21dd0f61b502fa01b" FOREIGN KEY ("job_id") REFERENCES "job"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "cache_entry" ADD CONSTRAINT "FK_95a47d1136821fe4b3f535f7fd7" FOREIGN KEY ("application_id") REFERENCES "application"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "deployment" ADD CONSTRAINT "FK_0c8f5af825bd114e7fa76457c73" FOREIGN KEY ("environment_id") REFERENCES "environment"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "deployment" ADD CONSTRAINT "FK_4da48695bfc65440efbf559a66b" FOREIGN KEY ("service_id") REFERENCES "service"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "deployment" ADD CONSTRAINT "FK_abf8804a1b1de58b5d787f96a47" FOREIGN KEY ("execution_id") REFERENCES "execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "deployment" ADD CONSTRAINT "FK_6ee40fde0869d3804a0b687c396" FOREIGN KEY ("run_id") REFERENCES "execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "deployment" ADD CONSTRAINT "FK_64a3d189306734155b2352fbf13" FOREIGN KEY ("task_execution_id") REFERENCES "task_execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "deployment" ADD CONSTRAINT "FK_3bebaf5717227d96e34b284bfc8" FOREIGN KEY ("operation_id") REFERENCES "operation"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "deployed_image" ADD CONSTRAINT "FK_ccb688ecbf0ee943d1affc0f48e" FOREIGN KEY ("deployment_id") REFERENCES "deployment"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "deployed_image" ADD CONSTRAINT "FK_4998654a74730391c30df4c4de6" FOREIGN KEY ("service_id") REFERENCES "service"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "deployed_image" ADD CONSTRAINT "FK_5cacfc8cef4b53f53088c1441c2" FOREIGN KEY ("environment_id") REFERENCES "environment"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "rollback" ADD CONSTRAINT "FK_f792422dcfd2f563d8fc8e36fb4" FOREIGN KEY ("run_id") REFERENCES "execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "rollback" ADD CONSTRAINT "FK_93c7be0b07313dd3424243adc20" FOREIGN KEY ("failed_run_id") REFERENCES "execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "rollback" ADD CONSTRAINT "FK_902947742635529ee9ba30a756e" FOREIGN KEY ("environment_id") REFERENCES "environment"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "observer" ADD CONSTRAINT "FK_b5abeb03f3fa25cab258322f6fe" FOREIGN KEY ("environment_id") REFERENCES "environment"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "observer" ADD CONSTRAINT "FK_3e5e7688805abf519fed80dd537" FOREIGN KEY ("workflow_id") REFERENCES "workflow"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "observation" ADD CONSTRAINT "FK_8ab811745aba5f767de1b1681ba" FOREIGN KEY ("execution_id") REFERENCES "execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "observed_service" ADD CONSTRAINT "FK_de6213d568b7bb656f83edceaa1" FOREIGN KEY ("environment_id") REFERENCES "environment"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "observed_service" ADD CONSTRAINT "FK_9ae46279508cfce150b0debb733" FOREIGN KEY ("service_id") REFERENCES "service"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "rollback_request" ADD CONSTRAINT "FK_5e319f22a82cd9eb34bd66ad485" FOREIGN KEY ("run_id") REFERENCES "execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "restore_point" ADD CONSTRAINT "FK_866236ee938df2676cd8213458f" FOREIGN KEY ("run_id") REFERENCES "execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "operation" ADD CONSTRAINT "FK_7ba3238d277da1fb7895d043a69" FOREIGN KEY ("run_id") REFERENCES "execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "operation" ADD CONSTRAINT "FK_4c2fa457ffae0625fe9148c5765" FOREIGN KEY ("restore_point_id") REFERENCES "restore_point"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "operation_task" ADD CONSTRAINT "FK_779648073aa32b57e36066c563a" FOREIGN KEY ("operation_id") REFERENCES "operation"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "operation_task" ADD CONSTRAINT "FK_fdc7ca2338f9811f8de07942531" FOREIGN KEY ("task_execution_id") REFERENCES "task_execution"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "operation_log" ADD CONSTRAINT "FK_b36519c3cf5f9466c04d9568795" FOREIGN KEY ("operation_id") REFERENCES "operation"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "audit_link" ADD CONSTRAINT "FK_dfd6f694891b0b23b7ac388e3da" FOREIGN KEY ("record_id") REFERENCES "audit_record"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "event_subscription" ADD CONSTRAINT "FK_fd4ad0642e788a5bd72e2039b72" FOREIGN KEY ("application_id") REFERENCES "application"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "event_subscription_state" ADD CONSTRAINT "FK_14a7d81f12c931213a8adc3557e" FOREIGN KEY ("subscription_id") REFERENCES "event_subscription"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "event_delivery" ADD CONSTRAINT "FK_fa646c162e34cbec66a3c4ec198" FOREIGN KEY ("subscription_id") REFERENCES "event_subscription"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "user_session" ADD CONSTRAINT "FK_13275383dcdf095ee29f2b3455a" FOREIGN KEY ("user_id") REFERENCES "user_account"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;

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
`;

const down = `
DROP TABLE
  user_account,
  user_group,
  user_group_member,
  user_group_permission,
  api_key,
  api_key_user_group,
  rights_version,
  agent,
  agent_token,
  agent_sample,
  application,
  environment,
  environment_values,
  service,
  secret,
  deployment_freeze,
  freeze_version,
  start_trigger,
  start_trigger_version,
  trigger_hook,
  trigger_firing,
  template,
  template_revision,
  tag,
  tag_link,
  workflow,
  workflow_revision,
  pipeline,
  pipeline_revision,
  execution,
  idempotency_key,
  slot,
  slot_request,
  begin_wait,
  execution_attempt,
  stage_execution,
  task_execution,
  attempt_element,
  detached_task,
  task_dependency,
  execution_variable,
  task_gate,
  execution_environment,
  execution_service,
  execution_event,
  event_horizon,
  approval,
  approval_vote,
  job,
  ready_job,
  queue_pause,
  queue_setting,
  requirement_class,
  label_set,
  label_match,
  job_lease,
  log_chunk,
  job_log,
  artifact,
  job_report,
  stored_content,
  cache_entry,
  execution_export,
  deployment,
  deployed_image,
  rollback,
  observer,
  observation,
  observed_service,
  rollback_request,
  restore_point,
  operation,
  operation_task,
  operation_log,
  audit_record,
  audit_link,
  audit_unsealed,
  shared_count,
  signing_key,
  event_subscription,
  event_subscription_state,
  event_delivery,
  trust_rule,
  exchanged_token,
  user_session,
  registered_operation
CASCADE;
DROP SEQUENCE queue_time;
DROP FUNCTION refuse_change;
DROP FUNCTION hold_application;
DROP FUNCTION refuse_change_of_ended_attempt;
DROP FUNCTION refuse_deletion_of_history;
DROP FUNCTION waiting_ahead;
DROP FUNCTION wanted_slots;
DROP FUNCTION move_slots;
DROP FUNCTION record_environment_values;
DROP FUNCTION record_freeze_version;
DROP FUNCTION log_chunk_before;
DROP FUNCTION rebind_jobs;
DROP FUNCTION rebind_environment;
DROP FUNCTION rebind_secret;
DROP FUNCTION fire_triggers_at_end;
`;
