import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { allOf, enumCondition, idCondition, numberCondition, timeCondition } from '../../src/kernel/filters';
import { EnvironmentType } from '../../src/api/graphql/filters.types';
import { valuesOf } from '../../src/kernel/fields';
import { type IdOperator, type NumericOperator, numericOperator, type TimeOperator } from '../../src/kernel/filters';
import { Refusal } from '../../src/kernel/errors';
import { createTestDatabase, type TestDatabase } from '../support/database';

const [EQUALS, IN, LIKE, NOT_IN, NOT_NULL] = ['EQUALS', 'IN', 'LIKE', 'NOT_IN', 'NOT_NULL'] as const;
const [one, two, three] = [randomUUID(), randomUUID(), randomUUID()];
const rows = [
  { n: 1, id: one, name: 'Web 100%', time: '2026-01-01T00:00:00.000000Z', size: 1 },
  { n: 2, id: two, name: 'web_front', time: '2026-01-01T00:00:00.000900Z', size: 10 },
  { n: 3, id: three, name: 'back\\end', time: '2026-01-01T00:00:00.001000Z', size: 100 },
  { n: 4, id: null, name: null, time: null, size: null },
];

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query('CREATE TABLE filtered (n int, id uuid, name text, "time" timestamptz, size bigint)');
  await client.query('INSERT INTO filtered SELECT * FROM jsonb_populate_recordset(NULL::filtered, $1)', [
    JSON.stringify(rows),
  ]);
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

/** Rows that a condition selects. One parameter precedes those of the filter, as in every real statement. */
async function matches(condition: (parameters: unknown[]) => string): Promise<number[]> {
  const parameters: unknown[] = [0];
  const sql = `SELECT n FROM filtered WHERE n > $1 AND ${allOf([condition(parameters)])} ORDER BY n`;
  return (await client.query<{ n: number }>(sql, parameters)).rows.map(({ n }) => n);
}

function refusal(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return [error.code, error.details];
    throw error;
  }
  return 'nothing was refused';
}

describe('an IdFilter', () => {
  it.each<[IdOperator, string[], number[]]>([
    [EQUALS, [two], [2]],
    [EQUALS, [two.toUpperCase()], [2]],
    [EQUALS, ['no id'], []],
    [EQUALS, [''], []],
    [IN, [one, three, 'no id'], [1, 3]],
    [IN, ['no id'], []],
    [IN, [], []],
    [NOT_IN, [one, 'no id'], [2, 3, 4]],
    [NOT_IN, ['no id'], [1, 2, 3, 4]],
    [NOT_IN, [], [1, 2, 3, 4]],
    [LIKE, [two.slice(3, 20).toUpperCase()], [2]],
    [LIKE, ['not hexadecimal'], []],
    [LIKE, [], []],
    [NOT_NULL, ['whatever'], [1, 2, 3]],
    [NOT_NULL, [], [1, 2, 3]],
  ])('on a uuid: %s %j', async (operator, values, expected) => {
    expect(
      await matches((parameters) => idCondition('id', { operator, values }, parameters, { type: 'uuid' })),
    ).toEqual(expected);
  });

  it.each<[IdOperator, (string | null)[], number[]]>([
    [EQUALS, ['web_front'], [2]],
    [EQUALS, ['WEB_FRONT'], []],
    [EQUALS, ["'; DROP TABLE filtered; --"], []],
    [EQUALS, ['nul\0'], []],
    [IN, ['web_front', 'Web 100%', 'nul\0'], [1, 2]],
    [NOT_IN, ['web_front', 'nul\0'], [1, 3, 4]],
    [NOT_IN, ['web_front', 'Web 100%'], [3, 4]],
    [LIKE, ['WEB'], [1, 2]],
    [LIKE, ['%'], [1]],
    [LIKE, ['_'], [2]],
    [LIKE, ['\\'], [3]],
    [LIKE, ['100%', 'END'], [1, 3]],
    [LIKE, [''], [1, 2, 3]],
    [LIKE, ['nul\0'], []],
    [NOT_NULL, [null], [1, 2, 3]],
  ])('on text: %s %j', async (operator, values, expected) => {
    expect(await matches((parameters) => idCondition('name', { operator, values }, parameters))).toEqual(expected);
  });

  it('is rejected if invalid, with field, value and rule', () => {
    const refused = (operator: IdOperator, values: (string | null)[]) =>
      refusal(() => idCondition('c', { operator, values }, [], { field: 'filters[0].id' }));
    const error = (field: string, value: unknown, rule: string) => [
      'INVALID_INPUT',
      { errors: [{ field, value, rule, message: expect.any(String) }] },
    ];
    expect(refused(EQUALS, ['a', 'b'])).toEqual(error('filters[0].id.values', ['a', 'b'], 'ONE_VALUE'));
    expect(refused(EQUALS, [])).toEqual(error('filters[0].id.values', [], 'ONE_VALUE'));
    for (const operator of [EQUALS, IN, NOT_IN, LIKE]) {
      expect(refused(operator, [null])).toEqual(error('filters[0].id.values[0]', null, 'NOT_NULL'));
    }
  });

  it('never puts a value into the statement', () => {
    const parameters: unknown[] = [];
    const sql = [EQUALS, IN, NOT_IN, LIKE].map((operator) =>
      idCondition('c', { operator, values: ['v4lue'] }, parameters),
    );
    expect(sql).toEqual(['c = $1::text', 'c = $2::text', '(c = $3::text) IS NOT TRUE', 'c ILIKE ANY ($4::text[])']);
    expect(parameters).toEqual(['v4lue', 'v4lue', 'v4lue', ['%v4lue%']]);
  });
});

