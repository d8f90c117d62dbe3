import { type GraphQLSchema, isAbstractType, lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchemaSync, type NonEmptyArray, type PubSub } from 'type-graphql';
import { scalarsMap } from './scalars';

/**
 * Class with `@Resolver`. It is created without arguments and holds no state: everything it needs is in the context.
 */
export type ResolverClass = new () => object;

/**
 * TypeGraphQL requires a publisher as soon as there is a subscription. Ours are streams of their own (`subscribe:`
 * returns an async iterable that reads from the database), because events passed through one process's memory would be
 * lost to the other processes.
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
 * Builds the schema from the resolvers, without anything global: a middleware for all fields, or `@Authorized` on
 * fields of lists, makes lists ten times slower. Arguments are only coerced; commands check rules that GraphQL can't
 * express.
 */
export function buildGraphqlSchema(resolvers: NonEmptyArray<ResolverClass>): GraphQLSchema {
  const schema = buildSchemaSync({ resolvers, validate: false, scalarsMap, pubSub: noPubSub });
  for (const type of Object.values(schema.getTypeMap())) if (isAbstractType(type)) resolveTypeByName(type);
  return schema;
}

/** The schema as text, in an order that does not depend on the order of imports. */
export function schemaText(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}

type AbstractType = Extract<ReturnType<GraphQLSchema['getType']>, { resolveType: unknown }>;

/**
 * A row with `__typename` has its type immediately. TypeGraphQL's own `resolveType` is asynchronous, which makes every
 * element of a list of interfaces or unions a promise; it remains for values without that name.
 */
function resolveTypeByName(type: AbstractType): void {
  const { resolveType } = type;
  type.resolveType = (value: unknown, ...rest) => {
    const name = typeof value === 'object' && value !== null && '__typename' in value ? value.__typename : undefined;
    return typeof name === 'string' ? name : resolveType?.(value, ...rest);
  };
}
