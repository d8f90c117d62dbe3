import type { GraphQLFieldResolver } from 'graphql';
import type { Context } from '../graphql/context';

export type Resolve = GraphQLFieldResolver<unknown, Context>;

/** What the dialect adds to the schema: text, and resolvers of object types. */
export interface Extension {
  readonly text: string;
  readonly resolvers?: Readonly<Record<string, Readonly<Record<string, Resolve>>>>;
}
