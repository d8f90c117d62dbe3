import { ArgsType, Field, Int, ObjectType } from 'type-graphql';
import type * as kernel from '../../kernel/paging';
import type { Page } from '../../kernel/paging';

/** Use `readPage` (paging.ts) on it: the rules are there. */
@ArgsType()
export class PageArguments implements kernel.PageArguments {
  @Field(() => Int, {
    nullable: true,
    description: 'How many nodes to answer at most: 1 to 500, by default 50. The same as `limit`; give one of the two.',
  })
  first?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Answer what comes after this cursor: `pageInfo.endCursor` of the page before, or an edge’s `cursor`. What is added or removed ' +
      'meanwhile neither repeats nor hides a node. Not together with `offset`.',
  })
  after?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'How many nodes to answer at most: 1 to 500, by default 50. The same as `first`; give one of the two.',
  })
  limit?: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'How many nodes to skip from the beginning, by default 0. Costs the server as much as answering them: use `after` to walk through ' +
      'long lists.',
  })
  offset?: number | null;
}

@ObjectType({
  simpleResolvers: true,
  description: 'Where a page stands in its list, and how to get the next one.',
})
export class PageInfo implements kernel.PageInfo {
  @Field(() => Boolean, { description: 'Whether there is another page after this one.' })
  hasNextPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'The cursor of the last node, for `after`. Null when the page is empty.',
  })
  endCursor!: string | null;

  @Field(() => Boolean, { description: 'The same as `hasNextPage`.' })
  hasMore!: boolean;

  @Field(() => Int, { description: 'The limit that was applied.' })
  limit!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'The offset that was applied. Null when the page was asked for by a cursor.',
  })
  offset!: number | null;

  @Field(() => Int, {
    description:
      'How many nodes match in all pages together, as far as you may see them. Counted only when asked for; may cost more than the page.',
  })
  readonly total!: () => Promise<number>;
}

type NodeClass<T extends object> = abstract new (...args: never[]) => T;

/**
 * The GraphQL type of a page of `Node`s: `<Node>Connection`. Call it once for each node class and export the result:
 * `export const ApplicationConnection = ConnectionType(Application);` then `@Query(() => ApplicationConnection)`.
 */
export function ConnectionType<T extends object>(Node: NodeClass<T>, name = Node.name): new () => Page<T> {
  @ObjectType(`${name}Edge`, { simpleResolvers: true, description: `A ${name} and its place in the list.` })
  class Edge {
    @Field(() => Node, { description: 'The object itself.' })
    readonly node!: T;

    @Field(() => String, { description: 'The place of this node, for `after`.' })
    readonly cursor!: string;
  }

  @ObjectType(`${name}Connection`, { simpleResolvers: true, description: `A page of a list of ${name}.` })
  class Connection implements Page<T> {
    @Field(() => [Node], { description: 'The objects of this page.' })
    readonly nodes!: readonly T[];

    @Field(() => [Edge], { description: 'The same objects, each with its cursor.' })
    readonly edges!: readonly Edge[];

    @Field(() => PageInfo, { description: 'Where this page stands in the list.' })
    readonly pageInfo!: PageInfo;
  }

  return Connection;
}
