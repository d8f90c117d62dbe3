import type { Action, AppPermissionType, EntityAction, EnvironmentType } from './permission';

/** Environment that an object is aimed at. The name is for messages only. */
export interface Target {
  readonly id: string;
  readonly type: EnvironmentType;
  readonly name?: string;
}

/**
 * Kinds of objects that rights apply to, with the facts that decide. Any row with these properties works.
 * `environments` are the targets as `targets.store.ts` reads them.
 */
export interface SubjectRows {
  readonly Application: { readonly id: string };
  readonly Environment: { readonly id: string; readonly applicationId: string; readonly type: EnvironmentType };
  readonly Service: { readonly id: string; readonly applicationId: string };
  readonly Workflow: Aimed & {
    /** True if the pipeline or the start gives its environment. */
    readonly template: boolean;
  };
  readonly Pipeline: Aimed;
  readonly Execution: Aimed & {
    readonly kind: 'PIPELINE' | 'WORKFLOW';
    readonly parentStageExecutionId: string | null;
  };
}

interface Aimed {
  readonly id: string;
  readonly applicationId: string;
  readonly environments: readonly Target[];
}

export type SubjectType = keyof SubjectRows;

/**
 * Actions that can be checked for each kind. No application permission creates applications, so they have no CREATE.
 */
export interface SubjectActions {
  readonly Application: 'READ' | 'UPDATE' | 'DELETE';
  readonly Environment: EntityAction;
  readonly Service: EntityAction;
  readonly Workflow: EntityAction | 'EXECUTE_WORKFLOW' | 'OVERRIDE_FREEZE';
  readonly Pipeline: EntityAction | 'EXECUTE_PIPELINE' | 'OVERRIDE_FREEZE';
  readonly Execution:
    | 'READ'
    | 'EXECUTE_PIPELINE'
    | 'EXECUTE_WORKFLOW'
    | 'ROLLBACK_WORKFLOW'
    | 'ABORT_WORKFLOW'
    | 'OVERRIDE_FREEZE';
}

/** Permission type that grants entity actions on a kind; the deployment actions always come from DEPLOYMENT. */
export const permissionTypeOf: Readonly<Record<SubjectType, AppPermissionType>> = {
  Application: 'ALL',
  Environment: 'ENV',
  Service: 'SERVICE',
  Workflow: 'WORKFLOW',
  Pipeline: 'PIPELINE',
  Execution: 'DEPLOYMENT',
};

/**
 * Subject of rules: an object at one of its targets. All values are plain, so that SQL and memory can’t interpret them
 * differently.
 */
export type Facts = Readonly<Record<string, string | boolean | null>> & { readonly kind: SubjectType };

/** SQL expression of a fact, given the alias of the object’s table. A fact without an entry can’t be used in SQL. */
export interface SqlFact {
  readonly type: 'uuid' | 'text' | 'boolean';
  readonly sql: (alias: string) => string;
}

interface SubjectSpec<Row> {
  readonly applicationId: (row: Row) => string;
  /** Written out for each kind: making these objects is most of the cost of a decision. */
  readonly facts: (row: Row, target: Target | undefined) => Facts;
  /** Undefined for kinds that are not aimed at environments. */
  readonly targets?: (row: Row) => readonly Target[];
  readonly sqlFacts: Readonly<Record<string, SqlFact>>;
  /** The same targets, in SQL. */
  readonly sqlTargets?: SqlTargets;
}

/**
 * Environments that a row is aimed at, as a subquery in which `target` is the environment. References to the row are in
 * `where` alone: then PostgreSQL can turn "has a target that …" into a join instead of evaluating it for each row.
 */
export interface SqlTargets {
  readonly from: string;
  readonly where: (alias: string) => string;
}

/** The facts about one target, in that subquery. */
export const sqlTargetFacts: Readonly<Record<string, SqlFact>> = {
  environmentId: { type: 'uuid', sql: () => 'target.id' },
  environmentType: { type: 'text', sql: () => 'target.type' },
};

const column = (name: string, type: SqlFact['type']): SqlFact => ({ type, sql: (alias) => `${alias}.${name}` });
const id = column('id', 'uuid');
const applicationId = column('application_id', 'uuid');
const ofApplication = { applicationId: (row: { readonly applicationId: string }) => row.applicationId };
const aimed = { ...ofApplication, targets: (row: Aimed) => row.environments };

/**
 * Environment of a definition that the pipeline element or the start names. The same text as in
 * `workflows/workflow.ts`.
 */
const GIVEN = `'\${environment}'`;

