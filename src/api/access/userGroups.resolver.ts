import { Arg, Args, Ctx, Extensions, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { groupById, issuerOfGroup, membersOfGroup } from '../../access/access.loaders';
import { listGroups, readGroup, readGroupByName } from '../../access/access.queries';
import {
  addAccountPermission,
  addAppPermission,
  addUserToUserGroup,
  createUserGroup,
  deleteUserGroup,
  removeAccountPermission,
  removeAppPermission,
  removeUserFromUserGroup,
  updateUserGroup,
  updateUserGroupPermissions,
} from '../../access/changeUserGroups';
import { accountPermissionType } from '../../access/permission';
import { memberPages } from '../../access/memberPages.queries';
import { showPermissions } from '../../access/showPermissions';
import { groupToChange, newUserGroup, seenVersion, type UserGroup as GroupRow } from '../../access/userGroups';
import { field, optional } from '../../kernel/fields';
import { found } from '../../kernel/loaders';
import type { Context } from '../graphql/context';
import { GuardArgs } from '../graphql/guardInputs';
import { Input, mutationInput, mutationPayload } from '../graphql/described.types';
import { echo } from '../graphql/mutations.types';
import { PageArguments } from '../graphql/paging.types';
import { DonePayload, User, UserConnection, UserGroup, UserGroupConnection, UserGroupPayload } from './access.types';
import { NotificationSettings, SSOSetting } from './groupSettings.types';
import { ApplicationPermissionInput, PermissionsInput, UserGroupPermissions } from './permissions.types';
import { withWarning } from '../../runs/approvals/undecidable';

const permissions = field.object(() => PermissionsInput, 'Complete list of the group’s permissions.');

const CreateUserGroupInput = mutationInput('CreateUserGroupInput', 'New user group.', {
  ...newUserGroup,
  permissions: optional(permissions),
});
const UpdateUserGroupInput = mutationInput(
  'UpdateUserGroupInput',
  'Changes of a user group. Omitted fields keep their values. Memberships from the identity provider stay.',
  {
    ...groupToChange,
    ...newUserGroup,
    name: optional(newUserGroup.name),
    permissions: optional(permissions),
    ...seenVersion,
  },
);
const DeleteUserGroupInput = mutationInput('DeleteUserGroupInput', 'User group to delete.', groupToChange);
const GroupMemberInput = mutationInput('GroupMemberInput', 'User group and user.', {
  ...groupToChange,
  userId: field.uuid('The user.'),
});
const UpdateUserGroupPermissionsInput = mutationInput(
  'UpdateUserGroupPermissionsInput',
  'New permissions of a user group.',
  {
    ...groupToChange,
    permissions,
    ...seenVersion,
  },
);
const UpdateUserGroupPermissionsPayload = mutationPayload(
  'UpdateUserGroupPermissionsPayload',
  'Result of `updateUserGroupPermissions`.',
  { permissions: field.object(() => UserGroupPermissions, 'All permissions of the group.') },
);
const AddAppPermissionInput = mutationInput('AddAppPermissionInput', 'Application permission to add.', {
  ...groupToChange,
  appPermission: field.object(() => ApplicationPermissionInput, 'The permission.'),
});
const RemoveAppPermissionInput = mutationInput('RemoveAppPermissionInput', 'Application permission to remove.', {
  ...groupToChange,
  appPermissionId: field.uuid('ID of the permission.'),
});
const AccountPermissionChangeInput = mutationInput(
  'AccountPermissionChangeInput',
  'Account permission to add or remove.',
  { ...groupToChange, accountPermission: field.oneOf(accountPermissionType, 'The permission.') },
);

@Resolver(() => UserGroup)
export class UserGroupsResolver {
  @Query(() => UserGroup, {
    nullable: true,
    description:
      'User group by its ID. Requires READ_USERS_AND_GROUPS, unless it is one of the caller’s own. Errors: NOT_FOUND.',
  })
  userGroup(
    @Arg('userGroupId', () => ID, { description: 'ID of the user group.' }) id: string,
    @Ctx() { app, actor }: Context,
  ): Promise<GroupRow> {
    return readGroup(app, actor, id);
  }

  @GuardArgs({ name: 'LOOKUP' })
  @Query(() => UserGroup, {
    nullable: true,
    description:
      'User group by its name. Requires READ_USERS_AND_GROUPS, unless it is one of the caller’s own. Errors: NOT_FOUND.',
  })
  userGroupByName(
    @Arg('name', () => String, { description: 'Name of the user group.' }) name: string,
    @Ctx() { app, actor }: Context,
  ): Promise<GroupRow> {
    return readGroupByName(app, actor, name);
  }

  @Query(() => UserGroupConnection, {
    description:
      'User groups, sorted by name. Without READ_USERS_AND_GROUPS, only the caller’s own. Errors: INVALID_INPUT.',
  })
  userGroups(@Args(() => PageArguments) page: PageArguments, @Ctx() { app, actor }: Context) {
    return listGroups(app, actor, page);
  }

  @FieldResolver(() => UserGroupPermissions, { description: 'Permissions of the group.' })
  async permissions(@Root() group: GroupRow, @Ctx() { loaders }: Context) {
    return showPermissions(found(await loaders.load(groupById, group.id)));
  }

  @Extensions({ firstGen: 'users' })
  @FieldResolver(() => UserConnection, {
    nullable: true,
    description:
      'Members, sorted by name. Null without READ_USERS_AND_GROUPS. The FirstGen endpoint calls it `users`. Errors: INVALID_INPUT.',
  })
  members(@Root() { id }: GroupRow, @Args(() => PageArguments) page: PageArguments, @Ctx() context: Context) {
    const { loaders, actor } = context;
    return actor.access.canInAccount('READ_USERS_AND_GROUPS') ? memberPages(loaders, id, page) : null;
  }

  @FieldResolver(() => Boolean, {
    description:
      'True if the identity provider names members of the group in its tokens. Such memberships can only be removed there.',
  })
  async isSSOLinked(@Root() { id }: GroupRow, @Ctx() { loaders }: Context): Promise<boolean> {
    return (await loaders.load(issuerOfGroup, id)) !== undefined;
  }

  @FieldResolver(() => SSOSetting, {
    nullable: true,
    description: 'Link of the group to the identity provider. Null if `isSSOLinked` is false.',
  })
  async ssoSetting(@Root() { id, name }: GroupRow, @Ctx() { loaders }: Context) {
    const issuer = await loaders.load(issuerOfGroup, id);
    return issuer === undefined ? null : { __typename: 'OIDCSettings', groupName: name, issuer };
  }

  @FieldResolver(() => Boolean, { description: 'Always false: groups are created here, never by SCIM.' })
  importedByScim(): boolean {
    return false;
  }

  @FieldResolver(() => NotificationSettings, {
    nullable: true,
    description:
      'Always null: groups have no addresses. Event subscriptions send messages to Slack, Teams and other services.',
  })
  notificationSettings(): null {
    return null;
  }

  @FieldResolver(() => [User], {
    nullable: true,
    description: 'Members, as a plain list. Null without READ_USERS_AND_GROUPS.',
    deprecationReason: 'Use `members`, which is paged.',
  })
  async users(@Root() group: GroupRow, @Ctx() { loaders, actor }: Context) {
    if (!actor.access.canInAccount('READ_USERS_AND_GROUPS')) return null;
    return (await loaders.load(membersOfGroup, group.id)) ?? [];
  }

  @Mutation(() => UpdateUserGroupPermissionsPayload, {
    description:
      'Replaces all permissions of a user group. Pass the version that you read, so that no unseen change is overwritten. ' +
      'Requires MANAGE_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, CONFLICT.',
  })
  async updateUserGroupPermissions(
    @Input(UpdateUserGroupPermissionsInput) input: InstanceType<typeof UpdateUserGroupPermissionsInput>,
    @Ctx() { app, actor }: Context,
  ) {
    const group = await updateUserGroupPermissions(app, actor, input);
    return { ...echo(input), permissions: showPermissions(group) };
  }

  @Mutation(() => UserGroupPayload, {
    description:
      'Creates a user group. It has no permissions unless the input has some. Requires MANAGE_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, NAME_TAKEN.',
  })
  async createUserGroup(
    @Input(CreateUserGroupInput) input: InstanceType<typeof CreateUserGroupInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), userGroup: await createUserGroup(app, actor, input) };
  }

  @Mutation(() => UserGroupPayload, {
    description:
      'Changes a user group. Requires MANAGE_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, NAME_TAKEN, CONFLICT, IN_USE.',
  })
  async updateUserGroup(
    @Input(UpdateUserGroupInput) input: InstanceType<typeof UpdateUserGroupInput>,
    @Ctx() { app, actor }: Context,
  ) {
    const { changed: userGroup, warningMessage } = await withWarning(app, () => updateUserGroup(app, actor, input));
    return { ...echo(input), userGroup, warningMessage };
  }

  @Mutation(() => UserGroupPayload, {
    description:
      'Adds a user to a user group. Changes nothing if the user is already a member. Requires MANAGE_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT.',
  })
  async addUserToUserGroup(
    @Input(GroupMemberInput) input: InstanceType<typeof GroupMemberInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), userGroup: await addUserToUserGroup(app, actor, input) };
  }

  @Mutation(() => UserGroupPayload, {
    description:
      'Removes a user from a user group. Requires MANAGE_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, IN_USE (the last administrator).',
  })
  async removeUserFromUserGroup(
    @Input(GroupMemberInput) input: InstanceType<typeof GroupMemberInput>,
    @Ctx() { app, actor }: Context,
  ) {
    const { changed: userGroup, warningMessage } = await withWarning(app, () =>
      removeUserFromUserGroup(app, actor, input),
    );
    return { ...echo(input), userGroup, warningMessage };
  }

  @Mutation(() => UserGroupPayload, {
    description:
      'Adds an application permission to a user group. Changes nothing if the group already has it. Requires MANAGE_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT.',
  })
  async addAppPermission(
    @Input(AddAppPermissionInput) input: InstanceType<typeof AddAppPermissionInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), userGroup: await addAppPermission(app, actor, input) };
  }

  @Mutation(() => UserGroupPayload, {
    description:
      'Removes an application permission from a user group. Requires MANAGE_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT.',
  })
  async removeAppPermission(
    @Input(RemoveAppPermissionInput) input: InstanceType<typeof RemoveAppPermissionInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), userGroup: await removeAppPermission(app, actor, input) };
  }

  @Mutation(() => UserGroupPayload, {
    description:
      'Adds an account permission to a user group. Changes nothing if the group already has it. Requires MANAGE_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT.',
  })
  async addAccountPermission(
    @Input(AccountPermissionChangeInput) input: InstanceType<typeof AccountPermissionChangeInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), userGroup: await addAccountPermission(app, actor, input) };
  }

  @Mutation(() => UserGroupPayload, {
    description:
      'Removes an account permission from a user group. Requires MANAGE_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT.',
  })
  async removeAccountPermission(
    @Input(AccountPermissionChangeInput) input: InstanceType<typeof AccountPermissionChangeInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), userGroup: await removeAccountPermission(app, actor, input) };
  }

  @Mutation(() => DonePayload, {
    description:
      'Deletes a user group. Its members and keys lose its permissions. Requires MANAGE_USERS_AND_GROUPS. ' +
      'Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, IN_USE.',
  })
  async deleteUserGroup(
    @Input(DeleteUserGroupInput) input: InstanceType<typeof DeleteUserGroupInput>,
    @Ctx() { app, actor }: Context,
  ) {
    const { warningMessage } = await withWarning(app, () => deleteUserGroup(app, actor, input));
    return { ...echo(input), warningMessage };
  }
}
