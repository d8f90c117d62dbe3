import { column, references, table } from '../kernel/database/table';

/** A key for people and scripts. Only the hash of its secret is stored; `prefix` finds the row. What it may do comes from its groups. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly secretHash: string;
  /** The person whose key it is; null: nobody's, for a program. */
  readonly ownerId: string | null;
  /** The applications that it is narrowed to; null: it is not. */
  readonly applicationIds: readonly string[] | null;
  readonly createdAt: Date;
  readonly createdBy: string | null;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

export const apiKeyTable = table<ApiKey>('api_key', {
  columns: {
    id: column.id,
    name: column.text,
    prefix: column.text,
    secretHash: column.text,
    ownerId: column.uuidOrNull,
    applicationIds: { ...column.uuidOrNull, array: true },
    createdAt: column.time,
    createdBy: column.textOrNull,
    expiresAt: column.timeOrNull,
    lastUsedAt: column.timeOrNull,
    revokedAt: column.timeOrNull,
  },
  foreignKeys: [references('user_account', 'ownerId')],
  uniques: [{ name: 'api_key_prefix', columns: ['prefix'] }],
  indices: [{ name: 'api_key_owner', columns: ['ownerId'], where: 'owner_id IS NOT NULL' }],
});
