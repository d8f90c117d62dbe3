import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import type { Wakeups } from './wakeups';

/** Something that SQL can be sent to: the pool, or an open transaction. The first argument of every store function. */
export interface Db {
  /** The rows that a statement answers, whatever its kind. */
  rows<T>(sql: string, parameters?: readonly unknown[]): Promise<T[]>;
  /** How many rows a statement wrote. */
  write(sql: string, parameters?: readonly unknown[]): Promise<number>;
  /** TypeORM's side of the same connection. */
  readonly manager: EntityManager;
}

export interface Transaction extends Db {
  /** Wakes whoever waits for one of these topics, once the transaction is committed and never before. */
  wake(...topics: string[]): void;
}

/** Takes part in a transaction just before its COMMIT. What it answers is called when that has succeeded. */
export type BeforeCommit = (db: Transaction) => Promise<(() => void) | undefined>;

const RETRYABLE = new Set(['40001', '40P01']); // serialization failure, deadlock
const MAX_TRIES = 4;

/**
 * The one handle to PostgreSQL. A transaction collects the topics that it changed; they are signalled after the commit, from outside
 * of it, because a NOTIFY within a transaction takes a database-wide lock at its commit.
 */
export class Database implements Db {
  /** Statements sent so far; tests compare it before and after to prove that a list has no N+1. */
  statements = 0;
  private readonly hooks: BeforeCommit[] = [];

  constructor(
    readonly dataSource: DataSource,
    readonly wakeups: Wakeups,
    private readonly snapshotOf?: { readonly database: Database; readonly runner: QueryRunner },
  ) {}

  get manager(): EntityManager {
    return (this.snapshotOf?.runner ?? this.dataSource).manager;
  }

  async rows<T>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> {
    return this.withRunner(async (runner) => (await this.send(runner, sql, parameters)).records);
  }

  async write(sql: string, parameters: readonly unknown[] = []): Promise<number> {
    return this.withRunner(async (runner) => (await this.send(runner, sql, parameters)).affected ?? 0);
  }

  /** From now on `hook` takes part in every transaction, once for each try, after all that the transaction itself does. */
  beforeCommit(hook: BeforeCommit): void {
    this.hooks.push(hook);
  }

  async transaction<T>(work: (db: Transaction) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      const topics = new Set<string>();
      try {
        const result = await this.withRunner(async (runner) => {
          await this.send(runner, 'BEGIN', []);
          try {
            const db: Transaction = {
              manager: runner.manager,
              rows: async (sql, parameters = []) => (await this.send(runner, sql, parameters)).records,
              write: async (sql, parameters = []) => (await this.send(runner, sql, parameters)).affected ?? 0,
              wake: (...names) => {
                for (const name of names) topics.add(name);
              },
            };
            const value = await work(db);
            const committed: (() => void)[] = [];
            for (const hook of this.hooks) committed.push((await hook(db)) ?? (() => undefined));
            await this.send(runner, 'COMMIT', []);
            for (const tell of committed) tell();
            return value;
          } catch (error) {
            // A ROLLBACK that fails means that the connection is gone, and the transaction with it: the first error is the one to tell.
            await this.send(runner, 'ROLLBACK', []).catch(() => undefined);
            throw error;
          }
        });
        this.wakeups.signal([...topics]);
        return result;
      } catch (error) {
        if (tries >= MAX_TRIES || !RETRYABLE.has(sqlState(error) ?? '')) throw error;
      }
    }
  }

  /** Everything that is read through the handle is of one moment. For reading only. */
  async snapshot<T>(work: (database: Database) => Promise<T>): Promise<T> {
    return this.withRunner(async (runner) => {
      await this.send(runner, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', []);
      try {
        return await work(new Database(this.dataSource, this.wakeups, { database: this, runner }));
      } finally {
        await this.send(runner, 'ROLLBACK', []).catch(() => undefined);
      }
    });
  }

  private async withRunner<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    if (this.snapshotOf !== undefined) return this.inTurn(work, this.snapshotOf.runner);
    const runner = this.dataSource.createQueryRunner();
    try {
      return await work(runner);
    } finally {
      await runner.release();
    }
  }

  private turn: Promise<unknown> = Promise.resolve();

  /** Fields are resolved side by side, but one connection takes one statement at a time. */
  private inTurn<T>(work: (runner: QueryRunner) => Promise<T>, runner: QueryRunner): Promise<T> {
    const result = this.turn.then(() => work(runner));
    this.turn = result.catch(() => undefined);
    return result;
  }

  private send(runner: QueryRunner, sql: string, parameters: readonly unknown[]) {
    this.statements++;
    if (this.snapshotOf !== undefined) this.snapshotOf.database.statements++;
    return runner.query(sql, parameters as unknown[], true);
  }
}

/** The SQLSTATE of a database error, wherever the driver and TypeORM put it. */
export function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, driverError } = error as { code?: unknown; driverError?: unknown };
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code;
  return driverError === undefined ? undefined : sqlState(driverError);
}

/** The name of the constraint that a statement broke. */
export function violatedConstraint(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { constraint, driverError } = error as { constraint?: unknown; driverError?: unknown };
  if (typeof constraint === 'string') return constraint;
  return driverError === undefined ? undefined : violatedConstraint(driverError);
}
