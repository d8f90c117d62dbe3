import { GraphQLError, Kind, type ValueNode } from 'graphql';
import { GraphQLDateTime } from '../graphql/scalars';

/** The furthest time from 1970 that JavaScript supports. */
const FURTHEST = 8.64e15;

function toDate(value: unknown): Date {
  const given = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof given === 'number' && Number.isInteger(given) && Math.abs(given) <= FURTHEST) return new Date(given);
  throw new GraphQLError('DateTime must be a whole number of milliseconds since 1970-01-01T00:00:00Z.');
}

/** The `DateTime` of FirstGen: a number of milliseconds. Values inside are those of the one schema. */
export const epochMillis = {
  serialize: (value: unknown): number => Date.parse(GraphQLDateTime.serialize(value)),
  parseValue: toDate,
  parseLiteral: (node: ValueNode): Date =>
    toDate(node.kind === Kind.INT || node.kind === Kind.STRING ? node.value : undefined),
};
