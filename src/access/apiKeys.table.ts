import { column, table } from '../database/table';

/** A key for people and scripts. Only the hash of its secret is stored; `prefix` finds the row. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly secretHash: string;
  readonly administrator: boolean;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

export const apiKeyTable = table<ApiKey>('api_key', {
  columns: {
    id: column.id,
    name: column.text,
    prefix: column.text,
    secretHash: column.text,
    administrator: column.boolean,
    createdAt: column.time,
    lastUsedAt: column.timeOrNull,
    revokedAt: column.timeOrNull,
  },
  uniques: [{ name: 'api_key_prefix', columns: ['prefix'] }],
});
