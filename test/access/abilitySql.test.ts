import { createMongoAbility, subject } from '@casl/ability';
import { rulesToAST } from '@casl/ability/extra';
import fc from 'fast-check';
import { toSql } from '../../src/access/abilitySql';
import {
  type AppGrant,
  type AppPermissionType,
  accountPermissionTypes,
  actionsOfType,
  appPermissionTypes,
  filterTypesOf,
} from '../../src/access/permission';
import { Rights } from '../../src/access/rights';
import type { SubjectActions, SubjectType } from '../../src/access/subjects';
import { findExecutionTargets, findPipelineTargets, findWorkflowTargets } from '../../src/access/targets.store';
import { newId } from '../../src/kernel/ids';
import { AccessApp } from './accessApp';
import { createWorld, forgetOtherRules, planArbitrary, type World } from './applicationPlans';

let access: AccessApp;
beforeAll(async () => {
  access = await AccessApp.create();
  await forgetOtherRules(access.database);
});
afterAll(() => access.close());

const tables = {
  Application: 'application',
  Environment: 'environment',
  Service: 'service',
  Workflow: 'workflow',
  Pipeline: 'pipeline',
  Execution: 'execution',
} as const;

const entity = ['CREATE', 'READ', 'UPDATE', 'DELETE'] as const;
const actions: { readonly [T in SubjectType]: readonly SubjectActions[T][] } = {
  Application: ['READ', 'UPDATE', 'DELETE'],
  Environment: entity,
  Service: entity,
  Workflow: [...entity, 'EXECUTE_WORKFLOW'],
  Pipeline: [...entity, 'EXECUTE_PIPELINE'],
  Execution: ['READ', 'EXECUTE_PIPELINE', 'EXECUTE_WORKFLOW', 'ROLLBACK_WORKFLOW', 'ABORT_WORKFLOW'],
};

/** Permissions whose ids are positions in a world; `grantIn` turns them into ids. */
interface Draft {
  readonly type: AppPermissionType;
  readonly actions: readonly AppGrant['actions'][number][];
  readonly applications: 'ALL' | readonly number[];
  readonly environments: 'ALL' | readonly number[] | readonly AppGrant['environmentTypes'][number][];
}

const positions = fc.array(fc.nat({ max: 8 }), { maxLength: 3 });
const draftArbitrary: fc.Arbitrary<Draft> = fc.constantFrom(...appPermissionTypes).chain((type) => {
  const types = Object.values(filterTypesOf[type] ?? {});
  return fc.record({
    type: fc.constant(type),
    actions: fc.uniqueArray(fc.constantFrom(...actionsOfType[type]), { minLength: 1 }),
    applications: fc.oneof(fc.constant('ALL' as const), positions),
    environments:
      types.length === 0
        ? fc.constant('ALL' as const)
        : fc.oneof(fc.constant('ALL' as const), positions, fc.uniqueArray(fc.constantFrom(...types), { minLength: 1 })),
  });
});

/**
 * Several permissions of one type, each for some environments of some applications: merging rules must keep them apart.
 */
const byIdsArbitrary: fc.Arbitrary<Draft> = fc.record({
  type: fc.constant('DEPLOYMENT' as const),
  actions: fc.constant(['EXECUTE_PIPELINE' as const]),
  applications: positions,
  environments: positions,
});

function grantIn(world: World, { type, actions: given, applications, environments }: Draft): AppGrant {
  const numbers = environments === 'ALL' ? [] : environments.filter((one) => typeof one === 'number');
  const types = environments === 'ALL' ? [] : environments.filter((one) => typeof one === 'string');
  return {
    permissionType: type,
    actions: given,
    applicationScope: applications === 'ALL' ? 'ALL' : 'IDS',
    applicationIds: applications === 'ALL' ? [] : idsAt(world.Application, applications),
    environmentScope: environments === 'ALL' ? 'ALL' : types.length > 0 ? 'TYPES' : 'IDS',
    environmentIds: idsAt(world.Environment, numbers),
    environmentTypes: types,
  };
}

/** Positions wrap around, so that most of them refer to a row. */
const idsAt = (rows: readonly { readonly id: string }[], at: readonly number[]) =>
  at.flatMap((position) => rows[position % rows.length]?.id ?? []);

const groupArbitrary = fc.record({
  accountPermissions: fc.subarray([...accountPermissionTypes]),
  drafts: fc.oneof(fc.array(draftArbitrary, { maxLength: 4 }), fc.array(byIdsArbitrary, { maxLength: 4 })),
});
const callerArbitrary = fc.record({
  groups: fc.array(groupArbitrary, { maxLength: 3 }),
  administrator: fc.nat({ max: 9 }).map((n) => n === 0),
  within: fc.option(positions, { nil: null, freq: 3 }),
});

