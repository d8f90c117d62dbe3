import type { NonEmptyArray } from 'type-graphql';
import type { ResolverClass } from './schema';
import { VersionResolver } from './version.resolver';

/** Every resolver of the API, named one by one: what is not in this list is not served. */
export const resolvers: NonEmptyArray<ResolverClass> = [VersionResolver];
