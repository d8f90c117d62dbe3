import { NamedRows } from '../kernel/database/namedRows';
import { tableOf } from '../kernel/database/table';
import { field, listOf, optional, orNull, type ShapeOf } from '../kernel/fields';

/** A person. The identity provider knows how people log in; Slipway has no passwords. */
export const userFields = {
  id: field.id('ID.'),
  name: field.text('Name of the person.'),
  /** Never changes: with another address, another person’s login would become this user. */
  email: field.text('Email address in lowercase. Identifies the user at the first login.'),
  /** Identity at the identity provider; both null until the first login. */
  identityIssuer: orNull(field.text()),
  identitySubject: orNull(field.text()),
  /** Issue time of the token from which the identity provider's groups were last taken. */
  claimsIssuedAt: orNull(field.time()),
  createdAt: field.time('Time of creation.'),
  createdBy: orNull(field.key()),
  updatedAt: field.time(),
  /** Deleted people keep their row: their history stays readable, and their tokens do not create a new user. */
  deletedAt: orNull(field.time()),
};
export type User = ShapeOf<typeof userFields>;

/** `user` is a reserved word in SQL. */
export const users = new NamedRows<User>(
  tableOf('user_account', userFields, {
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
  }),
  'users',
);

export const newUser = {
  name: field.text('Name, 1 to 100 characters.'),
  email: field.text('Email address. Identifies the user at the first login.'),
  userGroupIds: optional(listOf(field.uuid('User groups to join.'))),
};
export type CreateUser = ShapeOf<typeof newUser>;

export const userChanges = {
  id: field.uuid('User to change.'),
  name: optional(field.text('New name, 1 to 100 characters.')),
  userGroupIds: optional(
    listOf(
      field.uuid(
        'Complete list of user groups, replacing the previous one. Memberships from the identity provider stay.',
      ),
    ),
  ),
};
export type UpdateUser = ShapeOf<typeof userChanges>;
