import { type GraphQLSchema, getNullableType, lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchemaSync, type NonEmptyArray, type PubSub } from 'type-graphql';
import { resolveTypesAtOnce } from './abstractTypes';
import { guardInputs } from './guardInputs';
import { scalarsMap } from './scalars';

/** Class with `@Resolver`. It is created without arguments and is stateless: everything it needs is in the context. */
export type ResolverClass = new () => object;

/**
 * TypeGraphQL requires a publisher if there is a subscription. Subscriptions here don't use it (`subscribe:` returns an
 * async iterable that reads from the database), because other processes would miss events in the memory of one process.
 */
const noPubSub: PubSub = {
  publish: () => {
    throw new Error('Nothing is published in memory: a subscription reads its events from the database.');
  },
  subscribe: () => {
    throw new Error('A subscription lacks its "subscribe" option.');
  },
};

/**
 * Builds the schema from the resolvers, without global middleware: one for all fields, or `@Authorized` on fields of
 * lists, makes lists ten times slower. Arguments are only coerced; commands check rules that GraphQL can't express.
 */
export function buildGraphqlSchema(resolvers: NonEmptyArray<ResolverClass>): GraphQLSchema {
  const schema = buildSchemaSync({ resolvers, validate: false, scalarsMap, pubSub: noPubSub });
  resolveTypesAtOnce(schema);
  answerEachMutation(schema);
  return guardInputs(schema);
}

/**
 * A refused mutation returns null. If its type were non-null, GraphQL would drop the results of all other mutations of
 * the operation and not execute the rest, although earlier ones have already taken effect.
 */
function answerEachMutation(schema: GraphQLSchema): void {
  const mutation = schema.getMutationType();
  if (!mutation) return;
  mutation.description =
    'The mutations of one operation run in order, each on its own. A mutation that fails returns null, and its error has the mutation’s alias in `path`. A failure neither undoes earlier mutations nor prevents later ones. Each mutation has its own audit record and its own `idempotencyKey`.';
  for (const field of Object.values(mutation.getFields())) field.type = getNullableType(field.type);
}

/** The schema as text, in an order that does not depend on the order of imports. */
export function schemaText(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
