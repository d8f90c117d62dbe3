import { parseValue } from 'graphql';
import { GraphQLDateTime, GraphQLJson, GraphQLNumber } from '../../../src/api/graphql/scalars';

describe('DateTime', () => {
  it.each([
    ['2026-03-01T12:30:00Z', '2026-03-01T12:30:00.000Z'],
    ['2026-03-01T12:30Z', '2026-03-01T12:30:00.000Z'],
    ['2026-03-01T13:30:00.5+01:00', '2026-03-01T12:30:00.500Z'],
    ['2026-03-01T00:00:00.123456789-05:30', '2026-03-01T05:30:00.123Z'],
    ['2024-02-29T23:59:59.999Z', '2024-02-29T23:59:59.999Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ])('accepts %s', (text, expected) => {
    expect(GraphQLDateTime.parseValue(text)).toEqual(new Date(expected));
    expect(GraphQLDateTime.parseLiteral(parseValue(`"${text}"`))).toEqual(new Date(expected));
    expect(GraphQLDateTime.serialize(new Date(expected))).toBe(expected);
    expect(GraphQLDateTime.serialize(text)).toBe(expected);
  });

  it.each([
    '',
    '2026',
    '2026-03-01',
    '2026-03-01T12:30:00',
    '2026-03-01 12:30:00Z',
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:60Z',
    '2026-01-01T00:00:00+24:00',
    '2026-01-01T00:00:00+0100',
    '2026-01-01T00:00:00z',
    'yesterday',
    '0000-01-01T00:00:00Z',
    1767225600000,
    null,
    true,
    {},
    new Date(0),
  ])('rejects %p as an argument', (value) => {
    expect(() => GraphQLDateTime.parseValue(value)).toThrow(/DateTime is ISO-8601|not a valid point/);
  });

  it('rejects literals that are not text, and results that are not times', () => {
    expect(() => GraphQLDateTime.parseLiteral(parseValue('1767225600000'))).toThrow('ISO-8601');
    expect(() => GraphQLDateTime.serialize(new Date(Number.NaN))).toThrow();
    expect(() => GraphQLDateTime.serialize(1767225600000)).toThrow();
  });
});

describe('Number', () => {
  it.each([0, -1, 1.5, 1e21])('accepts %p', (value) => {
    expect(GraphQLNumber.parseValue(value)).toBe(value);
    expect(GraphQLNumber.serialize(value)).toBe(value);
    expect(GraphQLNumber.parseLiteral(parseValue(String(value)))).toBe(value);
  });
  it.each(['1', null, Number.NaN, Number.POSITIVE_INFINITY, true])('refuses %p', (value) => {
    expect(() => GraphQLNumber.parseValue(value)).toThrow('finite');
  });
  it('rejects text as a literal', () => {
    expect(() => GraphQLNumber.parseLiteral(parseValue('"1"'))).toThrow('finite');
  });
});

it('JSON accepts and returns any value', () => {
  for (const value of [null, true, 1.5, 'a', [1, { a: [] }], { a: { b: null } }]) {
    expect(GraphQLJson.parseValue(value)).toEqual(value);
    expect(GraphQLJson.serialize(value)).toEqual(value);
  }
  expect(GraphQLJson.parseLiteral(parseValue('{ a: [1, "b", { c: true }] }'), {})).toEqual({
    a: [1, 'b', { c: true }],
  });
});
