import { column, references, table } from '../../kernel/database/table';

/** A command that was carried out under a key: asked again with the same key, it answers as it did then. */
export interface IdempotencyKey {
  readonly applicationId: string;
  readonly key: string;
  /** Of everything that the request asks for. */
  readonly hash: string;
  readonly executionId: string;
  /** Something else that the command created, such as an operation of the run. */
  readonly answerId: string | null;
  readonly createdAt: Date;
}

/** A key stands for one request in its application. */
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
