import type { Db } from '../../kernel/database/database';

/** Environments that come after one keep doing so when it is renamed. */
export async function renameAfter(db: Db, applicationId: string, from: string, to: string): Promise<void> {
  await db.write('UPDATE environment SET after = $3 WHERE application_id = $1 AND after = $2', [
    applicationId,
    from,
    to,
  ]);
}
