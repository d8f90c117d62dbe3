import type { Db } from '../kernel/database/database';
import { ACCOUNT_ADMINISTRATOR } from './userGroups';

/** True if an administrator is left who will still be one tomorrow: `administrators.ts` defines who counts. */
export async function hasLastingAdministrator(db: Db): Promise<boolean> {
  const rows = await db.rows(
    `SELECT FROM api_key_user_group link JOIN api_key key ON key.id = link.api_key_id
     WHERE link.group_id = $1 AND key.revoked_at IS NULL AND key.expires_at IS NULL AND key.application_ids IS NULL
     UNION ALL
     SELECT FROM user_group_member member JOIN user_account u ON u.id = member.user_id
     WHERE member.group_id = $1 AND member.source = 'MANUAL' AND u.deleted_at IS NULL AND u.identity_subject IS NOT NULL
     LIMIT 1`,
    [ACCOUNT_ADMINISTRATOR],
  );
  return rows.length > 0;
}
