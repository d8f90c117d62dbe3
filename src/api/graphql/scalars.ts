import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { GraphQLJSON } from 'graphql-scalars';
import { parseTime, timeForm } from '../../kernel/times';

function parseDateTime(value: unknown): Date {
  if (typeof value !== 'string' || !timeForm.test(value)) {
    throw new GraphQLError(
      'A DateTime is ISO-8601 text with a time zone, like "2026-03-01T12:30:00.000Z" or "2026-03-01T13:30:00+01:00".',
    );
  }
  const time = parseTime(value);
  if (time === undefined) throw new GraphQLError(`"${value}" is not a valid point in time.`);
  return time;
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
