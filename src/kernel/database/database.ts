import type { Pool, PoolClient } from 'pg';
import { Connection } from './connection';
import { ANSWER_MS } from './pool';
import { Traffic } from './traffic';
import type { Wakeups } from './wakeups';

/**
 * SQL goes through it: to the pool, or to an open transaction. The first argument of every store function. Calls that
 * are not awaited one by one share a round trip: `await Promise.all([findRun(db, id), findTasks(db, id)])`.
 */
export interface Db {
  /** Rows that a statement returns. */
  rows<T>(sql: string, parameters?: readonly unknown[]): Promise<T[]>;
  /** Number of rows that a statement wrote. */
  write(sql: string, parameters?: readonly unknown[]): Promise<number>;
  /** Identity of the transaction, the same in copies of this handle. */
  readonly key: object;
}

export interface Transaction extends Db {
  /** Queues a statement that leaves with the next one, or with the COMMIT. If it fails, the transaction fails. */
  defer(sql: string, parameters?: readonly unknown[]): void;
  /** Wakes sleepers on these topics after the commit, and only then. */
  wake(...topics: string[]): void;
}

/** Takes part in a transaction just before its COMMIT. The function that it returns is called after the commit. */
export type BeforeCommit = (db: Transaction) => Promise<(() => void) | undefined>;

export interface TransactionOptions {
  /**
   * Statements are planned once for all values of their parameters. For statements that find rows by their keys:
   * PostgreSQL would plan those anew each time, because lists of one key look cheaper, and that takes longer than to run
   * them.
   */
  readonly keepsPlans?: boolean;
}

/** How many connections had fallen silent when a connection was opened. */
const silencesAt = new WeakMap<PoolClient, number>();

const RETRYABLE = new Set(['40001', '40P01']); // serialization failure, deadlock
const IN_FAILED_TRANSACTION = '25P02';
const MAX_TRIES = 4;

/**
 * The handle to PostgreSQL. A transaction collects the topics that it changed and signals them after its commit: a
 * NOTIFY inside a transaction takes a database-wide lock at the commit.
 */
export class Database implements Db {
  readonly key: object = this;

  constructor(
    private readonly pool: Pool,
    readonly wakeups: Wakeups,
    readonly traffic = new Traffic(true),
    /** The connection that all statements go through, if this is a snapshot. */
    private readonly snapshotOn?: Connection,
    private readonly answerMs = ANSWER_MS,
    private readonly hooks: BeforeCommit[] = [],
  ) {}

  /**
   * A handle for short reads that give up a connection without an answer after so many milliseconds, and fail. For
   * readers that try again: the next try has another connection.
   */
  impatient(answerMs: number): Database {
    return new Database(this.pool, this.wakeups, this.traffic, undefined, answerMs, this.hooks);
  }

  /** Statements sent so far; a test that compares it before and after proves that a list has no N+1. */
  get statements(): number {
    return this.traffic.statements;
  }

  async rows<T>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> {
    return (await this.send(sql, parameters)).rows;
  }

  async write(sql: string, parameters: readonly unknown[] = []): Promise<number> {
    return (await this.send(sql, parameters)).rowCount ?? 0;
  }

  /** Reads over one connection, so that statements that are sent together share a round trip. */
  async together<T>(work: (db: Db) => Promise<T>): Promise<T> {
    if (this.snapshotOn !== undefined) return work(this);
    return this.onConnection((connection) => work(statementsOf(connection)));
  }

  /** A transaction whose statements are all sent at once, with its COMMIT: one round trip. Keeps plans. */
  async atOnce<T>(work: (db: Transaction) => Promise<T>): Promise<T> {
    const { answer } = await this.transaction(
      async (db) => {
        const sent = work(db);
        // If the transaction fails, its error is the one to tell.
        sent.catch(() => undefined);
        return { answer: sent };
      },
      { keepsPlans: true },
    );
    return answer;
  }

  /**
   * Rejects if the database does not answer, or has no space. Space is looked for only after a statement found none, by
   * taking some: a small change may fit into pages that exist.
   */
  async check(): Promise<void> {
    if (!this.traffic.storageFull) return void (await this.rows('SELECT 1'));
    await this.transaction((db) =>
      db.rows('CREATE TEMPORARY TABLE slipway_space ON COMMIT DROP AS SELECT generate_series(1, 30000)'),
    );
    this.traffic.storageFull = false;
  }

