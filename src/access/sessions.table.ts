import { references, tableOf } from '../kernel/database/table';
import { field, type ShapeOf } from '../kernel/fields';

/**
 * Sessions of people in the console. The key of a session works like an API key, but acts with the rights that the user
 * has at the moment, and ends. Only its hash is stored.
 */
const userSessionFields = {
  id: field.id('ID.'),
  userId: field.uuid(),
  prefix: field.text(),
  secretHash: field.text(),
  createdAt: field.time(),
  expiresAt: field.time(),
};
export type UserSession = ShapeOf<typeof userSessionFields>;

export const userSessionTable = tableOf('user_session', userSessionFields, {
  foreignKeys: [references('user_account', 'userId')],
  uniques: [{ name: 'user_session_prefix', columns: ['prefix'] }],
  indices: [
    { name: 'user_session_user', columns: ['userId'] },
    { name: 'user_session_expiry', columns: ['expiresAt'] },
  ],
});
