import type { App } from './app';
import { auditDetail } from './audit/auditDetail';
import { isId } from '../kernel/ids';
import { type InputError, invalidInput, notFound } from '../kernel/errors';
import { type AccessActor, asApiKey, readName, refuseErrors, requireGroups } from './accessInput';
import { requireAdministratorFor, requireAdministratorLeft } from './administrators';
import { readExpiry, readNarrowing, requireGiveable, sameRights } from './apiKeyInput';
import { type ApiKeyWithRights, findApiKeysWithRights, updateApiKeyRow } from './apiKeyRights.store';
import { changeRights } from './changeRights';
import { broken, readIds } from './permissionInput';
import { ACCOUNT_ADMINISTRATOR } from './userGroup';

export interface UpdateApiKey {
  readonly id: string;
  readonly name?: string | null;
  readonly userGroupIds?: readonly (string | null)[] | null;
  /** Null: it does not expire; left out it stays. */
  readonly expiresAt?: Date | null;
  /** Null: it is not narrowed; left out it stays. */
  readonly applicationIds?: readonly (string | null)[] | null;
}

/** Changes what is given; the value stays. A revoked key is over and can't be changed. */
export async function updateApiKey(app: App, actor: AccessActor, input: UpdateApiKey): Promise<ApiKeyWithRights> {
  const { access } = actor;
  access.requireAccount('MANAGE_API_KEYS', asApiKey(input.id));
  const errors: InputError[] = [];
  const name = typeof input.name === 'string' ? readName(input.name, 'name', errors) : undefined;
  const groupIds = input.userGroupIds ? readIds(input.userGroupIds, 'userGroupIds', errors) : undefined;
  const expiresAt = input.expiresAt === undefined ? undefined : readExpiry(app, access, input.expiresAt, errors);
  const applicationIds =
    input.applicationIds === undefined ? undefined : await readNarrowing(app, access, input.applicationIds, errors);
  refuseErrors(errors);
  return changeRights(app, async (db) => {
    const [before] = isId(input.id) ? await findApiKeysWithRights(db, [input.id]) : [];
    if (before === undefined) throw notFound('API key', input.id);
    requireAdministratorFor(access, before.groupIds);
    if (before.revokedAt !== null) {
      throw invalidInput([broken('id', input.id, 'REVOKED', 'the key is revoked; make a new one.')]);
    }
    const after: ApiKeyWithRights = {
      ...before,
      name: name ?? before.name,
      groupIds: groupIds ?? before.groupIds,
      expiresAt: expiresAt === undefined ? before.expiresAt : expiresAt,
      applicationIds: applicationIds === undefined ? before.applicationIds : applicationIds,
    };
    if (!sameRights(before, after)) {
      requireGiveable(access, after.groupIds);
      await requireGroups(db, after.groupIds, 'userGroupIds');
    }
    await updateApiKeyRow(db, after);
    auditDetail(db, { kind: 'apiKey', id: before.id, name: before.name, before, after });
    if (!sameRights(before, after) && before.groupIds.includes(ACCOUNT_ADMINISTRATOR))
      await requireAdministratorLeft(db);
    return after;
  });
}
