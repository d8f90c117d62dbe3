import { tableOf } from '../../kernel/database/table';
import { field } from '../../kernel/fields';

const hash = field.text();

/** Hashes of tokens that CI jobs have exchanged: each works once. */
export const exchangedTokenTable = tableOf(
  'exchanged_token',
  { tokenHash: { ...hash, column: { ...hash.column, primary: true } }, exchangedAt: field.time() },
  {},
);
