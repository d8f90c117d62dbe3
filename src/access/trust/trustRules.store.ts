import type { Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';
import { type TrustRule, trustRules } from './trustRules';

const columns = columnsOf(trustRules.schema, 'rule');

export function findTrustRules(db: Db): Promise<TrustRule[]> {
  return db.rows(`SELECT ${columns} FROM trust_rule rule ORDER BY rule.name, rule.id LIMIT 500`, []);
}

/** Rules that are turned on, oldest first: the first one that a token meets decides. */
export function findRulesOfIssuer(db: Db, issuer: string): Promise<TrustRule[]> {
  return db.rows(
    `SELECT ${columns} FROM trust_rule rule WHERE rule.issuer = $1 AND rule.enabled ORDER BY rule.created_at, rule.id`,
    [issuer],
  );
}

/** The rule as it is now, kept from changing until the transaction ends. Undefined if it was deleted or turned off. */
export async function lockRuleForUse(db: Db, id: string): Promise<TrustRule | undefined> {
  const [rule] = await db.rows<TrustRule>(
    `SELECT ${columns} FROM trust_rule rule WHERE rule.id = $1 AND rule.enabled FOR UPDATE`,
    [id],
  );
  return rule;
}

export async function noteRuleUse(db: Db, id: string, now: Date): Promise<void> {
  await db.write('UPDATE trust_rule SET last_used_at = $2 WHERE id = $1', [id, now]);
}

/** False if a key was issued for this token before. */
export async function takeToken(db: Db, tokenHash: string, now: Date): Promise<boolean> {
  const written = await db.write(
    'INSERT INTO exchanged_token (token_hash, exchanged_at) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    [tokenHash, now],
  );
  return written > 0;
}

export async function findExistingGroups(db: Db, ids: readonly string[]): Promise<string[]> {
  const rows = await db.rows<{ id: string }>('SELECT id FROM user_group WHERE id = ANY ($1::uuid[]) ORDER BY id', [
    ids,
  ]);
  return rows.map(({ id }) => id);
}

export async function revokeKeysOfRule(db: Db, ruleId: string, now: Date): Promise<void> {
  await db.write('UPDATE api_key SET revoked_at = $2 WHERE trust_rule_id = $1 AND revoked_at IS NULL', [ruleId, now]);
}

export async function deleteTrustRuleRow(db: Db, id: string): Promise<void> {
  await db.write('DELETE FROM trust_rule WHERE id = $1', [id]);
}

/** Deletes keys that expired, and records of tokens that were exchanged, before a time. Returns their number. */
export async function deleteExpired(db: Db, before: Date): Promise<number> {
  const keys = await db.write('DELETE FROM api_key WHERE trust_rule_id IS NOT NULL AND expires_at < $1', [before]);
  return keys + (await db.write('DELETE FROM exchanged_token WHERE exchanged_at < $1', [before]));
}