test('lists in SQL and checks in memory agree, for random rights and rows', async () => {
  const seen = { yes: 0, no: 0 };
  await fc.assert(
    fc.asyncProperty(
      planArbitrary,
      fc.array(callerArbitrary, { minLength: 1, maxLength: 6 }),
      async (plan, callers) => {
        const world = await createWorld(access.database, plan);
        for (const { groups, administrator, within } of callers) {
          const rights = new Rights(
            groups.map(({ accountPermissions, drafts }) => ({
              id: newId(),
              name: '',
              accountPermissions,
              appPermissions: drafts.map((draft) => grantIn(world, draft)),
            })),
            administrator,
            within === null ? null : idsAt(world.Application, within),
          );
          for (const type of Object.keys(tables) as SubjectType[]) {
            const inMemory: string[] = [];
            const columns: string[] = [];
            const parameters: unknown[] = [world[type].map((row) => row.id)];
            for (const action of actions[type]) {
              columns.push(`${rights.condition(action, type, 'o', parameters)} AS "${action}"`);
              const allowed = world[type].filter((row) => rights.may(action, type, row as never));
              inMemory.push(...allowed.map((row) => `${action} ${row.id}`));
              seen.yes += allowed.length;
              seen.no += world[type].length - allowed.length;
            }
            const rows = await access.database.rows<Record<string, unknown> & { id: string }>(
              `SELECT o.id, ${columns.join(', ')} FROM ${tables[type]} o WHERE o.id = ANY ($1::uuid[])`,
              parameters,
            );
            const inSql = rows.flatMap((row) =>
              actions[type].flatMap((action) => (row[action] === true ? [`${action} ${row.id}`] : [])),
            );
            expect([type, ...inSql.sort()]).toEqual([type, ...inMemory.sort()]);
          }
        }
      },
    ),
    { numRuns: 40 },
  );
  // A test that sees only one answer proves nothing.
  expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(300);
}, 120_000);

test('targets of rows match those that a start resolves', async () => {
  await fc.assert(
    fc.asyncProperty(planArbitrary, async (plan) => {
      const world = await createWorld(access.database, plan);
      const sorted = (rows: readonly { id: string; environments: readonly { id: string; type: string }[] }[]) =>
        rows.map(({ id, environments }) => [id, ...environments.map((one) => `${one.id} ${one.type}`).sort()]).sort();
      for (const [rows, find] of [
        [world.Workflow, findWorkflowTargets],
        [world.Pipeline, findPipelineTargets],
        [world.Execution, findExecutionTargets],
      ] as const) {
        const found = await find(
          access.database,
          rows.map((row) => row.id),
        );
        expect(sorted([...found].map(([id, environments]) => ({ id, environments })))).toEqual(sorted(rows));
      }
    }),
    { numRuns: 10 },
  );
});

describe('the translation of conditions', () => {
  const facts = {
    a: { type: 'text', sql: (alias: string) => `${alias}.a` },
    b: { type: 'uuid', sql: (alias: string) => `${alias}.b` },
    c: { type: 'boolean', sql: (alias: string) => `${alias}.c` },
  } as const;
  const scope = { alias: 'o', facts };
  const ids = [newId(), newId()] as const;
  const values = { a: ['x', 'y', null], b: [...ids, null], c: [true, false, null] } as const;

  const leaf = fc.constantFrom('a' as const, 'b' as const, 'c' as const).chain((field) => {
    const value = fc.constantFrom<string | boolean | null>(...values[field]);
    return fc
      .oneof(
        value.map(($eq) => ({ $eq })),
        value.map(($ne) => ({ $ne })),
        fc.array(value).map(($in) => ({ $in })),
        fc.array(value).map(($nin) => ({ $nin })),
      )
      .map((condition) => ({ [field]: condition }));
  });
  const rule = fc.record({
    inverted: fc.boolean(),
    conditions: fc.array(leaf, { maxLength: 2 }).map((all) => Object.assign({}, ...all)),
  });

  test('means the same as CASL, also for null and for exceptions', async () => {
    const rows = values.a.flatMap((a) => values.b.flatMap((b) => values.c.map((c) => ({ a, b, c }))));
    await fc.assert(
      fc.asyncProperty(fc.array(rule, { minLength: 1, maxLength: 4 }), async (rules) => {
        const ability = createMongoAbility(
          rules.map(({ inverted, conditions }) => ({
            action: 'READ',
            subject: 'Thing',
            inverted,
            ...(Object.keys(conditions).length > 0 && { conditions }),
          })),
        );
        const tree = rulesToAST(ability, 'READ', 'Thing');
        const parameters: unknown[] = [JSON.stringify(rows)];
        const where = tree === null ? 'FALSE' : toSql(tree, scope, parameters);
        const found = await access.database.rows(
          `SELECT a, b, c FROM json_to_recordset($1::json) AS o (a text, b uuid, c boolean) WHERE ${where}`,
          parameters,
        );
        const text = (row: unknown) => JSON.stringify(row);
        expect(found.map(text).sort()).toEqual(
          rows
            .filter((row) => ability.can('READ', subject('Thing', { ...row })))
            .map(text)
            .sort(),
        );
      }),
      { numRuns: 100 },
    );
  });

  const treeOf = (conditions: object) => {
    const tree = rulesToAST(createMongoAbility([{ action: 'READ', subject: 'Thing', conditions }]), 'READ', 'Thing');
    if (tree === null) throw new Error('no rule');
    return tree;
  };

  test('rejects unknown conditions instead of leaving them out', () => {
    expect(() => toSql(treeOf({ secret: 1 }), scope, [])).toThrow('the fact "secret" of o has no SQL');
    expect(() => toSql(treeOf({ a: { $gt: 'x' } }), scope, [])).toThrow('operator "gt"');
  });

  test('passes values as parameters only', () => {
    const parameters: unknown[] = [];
    const nasty = "x' OR TRUE --";
    expect(toSql(treeOf({ a: nasty, b: nasty }), scope, parameters)).toBe('(o.a = $1::text) AND (FALSE)');
    expect(parameters).toEqual([nasty]);
  });
});
