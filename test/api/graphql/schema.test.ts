import { readFileSync } from 'node:fs';
import { graphql, parse, printType, subscribe } from 'graphql';
import {
  Args,
  Field,
  Int,
  InterfaceType,
  type NonEmptyArray,
  ObjectType,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { version } from '../../../package.json';
import { cursorCodec, readPage, toPage } from '../../../src/kernel/paging';
import { type Page } from '../../../src/kernel/paging';
import { TypeOf } from '../../../src/api/graphql/abstractTypes';
import { ConnectionType, PageArguments, PageInfoResolver } from '../../../src/api/graphql/paging.types';
import { resolvers } from '../../../src/api/graphql/resolvers';
import { buildGraphqlSchema, type ResolverClass, schemaText } from '../../../src/api/graphql/schema';

@TypeOf((value: object) => value.constructor.name)
@InterfaceType()
abstract class Animal {
  @Field(() => String)
  name!: string;
}

@ObjectType({ implements: Animal, simpleResolvers: true })
class Cat extends Animal {
  @Field(() => Int)
  lives!: number;
}

@ObjectType({ simpleResolvers: true })
class Row {
  @Field(() => Int)
  readonly number!: number;

  @Field(() => Date)
  readonly at!: Date;
}

const RowConnection = ConnectionType(Row);
const rows = Array.from({ length: 7 }, (_item, index) => ({
  number: index + 1,
  at: new Date(Date.UTC(2026, 0, index + 1)),
}));
const codec = cursorCodec('rows', 'number');
const counted: number[] = [];

@Resolver()
class TestResolver {
  @Query(() => RowConnection)
  rows(@Args(() => PageArguments) page: PageArguments): Page<Row> {
    const request = readPage(page, codec);
    const from = rows.filter(({ number }) => !request.after || number > request.after[0]).slice(request.offset);
    return toPage(request, {
      rows: from.slice(0, request.fetch),
      cursor: (row) => codec.encode([row.number]),
      countTotal: async () => counted.push(rows.length) && rows.length,
    });
  }

  @Query(() => [Animal])
  animals(): unknown[] {
    return [{ __typename: 'Cat', name: 'Tom', lives: 9 }, Object.assign(new Cat(), { name: 'Kit', lives: 8 })];
  }

  @Subscription(() => Row, { subscribe: () => stream() })
  rowAdded(@Root() row: Row): Row {
    return row;
  }
}

async function* stream() {
  yield rows[0];
}

const testResolvers: NonEmptyArray<ResolverClass> = [TestResolver, PageInfoResolver];
const schema = buildGraphqlSchema(testResolvers);
const ask = async (source: string) => JSON.parse(JSON.stringify(await graphql({ schema, source, contextValue: {} })));

describe('the schema', () => {
  it('matches the committed one (npm run schema)', () => {
    expect(schemaText(buildGraphqlSchema(resolvers))).toBe(readFileSync('schema/schema.graphql', 'utf8'));
  });

  it('returns the version', async () => {
    const result = await graphql({ schema: buildGraphqlSchema(resolvers), source: '{ version }', contextValue: {} });
    expect(result).toEqual({ data: { version } });
  });

  it('describes all fields of pages', () => {
    for (const name of ['PageInfo', 'RowConnection', 'RowEdge']) {
      const type = schema.getType(name);
      expect([name, type?.description]).toEqual([name, expect.any(String)]);
      const fields = type && 'getFields' in type ? Object.values(type.getFields()) : [];
      for (const field of fields) expect([field.name, field.description]).toEqual([field.name, expect.any(String)]);
    }
    for (const { name, description } of schema.getQueryType()?.getFields().rows?.args ?? []) {
      expect([name, description]).toEqual([name, expect.any(String)]);
    }
  });

  it('uses the names of FirstGen in its connections', () => {
    const shape = (name: string) => {
      const type = schema.getType(name);
      return (
        type &&
        printType(type)
          .replace(/""".*?"""\s*/gs, '')
          .replace(/\s+/g, ' ')
      );
    };
    expect(shape('RowConnection')).toBe('type RowConnection { nodes: [Row!]! edges: [RowEdge!]! pageInfo: PageInfo! }');
    expect(shape('PageInfo')).toBe(
      'type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String hasMore: Boolean! limit: Int! offset: Int total: Int! }',
    );
  });

  it('takes a row’s type from __typename, else from TypeOf, synchronously', async () => {
    const { data } = await ask('{ animals { __typename name ... on Cat { lives } } }');
    expect(data.animals).toEqual([
      { __typename: 'Cat', name: 'Tom', lives: 9 },
      { __typename: 'Cat', name: 'Kit', lives: 8 },
    ]);
    const type = schema.getType('Animal');
    const resolved = [{ __typename: 'Cat' }, new Cat()].map((row) =>
      type && 'resolveType' in type ? type.resolveType?.(row, {}, {} as never, type as never) : null,
    );
    expect(resolved).toEqual(['Cat', 'Cat']);
  });

  it('accepts a stream as a subscription, without a publisher', async () => {
    const result = await subscribe({
      schema,
      document: parse('subscription { rowAdded { number at } }'),
      contextValue: {},
    });
    if (!(Symbol.asyncIterator in result)) throw new Error(JSON.stringify(result));
    expect((await result.next()).value).toEqual({ data: { rowAdded: { number: 1, at: '2026-01-01T00:00:00.000Z' } } });
  });
});

describe('a list', () => {
  it('can be paged with cursors', async () => {
    const seen: number[] = [];
    let after = 'null';
    for (let page = 0; page < 10; page += 1) {
      const { data } = await ask(
        `{ rows(first: 3, after: ${after}) { nodes { number } pageInfo { hasNextPage hasMore endCursor offset } } }`,
      );
      seen.push(...data.rows.nodes.map(({ number }: Row) => number));
      expect(data.rows.pageInfo.hasMore).toBe(data.rows.pageInfo.hasNextPage);
      expect(data.rows.pageInfo.offset).toBe(page === 0 ? 0 : null);
      if (!data.rows.pageInfo.hasNextPage) break;
      after = JSON.stringify(data.rows.pageInfo.endCursor);
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('can be paged with limit and offset', async () => {
    const { data } = await ask(
      '{ rows(limit: 3, offset: 6) { nodes { number } pageInfo { limit offset hasMore endCursor } } }',
    );
    expect(data.rows).toMatchObject({ nodes: [{ number: 7 }], pageInfo: { limit: 3, offset: 6, hasMore: false } });
    const beyond = await ask('{ rows(limit: 3, offset: 60) { nodes { number } pageInfo { hasMore endCursor } } }');
    expect(beyond.data.rows).toEqual({ nodes: [], pageInfo: { hasMore: false, endCursor: null } });
  });

  it('gives each edge the cursor that continues after it', async () => {
    const { data } = await ask('{ rows(first: 2) { edges { node { number } cursor } } }');
    const [first] = data.rows.edges;
    const next = await ask(`{ rows(first: 1, after: "${first.cursor}") { nodes { number } } }`);
    expect([first.node.number, next.data.rows.nodes]).toEqual([1, [{ number: 2 }]]);
  });

  it('is counted only on request, and once', async () => {
    counted.length = 0;
    await ask('{ rows { nodes { number } pageInfo { hasMore } } }');
    expect(counted).toEqual([]);
    const { data } = await ask('{ rows { pageInfo { total again: total } } }');
    expect(data.rows.pageInfo).toEqual({ total: 7, again: 7 });
    expect(counted).toEqual([7]);
  });
});
