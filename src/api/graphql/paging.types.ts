import { ArgsType, Field, Int, ObjectType } from 'type-graphql';
import type * as kernel from '../../kernel/paging';
import type { Page } from '../../kernel/paging';

/** `readPage` (paging.ts) checks these. */
@ArgsType()
export class PageArguments implements kernel.PageArguments {
  @Field(() => Int, {
    nullable: true,
    description:
      'Maximum number of nodes to return, from 1 to 500. Defaults to 50. Same as `limit`; give only one of them.',
  })
  first?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Cursor to continue after: `pageInfo.endCursor` of the previous page, or the `cursor` of an edge. Nodes that are ' +
      'added or removed in the meantime neither repeat nor hide others. Can’t be combined with `offset`.',
  })
  after?: string | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Maximum number of nodes to return, from 1 to 500. Defaults to 50. Same as `first`; give only one of them.',
  })
  limit?: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Number of nodes to skip. Defaults to 0. Costs the server as much as returning them: use `after` to walk through ' +
      'long lists.',
  })
  offset?: number | null;
}

@ObjectType({
  simpleResolvers: true,
  description: 'Position of a page in its list, and how to get the next one.',
})
export class PageInfo implements kernel.PageInfo {
  @Field(() => Boolean, { description: 'True if another page follows.' })
  hasNextPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the last node, for `after`. Null if the page is empty.',
  })
  endCursor!: string | null;

  @Field(() => Boolean, { description: 'Same as `hasNextPage`.' })
  hasMore!: boolean;

  @Field(() => Int, { description: 'Limit that was applied.' })
  limit!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'Offset that was applied. Null if the page was requested by a cursor.',
  })
  offset!: number | null;

  @Field(() => Int, {
    description:
      'Number of matching nodes in all pages together, as far as you may see them. Counted only when requested; may ' +
      'cost more than the page.',
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
    @Field(() => Node, { description: 'Node.' })
    readonly node!: T;

    @Field(() => String, { description: 'Cursor of this node, for `after`.' })
    readonly cursor!: string;
  }

  @ObjectType(`${name}Connection`, { simpleResolvers: true, description: `A page of a list of ${name}.` })
  class Connection implements Page<T> {
    @Field(() => [Node], { description: 'Nodes of this page.' })
    readonly nodes!: readonly T[];

    @Field(() => [Edge], { description: 'Nodes of this page, each with its cursor.' })
    readonly edges!: readonly Edge[];

    @Field(() => PageInfo, { description: 'Position of this page in the list.' })
    readonly pageInfo!: PageInfo;
  }

  return Connection;
}
