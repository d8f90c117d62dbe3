/**
 * The stable name of what a mutation does: the noun, a dot, the verb. It follows from the mutation's name, so that a
 * new one has a name without anybody thinking of it; what would sound wrong, or belongs to a noun that its name does
 * not begin with, stands here.
 */
const exceptions: Readonly<Record<string, string>> = {
  applyDefinitions: 'definitions.apply',
  approveOrRejectApprovals: 'approval.decide',
  addImagesToRun: 'execution.extend',
  restoreRun: 'execution.restore',
  cancelRestore: 'execution.cancelRestore',
  addUserToUserGroup: 'userGroup.addMember',
  removeUserFromUserGroup: 'userGroup.removeMember',
  updateUserGroupPermissions: 'userGroup.updatePermissions',
  addAppPermission: 'userGroup.addAppPermission',
  removeAppPermission: 'userGroup.removeAppPermission',
  addAccountPermission: 'userGroup.addAccountPermission',
  removeAccountPermission: 'userGroup.removeAccountPermission',
};

export function actionName(mutation: string): string {
  const known = exceptions[mutation];
  if (known !== undefined) return known;
  const [, verb = mutation, noun = ''] = /^([a-z]+)([A-Z]\w*)$/.exec(mutation) ?? [];
  return noun === '' ? mutation : `${noun.charAt(0).toLowerCase()}${noun.slice(1)}.${verb}`;
}
