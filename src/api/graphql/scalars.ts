import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { GraphQLJSON } from 'graphql-scalars';

const form = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|[+-](\d\d):(\d\d))$/;
const firstTime = Date.parse('0001-01-01T00:00:00Z');
const lastTime = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * A point in time. `new Date(text)` alone would accept "2026", a local time without a zone, and February 30 (as March
 * 2). Each of these is a caller's mistake that would be noticed much later.
 */
function parseDateTime(value: unknown): Date {
  const parts = typeof value === 'string' ? form.exec(value) : null;
  if (!parts || typeof value !== 'string') {
    throw new GraphQLError(
      'A DateTime is ISO-8601 text with a time zone, like "2026-03-01T12:30:00.000Z" or "2026-03-01T13:30:00+01:00".',
    );
  }
  const number = (index: number) => Number(parts[index] ?? 0);
  const [year, month, day] = [number(1), number(2), number(3)];
  const lastDay = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const isDay = month >= 1 && month <= 12 && day >= 1 && day <= lastDay;
  const isTime = number(4) <= 23 && number(5) <= 59 && number(6) <= 59 && number(8) <= 23 && number(9) <= 59;
  const date = new Date(value);
  // PostgreSQL has no year 0, and a time zone may lead to a year with five digits, which is not ISO 8601.
  if (!isDay || !isTime || !(date.getTime() >= firstTime && date.getTime() <= lastTime)) {
    throw new GraphQLError(`"${value}" is not a valid point in time.`);
  }
  return date;
}

/** Converts a column as text (picked.ts): `2026-03-01 12:30:00.25` in UTC, with any number of fraction digits. */
const fromColumn = (text: string): string =>
  `${text.slice(0, 10)}T${text.slice(11, 19)}${(text.slice(19) || '.').padEnd(4, '0')}Z`;

export const GraphQLDateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description:
    'Point in time as ISO-8601 text. Results are in UTC with milliseconds (`2026-03-01T12:30:00.000Z`). Arguments ' +
    'need a time zone, `Z` or an offset like `+01:00`; digits beyond milliseconds are truncated.',
  specifiedByURL: 'https://datatracker.ietf.org/doc/html/rfc3339',
  serialize(value) {
    if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
    if (typeof value === 'string' && value[10] === ' ') return fromColumn(value);
    // Times inside stored JSON (events, snapshots) are already text.
    return parseDateTime(value).toISOString();
  },
  parseValue: parseDateTime,
  parseLiteral(node) {
    return parseDateTime(node.kind === Kind.STRING ? node.value : undefined);
  },
});

export const GraphQLJson = new GraphQLScalarType({
  ...GraphQLJSON.toConfig(),
  name: 'JSON',
  description:
    'Any JSON value: an object, a list, a string, a number, a boolean or null. Each field describes its content.',
});

function parseNumber(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new GraphQLError('A Number is a finite number.');
  return value;
}

export const GraphQLNumber = new GraphQLScalarType<number, number>({
  name: 'Number',
  description: 'Integer or decimal number, used by filters.',
  serialize: parseNumber,
  parseValue: parseNumber,
  parseLiteral(node) {
    return parseNumber(node.kind === Kind.INT || node.kind === Kind.FLOAT ? Number(node.value) : undefined);
  },
});

/** Scalar for each class in a decorator: `@Field(() => Date)` is a DateTime. */
export const scalarsMap = [{ type: Date, scalar: GraphQLDateTime }];
