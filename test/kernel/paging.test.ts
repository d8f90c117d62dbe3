import fc from 'fast-check';
import { afterCondition, cursorCodec, readPage, toPage } from '../../src/kernel/paging';
import type { PageArguments } from '../../src/api/graphql/paging.types';
import { Refusal } from '../../src/kernel/errors';

const codec = cursorCodec('executions newest first', 'time', 'text', 'number');

function refusal(work: () => unknown): Refusal {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('Nothing was refused.');
}
const rules = (given: PageArguments) =>
  (refusal(() => readPage(given, codec)).details.errors as { field: string; value: unknown; rule: string }[]).map(
    ({ field, value, rule }) => [field, value, rule],
  );

describe('page arguments', () => {
  const cursor = codec.encode([new Date(0), 'a', 1]);

  it.each<[PageArguments, object]>([
    [{}, { limit: 50, fetch: 51, offset: 0, after: undefined }],
    [
      { first: null, after: null, limit: null, offset: null },
      { limit: 50, fetch: 51, offset: 0, after: undefined },
    ],
    [{ first: 1 }, { limit: 1, fetch: 2, offset: 0, after: undefined }],
    [{ limit: 500 }, { limit: 500, fetch: 501, offset: 0, after: undefined }],
    [
      { limit: 10, offset: 30 },
      { limit: 10, fetch: 11, offset: 30, after: undefined },
    ],
    [
      { first: 10, offset: 30 },
      { limit: 10, fetch: 11, offset: 30, after: undefined },
    ],
    [
      { first: 10, after: cursor },
      { limit: 10, fetch: 11, offset: 0, after: [new Date(0), 'a', 1] },
    ],
  ])('%j are valid', (given, expected) => {
    expect(readPage(given, codec)).toEqual(expected);
  });

  it.each<[PageArguments, unknown[][]]>([
    [{ first: 0 }, [['first', 0, 'RANGE']]],
    [{ first: 501 }, [['first', 501, 'RANGE']]],
    [{ limit: -1 }, [['limit', -1, 'RANGE']]],
    [{ offset: -1 }, [['offset', -1, 'RANGE']]],
    [{ first: 5, limit: 5 }, [['limit', 5, 'EXCLUSIVE']]],
    [{ after: cursor, offset: 0 }, [['offset', 0, 'EXCLUSIVE']]],
    [
      { first: 0, limit: 900, offset: -3 },
      [
        ['limit', 900, 'EXCLUSIVE'],
        ['first', 0, 'RANGE'],
        ['limit', 900, 'RANGE'],
        ['offset', -3, 'RANGE'],
      ],
    ],
    [{ after: 'x' }, [['after', 'x', 'CURSOR']]],
  ])('%j are rejected, naming each broken rule', (given, expected) => {
    expect(rules(given)).toEqual(expected);
  });
});

describe('cursors', () => {
  const time = fc.date({ min: new Date(0), max: new Date('2200-01-01'), noInvalidDate: true });
  const text = fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0'));
  const number = fc.maxSafeInteger();

  it('survive a round trip', () => {
    fc.assert(
      fc.property(time, text, number, (...key) => {
        expect(codec.decode(codec.encode(key))).toEqual(key);
      }),
    );
  });

  it('are harmless in URLs and GraphQL text', () => {
    expect(codec.encode([new Date(0), '"\\\n</script>', 1])).toMatch(/^[\w-]+$/);
  });

  it('of another list or another form are rejected, and so is any other text', () => {
    const raw = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const at = '2026-01-01T00:00:00.000Z';
    const list = 'executions newest first';
    for (const bad of [
      '',
      'null',
      '%%%',
      raw(null),
      raw({}),
      raw([]),
      raw([list]),
      raw(['other', at, 'a', 1]),
      raw([list, at, 'a']),
      raw([list, at, 'a', 1, 2]),
      raw([list, at, 'a', '1']),
      raw([list, at, 'a', null]),
      raw([list, at, 5, 1]),
      raw([list, 'yesterday', 'a', 1]),
      raw([list, '2026', 'a', 1]),
      raw([list, at, 'a\0', 1]),
      raw([list, at, '\ud83d', 1]),
      raw([list, at, 'a', 1.5]),
      raw([list, at, 'a', 1e300]),
      raw([list, '-271821-04-20T00:00:00.000Z', 'a', 1]),
      raw([list, '+275760-09-13T00:00:00.000Z', 'a', 1]),
      raw([list, at, ['a'], 1]),
    ]) {
      const { code, details } = refusal(() => codec.decode(bad));
      expect([code, details]).toEqual([
        'INVALID_INPUT',
        { errors: [expect.objectContaining({ field: 'after', value: bad, rule: 'CURSOR' })] },
      ]);
    }
    fc.assert(
      fc.property(fc.string(), (value) => {
        expect(refusal(() => codec.decode(value)).code).toBe('INVALID_INPUT');
      }),
    );
  });

  it('become a condition on the sort key', () => {
    const parameters: unknown[] = ['before'];
    expect(afterCondition(['e.created_at', 'e.id'], 'DESC', ['t', 'i'], parameters)).toBe(
      '(e.created_at, e.id) < ($2, $3)',
    );
    expect(afterCondition(['n'], 'ASC', [7], parameters)).toBe('(n) > ($4)');
    expect(parameters).toEqual(['before', 't', 'i', 7]);
  });
});

describe('a page', () => {
  it('holds at most what was requested, and reads only requested fields', () => {
    const request = readPage({ first: 2 }, codec);
    const made: string[] = [];
    const cursor = (row: string) => {
      made.push(row);
      return `cursor of ${row}`;
    };
    const countTotal = async () => {
      throw new Error('Nobody asked.');
    };
    const page = toPage(request, { rows: ['a', 'b', 'c'], cursor, countTotal });
    expect(page.nodes).toEqual(['a', 'b']);
    expect(page.pageInfo).toMatchObject({
      hasNextPage: true,
      hasMore: true,
      endCursor: 'cursor of b',
      limit: 2,
      offset: 0,
    });
    expect(made).toEqual(['b']);
    expect(page.edges).toEqual([
      { node: 'a', cursor: 'cursor of a' },
      { node: 'b', cursor: 'cursor of b' },
    ]);
    expect(toPage(request, { rows: ['a', 'b'], cursor, countTotal }).pageInfo.hasNextPage).toBe(false);
  });
});
