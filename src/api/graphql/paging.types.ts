import { ArgsType, Field, FieldResolver, Int, ObjectType, Resolver, Root } from 'type-graphql';
import { Guard } from './guardInputs';
import type * as kernel from '../../kernel/paging';
import type { Page } from '../../kernel/paging';

/** Check it with `readPage` (paging.ts), which has the rules. */
@ArgsType()
export class PageArguments implements kernel.PageArguments {
  @Field(() => Int, {
    nullable: true,
    description: 'Maximum number of nodes, 1 to 500. Defaults to 50. The same as `limit`; give one of the two.',
  })
  first?: number | null;

  @Guard('CHECKED')
  @Field(() => String, {
    nullable: true,
    description:
      'Cursor to continue after: `pageInfo.endCursor` of the previous page, or an edge’s `cursor`. Nodes that are added or removed ' +
      'meanwhile cause no duplicates and no gaps. Excludes `offset`.',
  })
  after?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Maximum number of nodes, 1 to 500. Defaults to 50. The same as `first`; give one of the two.',
  })
  limit?: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Number of nodes to skip from the beginning. Defaults to 0. Skipped nodes cost as much as returned ones: use `after` to walk ' +
      'through long lists.',
  })
  offset?: number | null;
}

@ObjectType({
  simpleResolvers: true,
  description: 'Position of a page in its list.',
})
export class PageInfo implements kernel.PageInfo {
  @Field(() => Boolean, { description: 'True if there is another page after this one.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, {
    description: 'True if the page was requested with `after` or `offset`, so that nodes may precede it.',
  })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first node. Null if the page is empty.' })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the last node, for `after`. Null if the page is empty.',
  })
  endCursor!: string | null;

  @Field(() => Boolean, { description: 'The same as `hasNextPage`.' })
  hasMore!: boolean;

  @Field(() => Int, { description: 'Limit that was applied.' })
  limit!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'Offset that was applied. Null if the page was requested with a cursor.',
  })
  offset!: number | null;

  readonly total!: () => Promise<number>;
}

@Resolver(() => PageInfo)
export class PageInfoResolver {
  @FieldResolver(() => Int, {
    description:
      'Number of nodes in all pages that the caller may see. Counted only when requested; may cost more than the page.',
  })
  total(@Root() { total }: kernel.PageInfo): Promise<number> {
    return total();
  }
}

type NodeClass<T extends object> = abstract new (...args: never[]) => T;

/**
 * The GraphQL type of a page of `Node`s: `<Node>Connection`. Call it once for each node class and export the result:
 * `export const ApplicationConnection = ConnectionType(Application);` then `@Query(() => ApplicationConnection)`.
 */
export function ConnectionType<T extends object>(Node: NodeClass<T>, name = Node.name): new () => Page<T> {
  @ObjectType(`${name}Edge`, { simpleResolvers: true, description: `${name} and its position in the list.` })
  class Edge {
    @Field(() => Node, { description: 'Node.' })
    readonly node!: T;

    @Field(() => String, { description: 'Position of this node, for `after`.' })
    readonly cursor!: string;
  }

  @ObjectType(`${name}Connection`, { simpleResolvers: true, description: `Page of a list of ${name}.` })
  class Connection implements Page<T> {
    @Field(() => [Node], { description: 'Nodes of this page.' })
    readonly nodes!: readonly T[];

    @Field(() => [Edge], { description: 'The same nodes, each with its cursor.' })
    readonly edges!: readonly Edge[];

    @Field(() => PageInfo, { description: 'Position of this page in the list.' })
    readonly pageInfo!: PageInfo;
  }

  return Connection;
}
