import { derivedId } from '../kernel/ids';
import type { AccountPermissionType, AppPermission } from './permission';

/** What people and keys get their rights from. */
export interface UserGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  /** One of the three that exist from the start: neither renamed nor deleted. */
  readonly system: boolean;
  readonly accountPermissions: readonly AccountPermissionType[];
  /** Grows with each change of the group or its permissions, not with its members: what an optimistic caller compares. */
  readonly version: number;
  readonly createdAt: Date;
  readonly createdBy: string | null;
  readonly updatedAt: Date;
}

export type UserGroupWithPermissions = UserGroup & { readonly appPermissions: readonly AppPermission[] };

/**
 * MANUAL: somebody put the person into the group; it stays until somebody takes it out. IDENTITY_PROVIDER: the person's token said so; it stays until a
 * newer token says otherwise. A person can be in a group for both reasons.
 */
export const memberSources = ['MANUAL', 'IDENTITY_PROVIDER'] as const;
export type MemberSource = (typeof memberSources)[number];

export interface UserGroupMember {
  readonly groupId: string;
  readonly userId: string;
  readonly source: MemberSource;
  readonly addedAt: Date;
}

/** The built-in groups are known by their ids, which are the same everywhere, and never by their names. */
const groupId = (name: string): string =>
  derivedId('6ba7b812-9dad-11d1-80b4-00c04fd430c8', 'slipway', 'user-group', name);
export const ACCOUNT_ADMINISTRATOR = groupId('Account Administrator');
export const PRODUCTION_SUPPORT = groupId('Production Support');
export const NON_PRODUCTION_SUPPORT = groupId('Non-Production Support');
