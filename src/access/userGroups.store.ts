import type { Db } from '../kernel/database/database';
import { isStorable } from '../kernel/naming';
import { columnsOf } from '../kernel/database/table';
import type { AppPermission } from './permission';
import { type UserGroup, type UserGroupWithPermissions, userGroups } from './userGroups';
import { userGroupPermissionTable } from './userGroups.table';

const group = columnsOf(userGroups.schema, 'g');
const permission = columnsOf(userGroupPermissionTable, 'p');

export function findUserGroupsByName(db: Db, names: readonly string[]): Promise<UserGroup[]> {
  return userGroups.findAll(db, 'row.name = ANY ($1::text[])', [names.filter(isStorable)]);
}

/** Ordered as they were given to the group. */
export function findPermissionsOfGroups(db: Db, groupIds: readonly string[]): Promise<AppPermission[]> {
  return db.rows(
    `SELECT ${permission} FROM user_group_permission p WHERE group_id = ANY ($1::uuid[]) ORDER BY group_id, id`,
    [groupIds],
  );
}

/**
 * Pipelines whose current definition names a group as an approver. `seenOf` builds a condition on `pipeline`; pipelines
 * that don't meet it also prevent the deletion of the group.
 */
export function findApprovedPipelines(
  db: Db,
  groupName: string,
  seenOf: (parameters: unknown[]) => string,
): Promise<{ id: string; name: string; seen: boolean }[]> {
  const parameters: unknown[] = [groupName];
  const seen = seenOf(parameters);
  return db.rows(
    `SELECT pipeline.id, pipeline.name, ${seen} AS seen
     FROM pipeline JOIN pipeline_revision revision ON revision.id = pipeline.current_revision_id
     WHERE pipeline.deleted_at IS NULL
       AND jsonb_path_exists(revision.definition, '$.stages[*].elements[*].keyvalue() ? (@.key == "approvers" || @.key == "allOf").value[*] ? (@ == $name)',
         jsonb_build_object('name', $1::text))
     ORDER BY pipeline.name, pipeline.id`,
    parameters,
  );
}

export async function findUserGroup(db: Db, id: string): Promise<UserGroupWithPermissions | undefined> {
  const row = await userGroups.find(db, id);
  return row && { ...row, appPermissions: await findPermissionsOfGroups(db, [id]) };
}

/** Groups of users, each user once, no matter how it was added. */
export function findGroupsOfUsers(db: Db, userIds: readonly string[]): Promise<(UserGroup & { userId: string })[]> {
  return db.rows(
    `SELECT m.user_id AS "userId", ${group}
     FROM (SELECT DISTINCT user_id, group_id FROM user_group_member WHERE user_id = ANY ($1::uuid[])) m
     JOIN user_group g ON g.id = m.group_id ORDER BY m.user_id, g.name`,
    [userIds],
  );
}

/** Deletes the group's permissions, its members and the memberships of its keys, but not the people or the keys. */
export async function deleteUserGroupRow(db: Db, id: string): Promise<void> {
  await db.write('DELETE FROM user_group WHERE id = $1', [id]);
}

export async function insertPermissions(db: Db, rows: readonly AppPermission[]): Promise<void> {
  if (rows.length === 0) return;
  await db.write(
    `INSERT INTO user_group_permission (id, group_id, permission_type, actions, application_scope, application_ids,
       environment_scope, environment_ids, environment_types)
     SELECT * FROM json_to_recordset($1::json) AS p ("id" uuid, "groupId" uuid, "permissionType" text, "actions" text[],
       "applicationScope" text, "applicationIds" uuid[], "environmentScope" text, "environmentIds" uuid[], "environmentTypes" text[])`,
    [JSON.stringify(rows)],
  );
}

export async function deletePermissions(db: Db, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await db.write('DELETE FROM user_group_permission WHERE id = ANY ($1::uuid[])', [ids]);
}

/**
 * Applications and environments that permissions may name, including deleted ones, whose IDs a group may still hold.
 */
export async function findNameable(
  db: Db,
  applicationIds: readonly string[],
  environmentIds: readonly string[],
): Promise<{ applications: ReadonlySet<string>; environments: ReadonlyMap<string, string> }> {
  const rows = await db.rows<{ id: string; applicationId: string | null }>(
    `SELECT id, NULL AS "applicationId" FROM application WHERE id = ANY ($1::uuid[])
     UNION ALL SELECT id, application_id FROM environment WHERE id = ANY ($2::uuid[])`,
    [applicationIds, environmentIds],
  );
  return {
    applications: new Set(rows.filter((row) => row.applicationId === null).map((row) => row.id)),
    environments: new Map(
      rows.flatMap(({ id, applicationId }) => (applicationId === null ? [] : [[id, applicationId]])),
    ),
  };
}
