import type { Db } from '../kernel/database/database';
import { insertRows } from '../kernel/database/table';
import { type UserSession, userSessionTable } from './sessions.table';

export const insertSession = (db: Db, session: UserSession): Promise<unknown> =>
  insertRows(db, userSessionTable, [session]);

export const deleteSession = (db: Db, prefix: string, secretHash: string): Promise<number> =>
  db.write('DELETE FROM user_session WHERE prefix = $1 AND secret_hash = $2', [prefix, secretHash]);

export const deleteSessionsBefore = (db: Db, time: Date): Promise<number> =>
  db.write('DELETE FROM user_session WHERE expires_at < $1', [time]);
