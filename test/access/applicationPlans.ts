import fc from 'fast-check';
import type { SubjectRows, SubjectType, Target } from '../../src/access/subjects';
import type { Database } from '../../src/kernel/database/database';
import { newId } from '../../src/kernel/ids';

/**
 * Applications with their contents as plain numbers that fast-check can shrink. Names are positions: `e0` is the first
 * environment.
 */
export interface Plan {
  readonly applications: readonly {
    readonly environments: readonly { readonly prod: boolean; readonly deleted: boolean }[];
    readonly services: number;
    /** Environment of a workflow: none, a position (which may not exist), or the given one. */
    readonly workflows: readonly (number | 'NONE' | 'GIVEN')[];
    /** Elements: the position of a workflow, and the environment that it gets. */
    readonly pipelines: readonly (readonly { readonly workflow: number; readonly environment: number | null }[])[];
    /** A run with its environments, and its members, each with at most one environment. */
    readonly runs: readonly {
      readonly environments: readonly number[];
      readonly members: readonly (number | null)[];
    }[];
    readonly alone: readonly (number | null)[];
  }[];
}

const position = fc.nat({ max: 2 });
const orNull = fc.option(position, { nil: null });

export const planArbitrary: fc.Arbitrary<Plan> = fc.record({
  applications: fc.array(
    fc.record({
      environments: fc.array(fc.record({ prod: fc.boolean(), deleted: fc.nat({ max: 4 }).map((n) => n === 0) }), {
        minLength: 1,
        maxLength: 3,
      }),
      services: fc.nat({ max: 2 }),
      workflows: fc.array(fc.oneof(position, fc.constantFrom('NONE' as const, 'GIVEN' as const)), { maxLength: 3 }),
      pipelines: fc.array(fc.array(fc.record({ workflow: position, environment: orNull }), { maxLength: 3 }), {
        maxLength: 3,
      }),
      runs: fc.array(
        fc.record({ environments: fc.uniqueArray(position), members: fc.array(orNull, { maxLength: 2 }) }),
        {
          maxLength: 3,
        },
      ),
      alone: fc.array(orNull, { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

export type World = { readonly [T in SubjectType]: SubjectRows[T][] };

/** Writes the rows of a plan, and computes the expected results in JavaScript, without the SQL under test. */
export async function createWorld(database: Database, plan: Plan): Promise<World> {
  const world: World = { Application: [], Environment: [], Service: [], Workflow: [], Pipeline: [], Execution: [] };
  const rows = new Map<string, Record<string, unknown>[]>();
  const at = new Date();
  const put = (table: string, row: Record<string, unknown>) => rows.set(table, [...(rows.get(table) ?? []), row]);
  const made = { description: null, created_at: at, created_by: null, updated_at: at, deleted_at: null };
  for (const application of plan.applications) {
    const applicationId = newId();
    put('application', { id: applicationId, name: `a${applicationId}`, ...made });
    world.Application.push({ id: applicationId });
    const environments = application.environments.map(({ prod, deleted }, index) => {
      const row = {
        id: newId(),
        applicationId,
        name: `e${index}`,
        type: prod ? ('PROD' as const) : ('NON_PROD' as const),
        deleted,
      };
      put('environment', {
        ...made,
        id: row.id,
        application_id: applicationId,
        name: row.name,
        type: row.type,
        variables: {},
        deleted_at: deleted ? at : null,
      });
      world.Environment.push(row);
      return row;
    });
    const target = (index: number | null): Target[] => {
      const found = index === null ? undefined : environments[index];
      return found === undefined ? [] : [{ id: found.id, type: found.type }];
    };
    const living = (index: number | null) => (index !== null && environments[index]?.deleted ? [] : target(index));
    for (let index = 0; index < application.services; index++) {
      const id = newId();
      put('service', { ...made, id, application_id: applicationId, name: `s${index}` });
      world.Service.push({ id, applicationId });
    }
    const define = (kind: 'workflow' | 'pipeline', name: string, definition: unknown): string => {
      const id = newId();
      const revisionId = newId();
      put(kind, { ...made, id, application_id: applicationId, name, current_revision_id: revisionId });
      put(`${kind}_revision`, {
        id: revisionId,
        entity_id: id,
        number: 1,
        content_hash: '',
        definition,
        created_at: at,
        created_by: null,
      });
      return id;
    };
    application.workflows.forEach((environment, index) => {
      const named = environment === 'NONE' ? null : environment === 'GIVEN' ? '$' + '{environment}' : `e${environment}`;
      const id = define('workflow', `w${index}`, { environment: named });
      const targets = typeof environment === 'number' ? living(environment) : [];
      world.Workflow.push({ id, applicationId, environments: targets, template: environment === 'GIVEN' });
    });
    application.pipelines.forEach((elements, index) => {
      const stages = elements.map(({ workflow, environment }) => ({
        elements: [
          { type: 'APPROVAL', name: 'go' },
          { type: 'WORKFLOW', workflow: `w${workflow}`, environment: environment === null ? null : `e${environment}` },
        ],
      }));
      const targets = elements.flatMap(({ workflow, environment }) => {
        const own = application.workflows[workflow];
        return own === 'GIVEN' ? living(environment) : typeof own === 'number' ? living(own) : [];
      });
      const id = define('pipeline', `p${index}`, { stages });
      world.Pipeline.push({ id, applicationId, environments: distinct(targets) });
    });
    const execute = (kind: 'PIPELINE' | 'WORKFLOW', runId: string | null, targets: Target[], own: string | null) => {
      const id = newId();
      const parent = runId === null ? null : newId();
      put('execution', {
        status: 'RUNNING',
        id,
        kind,
        run_id: runId ?? id,
        parent_stage_execution_id: parent,
        application_id: applicationId,
        environment_id: own,
        created_at: at,
        expires_at: at,
      });
      return { id, applicationId, kind, parentStageExecutionId: parent, environments: targets };
    };
    const link = (id: string, targets: readonly Target[]) => {
      for (const { id: environmentId } of targets)
        put('execution_environment', { execution_id: id, environment_id: environmentId });
    };
    for (const run of application.runs) {
      const targets = run.environments.flatMap(target);
      const row = execute('PIPELINE', null, targets, null);
      link(row.id, targets);
      world.Execution.push(row);
      for (const member of run.members) {
        const own = target(member);
        const child = execute('WORKFLOW', row.id, own.length === 0 ? targets : own, own[0]?.id ?? null);
        link(child.id, own);
        world.Execution.push(child);
      }
    }
    for (const environment of application.alone) {
      const own = target(environment);
      const row = execute('WORKFLOW', null, own, own[0]?.id ?? null);
      link(row.id, own);
      world.Execution.push(row);
    }
  }
  for (const [table, values] of rows) {
    const required = await requiredColumns(database, table);
    await database.rows(`INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, $1)`, [
      JSON.stringify(values.map((row) => ({ ...required, ...row }))),
    ]);
  }
  return world;
}

/** Drops constraints on columns of executions that these tests don't cover, so that new ones can't break them. */
export async function forgetOtherRules(database: Database): Promise<void> {
  const rules = await database.rows<{ name: string }>(
    `SELECT conname AS name FROM pg_constraint WHERE conrelid = 'execution'::regclass AND contype = 'c'`,
  );
  for (const { name } of rules) await database.write(`ALTER TABLE execution DROP CONSTRAINT "${name}"`);
}

/** Values for other required columns, because other folders may add some. */
async function requiredColumns(database: Database, table: string): Promise<Record<string, unknown>> {
  const columns = await database.rows<{ name: string; type: string }>(
    `SELECT column_name AS name, data_type AS type FROM information_schema.columns
     WHERE table_name = $1 AND table_schema = 'public' AND is_nullable = 'NO'`,
    [table],
  );
  const values: Record<string, unknown> = {
    text: '',
    integer: 0,
    bigint: 0,
    boolean: false,
    jsonb: {},
    uuid: newId(),
    ARRAY: [],
  };
  return Object.fromEntries(columns.map(({ name, type }) => [name, values[type] ?? new Date()]));
}

function distinct(targets: readonly Target[]): Target[] {
  return [...new Map(targets.map((target) => [target.id, target])).values()];
}
