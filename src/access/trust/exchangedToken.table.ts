import { tableOf } from '../../kernel/database/table';
import { field } from '../../kernel/fields';

const hash = field.text();

/** Tokens of CI jobs that were exchanged, by hash: each counts once. */
export const exchangedTokenTable = tableOf(
  'exchanged_token',
  { tokenHash: { ...hash, column: { ...hash.column, primary: true } }, exchangedAt: field.time() },
  {},
);
