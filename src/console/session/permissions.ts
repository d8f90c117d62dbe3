import type { AccountPermissionType } from '../../client/generated';
import { useData } from '../data/hooks';
import { ConsoleViewerDocument } from './generated';

/** True if the reader has a permission in the account. Undefined until that is known. */
export function useMay(permission: AccountPermissionType): boolean | undefined {
  return useData(ConsoleViewerDocument, {}).data?.viewer.accountPermissions.includes(permission);
}