/** The one environment that a workflow names. It is looked up by name each time, as when the workflow starts. */
export const workflowTargets: SqlTargets = {
  from: `workflow_revision target_revision
    JOIN environment target ON target.name = target_revision.definition->>'environment' AND target.deleted_at IS NULL`,
  where: (w) => `target_revision.id = ${w}.current_revision_id AND target.application_id = ${w}.application_id`,
};

/** Environments of all workflows of all stages, resolved as at a start (`engine/startPlan.ts`). */
export const pipelineTargets: SqlTargets = {
  from: `pipeline_revision target_pipeline
    CROSS JOIN LATERAL jsonb_path_query(target_pipeline.definition, '$.stages[*].elements[*] ? (@.type == "WORKFLOW")') target_element
    JOIN workflow target_workflow ON target_workflow.name = target_element->>'workflow' AND target_workflow.deleted_at IS NULL
    JOIN workflow_revision target_revision ON target_revision.id = target_workflow.current_revision_id
    JOIN environment target ON target.application_id = target_workflow.application_id AND target.deleted_at IS NULL
      AND target.name = CASE target_revision.definition->>'environment'
        WHEN ${GIVEN} THEN target_element->>'environment' ELSE target_revision.definition->>'environment' END`,
  where: (p) =>
    `target_pipeline.id = ${p}.current_revision_id AND target_workflow.application_id = ${p}.application_id`,
};

/**
 * Environments that an execution touches, known from its start. A workflow inside a pipeline without an environment of
 * its own (a build) belongs to every environment of the run: a caller who may see the run sees its build.
 */
export const executionTargets: SqlTargets = {
  from: 'execution_environment target_link JOIN environment target ON target.id = target_link.environment_id',
  where: (e) => `target_link.execution_id = CASE WHEN ${e}.environment_id IS NULL THEN ${e}.run_id ELSE ${e}.id END`,
};

/** True if a workflow is a template. */
export const isTemplate = (w: string): string =>
  `(SELECT revision.definition->>'environment' = ${GIVEN} FROM workflow_revision revision WHERE revision.id = ${w}.current_revision_id)`;

/** Standalone workflow, or a run of a pipeline, whose members count as the pipeline’s. */
const runKind = (row: SubjectRows['Execution']) => (row.parentStageExecutionId === null ? row.kind : 'PIPELINE');

export const subjects: { readonly [T in SubjectType]: SubjectSpec<SubjectRows[T]> } = {
  Application: {
    applicationId: (row) => row.id,
    facts: (row) => ({ kind: 'Application', applicationId: row.id }),
    sqlFacts: { applicationId: id },
  },
  Environment: {
    ...ofApplication,
    facts: (row) => ({
      kind: 'Environment',
      applicationId: row.applicationId,
      environmentId: row.id,
      environmentType: row.type,
    }),
    sqlFacts: { applicationId, environmentId: id, environmentType: column('type', 'text') },
  },
  Service: {
    ...ofApplication,
    facts: (row) => ({ kind: 'Service', applicationId: row.applicationId }),
    sqlFacts: { applicationId },
  },
  Workflow: {
    ...aimed,
    facts: (row, target) => ({
      kind: 'Workflow',
      applicationId: row.applicationId,
      template: row.template,
      environmentId: target?.id ?? null,
      environmentType: target?.type ?? null,
    }),
    sqlFacts: {
      applicationId,
      template: { type: 'boolean', sql: isTemplate },
    },
    sqlTargets: workflowTargets,
  },
  Pipeline: {
    ...aimed,
    facts: (row, target) => ({
      kind: 'Pipeline',
      applicationId: row.applicationId,
      environmentId: target?.id ?? null,
      environmentType: target?.type ?? null,
    }),
    sqlFacts: { applicationId },
    sqlTargets: pipelineTargets,
  },
  Execution: {
    ...aimed,
    facts: (row, target) => ({
      kind: 'Execution',
      applicationId: row.applicationId,
      runKind: runKind(row),
      environmentId: target?.id ?? null,
      environmentType: target?.type ?? null,
    }),
    sqlFacts: {
      applicationId,
      runKind: {
        type: 'text',
        sql: (e) => `CASE WHEN ${e}.parent_stage_execution_id IS NULL THEN ${e}.kind ELSE 'PIPELINE' END`,
      },
    },
    sqlTargets: executionTargets,
  },
};

/** READ needs any one of an object’s targets, every other action needs all of them. */
export const asksForAnyTarget = (action: Action): boolean => action === 'READ';
