import { column, references, table } from '../../kernel/database/table';

/** A command that ran under a key. Repeating it with the same key returns the same result. */
export interface IdempotencyKey {
  readonly applicationId: string;
  readonly key: string;
  /** Hash of the whole request. */
  readonly hash: string;
  readonly executionId: string;
  /** Id of another object that the command created, such as an operation of the run. */
  readonly answerId: string | null;
  readonly createdAt: Date;
}

/** A key identifies one request in its application. */
export const ONE_REQUEST = 'idempotency_key_one_request';

export const idempotencyKeyTable = table<IdempotencyKey>('idempotency_key', {
  columns: {
    applicationId: { ...column.uuid, primary: true, primaryKeyConstraintName: ONE_REQUEST },
    key: { ...column.text, primary: true, primaryKeyConstraintName: ONE_REQUEST },
    hash: column.text,
    executionId: column.uuid,
    answerId: column.uuidOrNull,
    createdAt: column.time,
  },
  foreignKeys: [references('execution', 'executionId')],
});
