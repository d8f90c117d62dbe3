import { column, table } from '../kernel/database/table';
import type { User } from './user';

/** `user` is a word of SQL. */
export const userTable = table<User>('user_account', {
  columns: {
    id: column.id,
    name: column.text,
    email: column.text,
    identityIssuer: column.textOrNull,
    identitySubject: column.textOrNull,
    claimsIssuedAt: column.timeOrNull,
    createdAt: column.time,
    createdBy: column.textOrNull,
    updatedAt: column.time,
    deletedAt: column.timeOrNull,
  },
  indices: [
    { name: 'user_account_email', columns: ['email'], unique: true, where: 'deleted_at IS NULL' },
    {
      name: 'user_account_identity',
      columns: ['identitySubject', 'identityIssuer'],
      unique: true,
      where: 'deleted_at IS NULL',
    },
  ],
  checks: [
    { name: 'user_account_email_case', expression: 'email = lower(email)' },
    { name: 'user_account_identity_whole', expression: '(identity_issuer IS NULL) = (identity_subject IS NULL)' },
  ],
});
