import type { AccountPermissionType } from '../../../client/generated';
import { useData } from '../../data/hooks';
import { SettingsViewerDocument } from './generated';
import { accountPermissionNames } from './permissionText';

/** The reader's account permissions, which decide what is offered. Until they are known, everything is. */
export function useViewer() {
  const viewer = useData(SettingsViewerDocument, {}).data?.viewer;
  const may = (permission: AccountPermissionType) =>
    viewer === undefined || viewer.accountPermissions.includes(permission);
  return {
    id: viewer?.id,
    userId: viewer?.user?.id,
    administrator: viewer?.administrator ?? false,
    may,
    /** Why the reader may not, for `disabledBecause`. */
    because: (permission: AccountPermissionType) =>
      may(permission)
        ? undefined
        : `Requires the account permission “${accountPermissionNames[permission]}” (${permission}).`,
  };
}
