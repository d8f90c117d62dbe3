/**
 * Stable name of a mutation's action: the noun, a dot, the verb. It is derived from the mutation's name, so every new
 * mutation has one. The exceptions are names that would read badly or that belong to another noun.
 */
const exceptions: Readonly<Record<string, string>> = {
  applyDefinitions: 'definitions.apply',
  approveOrRejectApprovals: 'approval.decide',
  exportExecutions: 'execution.export',
  overrideFreeze: 'execution.overrideFreeze',
  addImagesToRun: 'execution.extend',
  restoreRun: 'execution.restore',
  cancelRestore: 'execution.cancelRestore',
  promote: 'environment.promote',
  replayEvents: 'eventSubscription.replay',
  redeliverEvent: 'eventSubscription.redeliver',
  rotateEventSubscriptionSecret: 'eventSubscription.rotateSecret',
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
