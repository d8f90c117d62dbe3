import type { Pool } from 'pg';
import { Backends } from '../../../src/kernel/database/backends';
import { Database, type Db, sqlState } from '../../../src/kernel/database/database';
import { createPool } from '../../../src/kernel/database/pool';
import { insertRows } from '../../../src/kernel/database/table';
import { Traffic } from '../../../src/kernel/database/traffic';
import { ProcessWakeups } from '../../../src/kernel/database/wakeups';
import { newId } from '../../../src/kernel/ids';
import { createLog } from '../../../src/kernel/log';
import { agentTokenTable } from '../../../src/runs/agents/agents.table';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { FlakyProxy } from '../../support/flakyProxy';

let testDatabase: TestDatabase;
let pool: Pool;
let database: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  pool = createPool(testDatabase.url, 3, createLog({ level: 'silent', pretty: false }));
  database = new Database(pool, new ProcessWakeups());
  await database.write('CREATE TABLE item (id integer PRIMARY KEY, note text, extra jsonb)');
});
beforeEach(() => database.write('TRUNCATE item'));
afterAll(async () => {
  await pool.end();
  await testDatabase.drop();
});

const insert = 'INSERT INTO item (id, note) VALUES ($1, $2)';
const ids = async () => (await database.rows<{ id: number }>('SELECT id FROM item ORDER BY id')).map(({ id }) => id);

/** Statements of each flush of `work`. */
async function flushesOf(work: () => Promise<unknown>): Promise<string[][]> {
  const flushes: string[][] = [];
  const { flushes: before } = database.traffic;
  database.traffic.beforeFlush = (statements) => flushes.push(statements.map((text) => text.split(' ')[0] ?? ''));
  try {
    await work();
  } finally {
    database.traffic.beforeFlush = undefined;
  }
  expect(database.traffic.flushes - before).toBe(flushes.length);
  return flushes;
}

describe('transaction', () => {
  it('sends BEGIN with the first statement and deferred writes with COMMIT', async () => {
    const flushes = await flushesOf(() =>
      database.transaction(async (db) => {
        const [row] = await db.rows<{ n: number }>('SELECT 1 AS n');
        expect(row?.n).toBe(1);
        db.defer(insert, [1, 'one']);
        db.defer(insert, [2, 'two']);
      }),
    );
    expect(flushes).toEqual([
      ['BEGIN', 'SELECT'],
      ['INSERT', 'INSERT', 'COMMIT'],
    ]);
    expect(await ids()).toEqual([1, 2]);
  });

  it('sends statements of concurrent functions in one flush, in order', async () => {
    const later = async (id: number) => Promise.resolve(id);
    const flushes = await flushesOf(() =>
      database.transaction(async (db) => {
        const written = [3, 1, 2].map(async (id) => db.rows('SELECT pg_sleep(0), $1::int', [await later(id)]));
        await Promise.all([...written, db.write(insert, [3, null])]);
      }),
    );
    expect(flushes.map((statements) => statements.length)).toEqual([5, 1]);
  });

  it('is rolled back when a deferred statement fails, with the error of that statement', async () => {
    const failing = database.transaction(async (db) => {
      await db.write(insert, [1, null]);
      db.defer(insert, [1, null]);
      db.defer(insert, [2, null]);
    });
    await expect(failing).rejects.toThrow('duplicate key');
    expect(await ids()).toEqual([]);
  });

  it('reports the first error when later statements fail because of it', async () => {
    const failing = database.transaction(async (db) => {
      db.defer(insert, [1, null]);
      db.defer(insert, [1, null]);
      await db.rows('SELECT 1');
    });
    await expect(failing.catch((error: unknown) => sqlState(error))).resolves.toBe('23505');
  });

  it('is rolled back when it catches an error, and reports that error', async () => {
    const failing = database.transaction(async (db) => {
      await db.write(insert, [1, null]);
      await db.write(insert, [1, null]).catch(() => undefined);
    });
    await expect(failing).rejects.toThrow('duplicate key');
    expect(await ids()).toEqual([]);
  });

  it('is rolled back when a value can’t be encoded, and the connection is replaced', async () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const sql = 'INSERT INTO item (id, extra) VALUES ($1, $2)';
    for (let round = 0; round < 5; round++) {
      const failing = database.transaction(async (db) => {
        db.defer(insert, [1, null]);
        db.defer(sql, [2, circular]);
      });
      await expect(failing).rejects.toThrow('circular');
      expect(await ids()).toEqual([]);
      await database.write(sql, [2, { fine: true }]);
      await database.write('TRUNCATE item');
    }
  });

  it('is rolled back when its COMMIT was not sent, and nobody gets its connection', async () => {
    database.traffic.beforeFlush = (statements) => {
      if (statements.includes('COMMIT')) throw new Error('not sent');
    };
    const lost = database.transaction((db) => db.write(insert, [1, 'lost']));
    await expect(lost.finally(() => (database.traffic.beforeFlush = undefined))).rejects.toThrow('not sent');
    await Promise.all([2, 3, 4].map((id) => database.transaction((db) => db.write(insert, [id, 'kept']))));
    expect(await ids()).toEqual([2, 3, 4]);
  });

  it('drops deferred statements and sends nothing when the work fails first', async () => {
    const flushes = await flushesOf(async () => {
      const failing = database.transaction(async (db) => {
        db.defer(insert, [1, null]);
        throw new Error('refused');
      });
      await expect(failing).rejects.toThrow('refused');
    });
    expect(flushes).toEqual([]);
  });

  it('rejects statements after its end', async () => {
    const db = await database.transaction(async (db) => db);
    await expect(db.rows('SELECT 1')).rejects.toThrow('the transaction of this statement has ended');
  });

  it('runs again after a deadlock', async () => {
    await database.write('INSERT INTO item (id) VALUES (1), (2)');
    let tries = 0;
    const update = (id: number) => `UPDATE item SET note = 'x' WHERE id = ${id}`;
    let arrived = 0;
    let bothHere = () => {};
    const both = new Promise<void>((resolve) => {
      bothHere = resolve;
    });
    const move = (first: number, second: number) =>
      database.transaction(async (db) => {
        tries++;
        await db.write(update(first));
        if (++arrived === 2) bothHere();
        await both;
        await db.write(update(second));
      });
    await Promise.all([move(1, 2), move(2, 1)]);
    expect(tries).toBe(3);
  });
});

