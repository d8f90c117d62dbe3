import type { Db } from '../kernel/database/database';
import { isStorable } from '../kernel/naming';
import { type InputError, invalidInput, Refusal } from '../kernel/errors';
import type { AccountObject } from './access';
import { broken } from './permissionInput';
import { userGroups } from './userGroups';

export const asUser = (id: string): AccountObject => ({ kind: 'user', id, read: 'READ_USERS_AND_GROUPS' });
export const asUserGroup = (id: string): AccountObject => ({ kind: 'user group', id, read: 'READ_USERS_AND_GROUPS' });
/** A caller that may not manage keys sees only its own. */
export const asApiKey = (id: string): AccountObject => ({ kind: 'API key', id, read: 'MANAGE_API_KEYS' });

export function readName(value: string, field: string, errors: InputError[]): string {
  return readText(value, field, 1, 100, errors);
}

export function readDescription(value: string | null | undefined, errors: InputError[]): string | null {
  return readText(value ?? '', 'description', 0, 5000, errors) || null;
}

function readText(value: string, field: string, least: number, most: number, errors: InputError[]): string {
  const text = value.trim();
  if (text.length < least || text.length > most) {
    const message = least === 0 ? `must have at most ${most} characters.` : `must have ${least} to ${most} characters.`;
    errors.push(broken(field, value, 'LENGTH', message));
  } else if (!isStorable(text)) {
    errors.push(broken(field, value, 'BAD_CHARACTER', 'holds a character that can’t be stored.'));
  }
  return text;
}

/** In lower case. The first login shows whether mail arrives there, so this rejects only what can’t be an address. */
export function readEmail(value: string, errors: InputError[]): string {
  const email = value.trim().toLowerCase();
  if (!/^[^\s@]+@[^\s@]+$/.test(email) || email.length > 254 || !isStorable(email)) {
    errors.push(broken('email', value, 'EMAIL', 'must be an e-mail address.'));
  }
  return email;
}

export function refuseErrors(errors: readonly InputError[]): void {
  if (errors.length > 0) throw invalidInput(errors);
}

export const nameTaken = (kind: string, name: string): Refusal =>
  new Refusal('NAME_TAKEN', `Another ${kind} named "${name}" already exists.`, { name });

/** Refuses IDs of groups that do not exist. */
export async function requireGroups(db: Db, ids: readonly string[], field: string): Promise<void> {
  const known = await userGroups.byId({ database: db }, ids);
  const unknown = ids.filter((id) => !known.has(id));
  refuseErrors(unknown.map((id) => broken(field, id, 'UNKNOWN', `no user group has the id "${id}".`)));
}

/** Elements to add and to remove, to get from one list to another. */
export const difference = (before: readonly string[], after: readonly string[]) => ({
  added: after.filter((id) => !before.includes(id)),
  removed: before.filter((id) => !after.includes(id)),
});
