import { type GraphQLSchema, isAbstractType } from 'graphql';
import { Extensions } from 'type-graphql';

/** For an interface: type of rows without `__typename`. */
export const TypeOf = (typeOf: (row: never) => string) => Extensions({ typeOf });

/**
 * Resolves the types of interface and union values synchronously. TypeGraphQL's `resolveType` is asynchronous: each
 * element of a list would be a promise, which takes time, and which compiled queries don't support.
 */
export function resolveTypesAtOnce(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isAbstractType(type)) continue;
    const typeOf = type.extensions.typeOf as ((row: unknown) => string) | undefined;
    type.resolveType = (value: unknown) => {
      const name = typeof value === 'object' && value !== null && '__typename' in value ? value.__typename : undefined;
      return typeof name === 'string' ? name : typeOf?.(value);
    };
  }
}