describe('snapshot', () => {
  it('reads concurrently in one flush, at one moment', async () => {
    await database.write(insert, [1, null]);
    const flushes = await flushesOf(() =>
      database.snapshot(async (db) => {
        expect(await Promise.all([db.rows('SELECT id FROM item'), db.rows('SELECT 2 AS id')])).toEqual([
          [{ id: 1 }],
          [{ id: 2 }],
        ]);
        await database.write(insert, [2, null]);
        expect(await db.rows('SELECT id FROM item')).toEqual([{ id: 1 }]);
      }),
    );
    expect(flushes[0]).toEqual(['BEGIN', 'SELECT', 'SELECT']);
  });
});

describe('statements', () => {
  const prepared = (of: Database) =>
    of.transaction(async (db) => {
      for (let n = 0; n < 4; n++) await db.rows('SELECT $1::int AS prepared', [n]);
      return db.rows('SELECT name FROM pg_prepared_statements WHERE statement LIKE $1', ['SELECT $1::int AS prepared']);
    });

  it('are prepared once they repeat', async () => {
    expect(await prepared(database)).toHaveLength(1);
  });

  it('are not prepared behind a pooler', async () => {
    const other = createPool(testDatabase.url, 1, createLog({ level: 'silent', pretty: false }));
    expect(await prepared(new Database(other, new ProcessWakeups(), new Traffic(false)))).toEqual([]);
    await other.end();
  });

  it('reject with a stack that leads to the caller', async () => {
    const failing = async function theCaller() {
      await database.rows('SELECT nothing');
    };
    const error = await failing().catch((error: unknown) => error);
    expect((error as Error).stack).toContain('theCaller');
  });
});

describe('insertRows', () => {
  it('writes any number of rows with the same statement', async () => {
    const at = new Date('2026-01-02T03:04:05.678Z');
    const row = (name: string) => ({
      id: newId(),
      name,
      secretHash: name,
      createdAt: at,
      createdBy: 'a "b" \\ ü',
      ...{
        labels: ['os=linux'],
        applicationIds: null,
        expiresAt: null,
        revokedAt: null,
        revokedBy: null,
        lastUsedAt: null,
      },
    });
    const texts: string[] = [];
    database.traffic.beforeFlush = (statements) => texts.push(...statements);
    await insertRows(database, agentTokenTable, [row('one')]);
    await insertRows(database, agentTokenTable, [row('two'), row('three')]);
    await insertRows(database, agentTokenTable, []);
    database.traffic.beforeFlush = undefined;
    expect(new Set(texts).size).toBe(1);
    expect(texts).toHaveLength(2);
    expect(await database.rows('SELECT name, created_at, created_by FROM agent_token ORDER BY name')).toEqual(
      ['one', 'three', 'two'].map((name) => ({ name, created_at: at, created_by: 'a "b" \\ ü' })),
    );
  });
});

