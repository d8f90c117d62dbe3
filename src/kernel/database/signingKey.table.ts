import { column, table } from './table';

/** Key that signs links and tokens of jobs, for servers that share a database and have no SLIPWAY_SECRET_KEY. */
export interface SigningKey {
  /** Always 1: there is one row. */
  readonly id: number;
  readonly bytes: Buffer;
}

export const signingKeyTable = table<SigningKey>('signing_key', {
  columns: { id: { ...column.integer, primary: true }, bytes: column.bytes },
  checks: [{ name: 'signing_key_one', expression: 'id = 1' }],
});