describe('a TimeFilter', () => {
  it.each<[TimeOperator, string, number[]]>([
    ['EQUALS', '2026-01-01T00:00:00.000Z', [1, 2]],
    ['EQUALS', '2026-01-01T00:00:00.001Z', [3]],
    ['AFTER', '2026-01-01T00:00:00.000Z', [3]],
    ['AFTER', '2025-12-31T23:59:59.999Z', [1, 2, 3]],
    ['AFTER', '2026-01-01T00:00:00.001Z', []],
    ['BEFORE', '2026-01-01T00:00:00.001Z', [1, 2]],
    ['BEFORE', '2026-01-01T00:00:00.000Z', []],
  ])('%s %s compares in milliseconds', async (operator, value, expected) => {
    expect(
      await matches((parameters) => timeCondition('"time"', { operator, value: new Date(value) }, parameters)),
    ).toEqual(expected);
  });
});

describe('a NumberFilter', () => {
  it.each<[NumericOperator, number[], number[]]>([
    ['EQUALS', [10], [2]],
    ['EQUALS', [10.5], []],
    ['NOT_EQUALS', [10], [1, 3, 4]],
    ['GREATER_THAN', [9.5], [2, 3]],
    ['GREATER_THAN', [10], [3]],
    ['GREATER_THAN_OR_EQUALS', [10], [2, 3]],
    ['LESS_THAN', [10], [1]],
    ['LESS_THAN_OR_EQUALS', [10], [1, 2]],
    ['LESS_THAN', [1e300], [1, 2, 3]],
    ['IN', [1, 100.0, 2.5], [1, 3]],
    ['IN', [], []],
  ])('%s %j', async (operator, values, expected) => {
    expect(await matches((parameters) => numberCondition('size', { operator, values }, parameters))).toEqual(expected);
  });

  it('is rejected with several values for a comparison, and with null', () => {
    for (const operator of valuesOf(numericOperator).filter((candidate) => candidate !== 'IN')) {
      expect(refusal(() => numberCondition('c', { operator, values: [1, 2] }, []))).toMatchObject([
        'INVALID_INPUT',
        { errors: [{ rule: 'ONE_VALUE' }] },
      ]);
      expect(refusal(() => numberCondition('c', { operator, values: [] }, []))).toMatchObject([
        'INVALID_INPUT',
        { errors: [{ rule: 'ONE_VALUE' }] },
      ]);
    }
    expect(refusal(() => numberCondition('c', { operator: 'IN', values: [null] }, []))).toMatchObject([
      'INVALID_INPUT',
      { errors: [{ rule: 'NOT_NULL' }] },
    ]);
  });
});

describe('a filter on an enum', () => {
  const { PROD, NON_PROD } = EnvironmentType;
  const sql = (filter: Parameters<typeof enumCondition>[1]) => {
    const parameters: unknown[] = [];
    return [enumCondition('e.type', filter, parameters), parameters];
  };

  it('compares', () => {
    expect(sql({ operator: 'EQUALS', values: [PROD] })).toEqual(['e.type = $1::text', ['PROD']]);
    expect(sql({ operator: 'IN', values: [PROD, NON_PROD] })).toEqual([
      'e.type = ANY ($1::text[])',
      [['PROD', 'NON_PROD']],
    ]);
    expect(sql({ values: [PROD, NON_PROD] })).toEqual(['e.type = ANY ($1::text[])', [['PROD', 'NON_PROD']]]);
    expect(sql({ operator: null, values: [] })).toEqual(['FALSE', []]);
  });

  it('is rejected if invalid', () => {
    const rule = (name: string) => ['INVALID_INPUT', { errors: [{ rule: name }] }];
    expect(refusal(() => sql({ operator: 'EQUALS', values: [PROD, NON_PROD] }))).toMatchObject(rule('ONE_VALUE'));
    expect(refusal(() => sql({ operator: 'IN', values: [null] }))).toMatchObject(rule('NOT_NULL'));
    expect(refusal(() => sql({ operator: 'IN' }))).toMatchObject(rule('REQUIRED'));
    expect(refusal(() => sql({ values: null }))).toMatchObject(rule('REQUIRED'));
  });
});

it('without a condition matches everything', () => {
  expect(allOf([])).toBe('TRUE');
  expect(allOf(['a', 'b'])).toBe('a AND b');
});