describe('impatient', () => {
  it('cancels a statement that takes too long, and keeps the connection', async () => {
    const [slow, quick] = await database
      .impatient(50)
      .together((db) => Promise.allSettled(['SELECT pg_sleep(60)', 'SELECT 1'].map((sql) => db.rows(sql))));
    expect(slow).toMatchObject({ reason: { message: 'Connection terminated: no answer within 50 ms' } });
    expect(quick?.status).toBe('fulfilled');
    expect(database.traffic.silences).toBe(0);
    expect(
      await database.rows("SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND state = 'active'"),
    ).toEqual([]);
  });
});

describe('a connection without a response', () => {
  let proxy: FlakyProxy;
  /** Way of the connection that looks at the others. */
  let lookout: FlakyProxy;
  let behind: Pool;
  let cautious: Database;
  beforeAll(async () => {
    [proxy, lookout] = (await Promise.all([1, 2].map(() => FlakyProxy.start(() => testDatabase.url)))) as [
      FlakyProxy,
      FlakyProxy,
    ];
    const through = ({ url: way }: FlakyProxy) => {
      const url = new URL(testDatabase.url);
      url.host = new URL(way).host;
      return url.href;
    };
    behind = createPool(through(proxy), 2, createLog({ level: 'silent', pretty: false }));
    const backends = new Backends({ connectionString: through(lookout) }, 50, 50);
    cautious = new Database(behind, new ProcessWakeups(), undefined, undefined, 60_000, [], backends);
  });
  afterAll(async () => {
    proxy.giveUpStalled();
    await behind.end();
    await Promise.all([proxy.stop(), lookout.stop()]);
  });

  const LOST = 'Connection terminated: PostgreSQL is not working on its statement';
  const begin = (more: (db: Db) => Promise<unknown>) =>
    cautious.transaction(async (db) => {
      await db.write(insert, [1, null]);
      await more(db);
    });

  it('is given up if its statement did not arrive; its locks are freed', async () => {
    const failing = begin(async (db) => {
      proxy.stallAll();
      await db.write(insert, [2, null]);
    });
    await expect(failing).rejects.toThrow(LOST);
    await cautious.write(insert, [1, null]);
    expect(await ids()).toEqual([1]);
    expect(cautious.traffic.silences).toBe(1);
  });

  it('is given up if the response to its COMMIT is lost', async () => {
    const failing = begin(async () => void proxy.breakNext('stall', 0));
    await expect(failing).rejects.toThrow(LOST);
    expect(await ids()).toEqual([1]);
  });

  it('is given up if no other connection can be opened', async () => {
    const failing = begin(async (db) => {
      lookout.accepts = 'none';
      await db.rows('SELECT pg_sleep(20)');
    });
    await expect(failing.finally(() => (lookout.accepts = 'all'))).rejects.toThrow(LOST);
  });

  it('is kept while its statement is slow, or waits for a lock', async () => {
    const { silences } = cautious.traffic;
    let waiting: Promise<number> | undefined;
    await database.transaction(async (db) => {
      await db.write(insert, [1, null]);
      waiting = cautious.write(`${insert} ON CONFLICT (id) DO UPDATE SET note = 'second'`, [1, null]);
      expect(await cautious.rows('SELECT 1 AS n FROM pg_sleep(0.5)')).toEqual([{ n: 1 }]);
    });
    expect(await waiting).toBe(1);
    expect(cautious.traffic.silences).toBe(silences);
  });
});

describe('statements for arrays', () => {
  it('keep their plan, also for one key', async () => {
    await database.together(async (db) => {
      const text =
        'SELECT c.oid FROM unnest($1::int[], $2::text[]) AS asked (oid, name) JOIN pg_class c ON c.oid = asked.oid AND c.relname = ANY ($2::text[])';
      const { oid } = (await db.rows<{ oid: number }>(`SELECT 'pg_class'::regclass::int AS oid`))[0] ?? { oid: 0 };
      for (let n = 0; n < 12; n++) expect(await db.rows(text, [[oid], ['pg_class']])).toEqual([{ oid }]);
      expect(
        await db.rows(text, [
          [oid, oid],
          ['pg_class', 'other'],
        ]),
      ).toHaveLength(2);
      expect(await db.rows(text, [[], []])).toEqual([]);
      const plans = await db.rows<{ generic: number }>(
        `SELECT generic_plans::int AS generic FROM pg_prepared_statements WHERE statement LIKE 'SELECT c.oid FROM (SELECT%'`,
      );
      expect(plans[0]?.generic).toBeGreaterThan(0);
    });
  });
});
