import type { Db } from '../kernel/database/database';
import type { RightsGroup } from './rights';

/** Part of each statement that reads rights: the version belongs to the same snapshot as the rights. */
export const RIGHTS_VERSION = 'coalesce((SELECT version FROM rights_version), 0)';

/**
 * Locks the row until the commit, and makes the new version visible at the same instant as the change. A sequence would
 * not work: readers would see its next value before the commit, and keep the old rights under the new version.
 */
export async function raiseRightsVersion(db: Db): Promise<void> {
  await db.write(
    `INSERT INTO rights_version (id, version) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET version = rights_version.version + 1`,
  );
}

export async function findRightsVersion(db: Db): Promise<number> {
  const [row] = await db.rows<{ version: number }>(`SELECT ${RIGHTS_VERSION} AS version`);
  return row?.version ?? 0;
}

/**
 * Groups with all their grants, and the version at which this is true. One statement, so both are of the same moment.
 */
export async function findRightsGroups(
  db: Db,
  groupIds: readonly string[],
): Promise<{ version: number; groups: readonly RightsGroup[] }> {
  const [row] = await db.rows<{ version: number; groups: readonly RightsGroup[] }>(
    `SELECT ${RIGHTS_VERSION} AS version, coalesce((
       SELECT json_agg(json_build_object('id', g.id, 'name', g.name, 'accountPermissions', g.account_permissions,
         'appPermissions', coalesce((
           SELECT json_agg(json_build_object('permissionType', p.permission_type, 'actions', p.actions,
             'applicationScope', p.application_scope, 'applicationIds', p.application_ids,
             'environmentScope', p.environment_scope, 'environmentIds', p.environment_ids,
             'environmentTypes', p.environment_types) ORDER BY p.id)
           FROM user_group_permission p WHERE p.group_id = g.id), '[]')))
       FROM user_group g WHERE g.id = ANY ($1::uuid[])), '[]') AS groups`,
    [groupIds],
  );
  return row ?? { version: 0, groups: [] };
}