  /** Adds a hook that takes part in every transaction, after all that the transaction itself does, at each try. */
  beforeCommit(hook: BeforeCommit): void {
    this.hooks.push(hook);
  }

  /**
   * Runs `work` in a transaction, again after a deadlock. BEGIN leaves with the first statement, and COMMIT with the
   * deferred ones, so a transaction that reads once and then defers its writes takes two round trips.
   */
  async transaction<T>(work: (db: Transaction) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    if (this.snapshotOn !== undefined) throw new Error('A snapshot is for reading only.');
    for (let tries = 1; ; tries++) {
      const topics = new Set<string>();
      try {
        const result = await this.onConnection((connection) => this.tryTransaction(connection, topics, work, options));
        this.wakeups.signal([...topics]);
        return result;
      } catch (error) {
        if (tries >= MAX_TRIES || !RETRYABLE.has(sqlState(error) ?? '')) throw error;
      }
    }
  }

  /** Reads through this handle all see the database at one moment. For reading only. */
  async snapshot<T>(work: (database: Database) => Promise<T>): Promise<T> {
    return this.onConnection(async (connection) => {
      connection.defer('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      try {
        return await work(new Database(this.pool, this.wakeups, this.traffic, connection, this.answerMs));
      } finally {
        await rollback(connection);
      }
    });
  }

  private async tryTransaction<T>(
    connection: Connection,
    topics: Set<string>,
    work: (db: Transaction) => Promise<T>,
    { keepsPlans = false }: TransactionOptions,
  ): Promise<T> {
    const db: Transaction = {
      ...statementsOf(connection),
      defer: (sql, parameters) => connection.defer(sql, parameters),
      wake: (...names) => {
        for (const name of names) topics.add(name);
      },
    };
    let committing = false;
    connection.defer('BEGIN');
    if (keepsPlans) connection.defer('SET LOCAL plan_cache_mode = force_generic_plan');
    try {
      const value = await work(db);
      const committed: (() => void)[] = [];
      for (const hook of this.hooks) committed.push((await hook(db)) ?? (() => undefined));
      committing = true;
      const { command } = await connection.send('COMMIT');
      // PostgreSQL answers the COMMIT of a failed transaction with ROLLBACK, not with an error.
      if (command !== 'COMMIT') throw new Error('The transaction was rolled back.');
      for (const tell of committed) tell();
      return value;
    } catch (error) {
      if (!committing) await rollback(connection);
      const consequence = committing || sqlState(error) === IN_FAILED_TRANSACTION;
      throw consequence ? (connection.failure ?? error) : error;
    }
  }

  private send(sql: string, parameters: readonly unknown[]) {
    if (this.snapshotOn !== undefined) return this.snapshotOn.send(sql, parameters);
    return this.onConnection((connection) => connection.send(sql, parameters));
  }

  /**
   * A connection from the pool. Those that were open when another one fell silent may be dead as well: they are closed.
   */
  private async connect(): Promise<PoolClient> {
    for (;;) {
      const client = await this.pool.connect();
      const known = silencesAt.get(client);
      if (known === undefined) silencesAt.set(client, this.traffic.silences);
      if (known === undefined || known === this.traffic.silences) return client;
      client.release(true);
    }
  }

  private async onConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = new Connection(await this.connect(), this.traffic, this.answerMs);
    try {
      return await work(connection);
    } finally {
      connection.release();
    }
  }
}

const statementsOf = (connection: Connection): Db => ({
  key: connection,
  rows: async (sql, parameters) => (await connection.send(sql, parameters)).rows,
  write: async (sql, parameters) => (await connection.send(sql, parameters)).rowCount ?? 0,
});

/** A ROLLBACK fails only if the connection is lost, and then the transaction is rolled back as well. */
async function rollback(connection: Connection): Promise<void> {
  connection.drop();
  if (connection.used) await connection.send('ROLLBACK').catch(() => undefined);
}

/** The SQLSTATE of a database error. */
export function sqlState(error: unknown): string | undefined {
  const code = property(error, 'code');
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** The name of the constraint that a statement violated. */
export function violatedConstraint(error: unknown): string | undefined {
  const constraint = property(error, 'constraint');
  return typeof constraint === 'string' ? constraint : undefined;
}

const property = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
