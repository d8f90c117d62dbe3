import { DataSource } from 'typeorm';
import { apiKeyTable } from '../../src/access/apiKeys.table';
import { apiKeyUserGroupTable } from '../../src/access/apiKeyUserGroups.table';
import { rightsVersionTable } from '../../src/access/rightsVersion.table';
import { userGroupMemberTable, userGroupPermissionTable, userGroupTable } from '../../src/access/userGroups.table';
import { userTable } from '../../src/access/users.table';
import { Database } from '../../src/database/database';
import { createDataSource } from '../../src/database/dataSource';
import { SnakeNaming } from '../../src/database/naming';
import { PostgresWakeups } from '../../src/database/wakeups';
import { createLog } from '../../src/log';
import { createTestDatabase } from '../support/database';

export interface AccessDatabase {
  readonly database: Database;
  readonly url: string;
  close(): Promise<void>;
}

/** A database of one's own with the tables of this room. */
export async function createAccessDatabase(): Promise<AccessDatabase> {
  const { url, drop } = await createTestDatabase();
  await addAccessTables(url);
  const dataSource = await createDataSource(url, 10).initialize();
  const wakeups = new PostgresWakeups({ url, notify: false, log: createLog({ level: 'silent', pretty: false }) });
  return {
    database: new Database(dataSource, wakeups),
    url,
    close: async () => {
      await wakeups.stop();
      await dataSource.destroy();
      await drop();
    },
  };
}

/**
 * Until the migration makes them: the tables of this room, and what `api_key` gains. Nothing is left to do once it does, and then this function goes.
 */
async function addAccessTables(url: string): Promise<void> {
  const own = [userTable, userGroupTable, userGroupMemberTable, userGroupPermissionTable, rightsVersionTable];
  const dataSource = await new DataSource({
    type: 'postgres',
    url,
    entities: [apiKeyTable, ...own, apiKeyUserGroupTable],
    namingStrategy: new SnakeNaming(),
    installExtensions: false,
    uuidExtension: 'pgcrypto',
  }).initialize();
  try {
    const [made] = await dataSource.query(`SELECT to_regclass('user_group') AS "userGroup"`);
    if (made.userGroup !== null) return;
    await dataSource.synchronize();
    await dataSource.query(
      `ALTER TABLE api_key DROP COLUMN administrator, ADD COLUMN owner_id uuid REFERENCES user_account (id),
         ADD COLUMN application_ids uuid[], ADD COLUMN expires_at timestamptz(3), ADD COLUMN created_by text`,
    );
  } finally {
    await dataSource.destroy();
  }
}
