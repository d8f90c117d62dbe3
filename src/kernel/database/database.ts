import type { Pool, PoolClient } from 'pg';
import { Backends } from './backends';
import { Connection } from './connection';
import { ANSWER_MS } from './pool';
import { Traffic } from './traffic';
import type { Wakeups } from './wakeups';

/**
 * Handle for SQL, on the pool or in an open transaction. The first argument of every store function. Calls that are not
 * awaited one by one share a round trip: `await Promise.all([findRun(db, id), findTasks(db, id)])`.
 */
export interface Db {
  /** Rows that a statement returns. */
  rows<T>(sql: string, parameters?: readonly unknown[]): Promise<T[]>;
  /** Number of rows that a statement wrote. */
  write(sql: string, parameters?: readonly unknown[]): Promise<number>;
  /** Identity of the transaction, shared by copies of this handle. */
  readonly key: object;
}

export interface Transaction extends Db {
  /** Queues a statement that is sent with the next one, or with the COMMIT. If it fails, the transaction fails. */
  defer(sql: string, parameters?: readonly unknown[]): void;
  /** Wakes sleepers on these topics after the commit. A rollback wakes none. */
  wake(...topics: string[]): void;
}

/** Takes part in a transaction just before its COMMIT. The function that it returns is called after the commit. */
export type BeforeCommit = (db: Transaction) => Promise<(() => void) | undefined>;

export interface TransactionOptions {
  /**
   * True if statements are planned once for all parameter values. For statements that find rows by their keys:
   * PostgreSQL would plan these again each time, because lists of one key look cheaper, and planning takes longer than
   * execution.
   */
  readonly keepsPlans?: boolean;
  /**
   * False if a crash of PostgreSQL may undo the transaction up to a second after its COMMIT, which therefore does not
   * wait for the disk. For changes that expire and are made again. A later durable transaction makes them durable, too.
   */
  readonly durable?: boolean;
}

/** Number of connections that had fallen silent when a connection was opened. */
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
    /** The connection of all statements, if this is a snapshot. */
    private readonly snapshotOn?: Connection,
    private readonly answerMs = ANSWER_MS,
    private readonly hooks: BeforeCommit[] = [],
    private readonly backends = new Backends(pool.options),
  ) {}

  /**
   * A handle for short reads that fail, and give up their connection, after this many milliseconds without a response.
   * For readers that retry: the next attempt uses another connection.
   */
  impatient(answerMs: number): Database {
    return new Database(this.pool, this.wakeups, this.traffic, undefined, answerMs, this.hooks, this.backends);
  }

  /** Number of statements sent; a test that compares it before and after proves that a list has no N+1. */
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

  /** A transaction whose statements are all sent together with its COMMIT: one round trip. Keeps plans. */
  async atOnce<T>(
    work: (db: Transaction) => Promise<T>,
    options: Pick<TransactionOptions, 'durable'> = {},
  ): Promise<T> {
    const { answer } = await this.transaction(
      async (db) => {
        const sent = work(db);
        // If the transaction fails, its error is the one to report.
        sent.catch(() => undefined);
        return { answer: sent };
      },
      { ...options, keepsPlans: true },
    );
    return answer;
  }

  /**
   * Rejects if the database does not respond, or is out of space. Space is checked only after a statement has run out
   * of it, by writing: a small change may fit into existing pages.
   */
  async check(): Promise<void> {
    if (!this.traffic.storageFull) return void (await this.rows('SELECT 1'));
    await this.transaction((db) =>
      db.rows('CREATE TEMPORARY TABLE slipway_space ON COMMIT DROP AS SELECT generate_series(1, 30000)'),
    );
    this.traffic.storageFull = false;
  }

  /** Adds a hook that takes part in every transaction, after the work of the transaction itself, at each attempt. */
  beforeCommit(hook: BeforeCommit): void {
    this.hooks.push(hook);
  }

  /**
   * Runs `work` in a transaction, again after a deadlock. BEGIN is sent with the first statement, and COMMIT with the
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

  /** All reads through this handle see the database at one moment. Read-only. */
  async snapshot<T>(work: (database: Database) => Promise<T>): Promise<T> {
    return this.onConnection(async (connection) => {
      connection.defer('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      try {
        const { pool, wakeups, traffic, answerMs, hooks, backends } = this;
        return await work(new Database(pool, wakeups, traffic, connection, answerMs, hooks, backends));
      } finally {
        await rollback(connection);
      }
    });
  }

  private async tryTransaction<T>(
    connection: Connection,
    topics: Set<string>,
    work: (db: Transaction) => Promise<T>,
    { keepsPlans = false, durable = true }: TransactionOptions,
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
    if (!durable) connection.defer('SET LOCAL synchronous_commit = off');
    try {
      const value = await work(db);
      const committed: (() => void)[] = [];
      for (const hook of this.hooks) committed.push((await hook(db)) ?? (() => undefined));
      committing = true;
      const { command } = await connection.send('COMMIT').catch((error: unknown) => {
        // Without a response it may not have been sent: the next user of the connection would commit this work.
        if (sqlState(error) === undefined) connection.discard();
        throw error;
      });
      // For the COMMIT of a failed transaction, PostgreSQL returns ROLLBACK instead of an error.
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
   * A connection from the pool. Connections that were open when another one fell silent may be dead, too: they are
   * closed.
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
    const connection = new Connection(await this.connect(), this.traffic, this.answerMs, this.backends);
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

/** A ROLLBACK fails only if the connection is lost, and then PostgreSQL rolls the transaction back. */
async function rollback(connection: Connection): Promise<void> {
  connection.drop();
  if (connection.used) await connection.send('ROLLBACK').catch(() => undefined);
}

/** SQLSTATE of a database error. */
export function sqlState(error: unknown): string | undefined {
  const code = property(error, 'code');
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** Name of the constraint that a statement violated. */
export function violatedConstraint(error: unknown): string | undefined {
  const constraint = property(error, 'constraint');
  return typeof constraint === 'string' ? constraint : undefined;
}

const property = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
