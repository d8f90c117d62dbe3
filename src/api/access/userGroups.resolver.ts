import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Context } from '../graphql/context';
import { found } from '../../kernel/loaders';
import { echo } from '../graphql/mutations.types';
import { PageArguments } from '../graphql/paging.types';
import { groupById, membersOfGroup } from '../../access/access.loaders';
import { listGroups, readGroup, readGroupByName } from '../../access/access.queries';
import {
  AccountPermissionChangeInput,
  AddAppPermissionInput,
  CreateUserGroupInput,
  DeleteUserGroupInput,
  DonePayload,
  GroupMemberInput,
  RemoveAppPermissionInput,
  UpdateUserGroupInput,
  UpdateUserGroupPermissionsInput,
  UpdateUserGroupPermissionsPayload,
  User,
  UserGroup,
  UserGroupConnection,
  UserGroupPayload,
} from './access.types';
import { addAccountPermission } from '../../access/addAccountPermission';
import { addAppPermission } from '../../access/addAppPermission';
import { addUserToUserGroup } from '../../access/addUserToUserGroup';
import { createUserGroup } from '../../access/createUserGroup';
import { deleteUserGroup } from '../../access/deleteUserGroup';
import { UserGroupPermissions } from './permissions.types';
import { removeAccountPermission } from '../../access/removeAccountPermission';
import { removeAppPermission } from '../../access/removeAppPermission';
import { removeUserFromUserGroup } from '../../access/removeUserFromUserGroup';
import { showPermissions } from '../../access/showPermissions';
import { updateUserGroup } from '../../access/updateUserGroup';
import { updateUserGroupPermissions } from '../../access/updateUserGroupPermissions';
import type { UserGroup as GroupRow } from '../../access/userGroup';

@Resolver(() => UserGroup)
export class UserGroupsResolver {
  @Query(() => UserGroup, {
    nullable: true,
    description: 'A group by its id. Needs READ_USERS_AND_GROUPS, or to be in it. Errors: NOT_FOUND.',
  })
  userGroup(
    @Arg('userGroupId', () => ID, { description: 'The id of the group.' }) id: string,
    @Ctx() { app, actor }: Context,
  ): Promise<GroupRow> {
    return readGroup(app, actor, id);
  }

  @Query(() => UserGroup, {
    nullable: true,
    description: 'A group by its name. Needs READ_USERS_AND_GROUPS, or to be in it. Errors: NOT_FOUND.',
  })
  userGroupByName(
    @Arg('name', () => String, { description: 'The name of the group.' }) name: string,
    @Ctx() { app, actor }: Context,
  ): Promise<GroupRow> {
    return readGroupByName(app, actor, name);
  }

  @Query(() => UserGroupConnection, {
    description:
      'Groups in the order of their names; without READ_USERS_AND_GROUPS only the caller’s own. Errors: INVALID_INPUT.',
  })
  userGroups(@Args(() => PageArguments) page: PageArguments, @Ctx() { app, actor }: Context) {
    return listGroups(app, actor, page);
  }

  @FieldResolver(() => UserGroupPermissions, { description: 'What it gives.' })
  async permissions(@Root() group: GroupRow, @Ctx() { loaders }: Context) {
    return showPermissions(found(await loaders.load(groupById, group.id)));
  }

  @FieldResolver(() => [User], {
    nullable: true,
    description: 'Its members; null for a caller without READ_USERS_AND_GROUPS.',
  })
  async users(@Root() group: GroupRow, @Ctx() { loaders, actor }: Context) {
    if (!actor.access.canInAccount('READ_USERS_AND_GROUPS')) return null;
    return (await loaders.load(membersOfGroup, group.id)) ?? [];
  }

  @Mutation(() => UpdateUserGroupPermissionsPayload, {
    description:
      'Replaces all that a group gives. With the version that the caller read, a change that it has not seen is refused. Needs MANAGE_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, CONFLICT.',
  })
  async updateUserGroupPermissions(
    @Arg('input', () => UpdateUserGroupPermissionsInput, { description: 'What to do.' })
    input: UpdateUserGroupPermissionsInput,
    @Ctx() { app, actor }: Context,
  ) {
    const group = await updateUserGroupPermissions(app, actor, input);
    return { ...echo(input), permissions: showPermissions(group) };
  }

  @Mutation(() => UserGroupPayload, {
    description:
      'Makes a group. It gives nothing unless said. Needs MANAGE_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, NAME_TAKEN.',
  })
  async createUserGroup(
    @Arg('input', () => CreateUserGroupInput, { description: 'What to do.' }) input: CreateUserGroupInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), userGroup: await createUserGroup(app, actor, input) };
  }

  @Mutation(() => UserGroupPayload, {
    description:
      'Changes a group. Needs MANAGE_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, NAME_TAKEN, CONFLICT, IN_USE.',
  })
  async updateUserGroup(
    @Arg('input', () => UpdateUserGroupInput, { description: 'What to do.' }) input: UpdateUserGroupInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), userGroup: await updateUserGroup(app, actor, input) };
  }

  @Mutation(() => DonePayload, {
    description:
      'Deletes a group; its members and keys lose what it gave. Needs MANAGE_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, IN_USE.',
  })
  async deleteUserGroup(
    @Arg('input', () => DeleteUserGroupInput, { description: 'What to do.' }) input: DeleteUserGroupInput,
    @Ctx() { app, actor }: Context,
  ) {
    await deleteUserGroup(app, actor, input);
    return echo(input);
  }

  @Mutation(() => UserGroupPayload, {
    description: 'Makes a user a member. Needs MANAGE_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT.',
  })
  async addUserToUserGroup(
    @Arg('input', () => GroupMemberInput, { description: 'What to do.' }) input: GroupMemberInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), userGroup: await addUserToUserGroup(app, actor, input) };
  }

  @Mutation(() => UserGroupPayload, {
    description:
      'Ends a membership. Needs MANAGE_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, IN_USE (the last administrator).',
  })
  async removeUserFromUserGroup(
    @Arg('input', () => GroupMemberInput, { description: 'What to do.' }) input: GroupMemberInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), userGroup: await removeUserFromUserGroup(app, actor, input) };
  }

  @Mutation(() => UserGroupPayload, {
    description:
      'Adds an application permission; one that the group has already changes nothing. Needs MANAGE_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT.',
  })
  async addAppPermission(
    @Arg('input', () => AddAppPermissionInput, { description: 'What to do.' }) input: AddAppPermissionInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), userGroup: await addAppPermission(app, actor, input) };
  }

  @Mutation(() => UserGroupPayload, {
    description:
      'Takes an application permission away. Needs MANAGE_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT.',
  })
  async removeAppPermission(
    @Arg('input', () => RemoveAppPermissionInput, { description: 'What to do.' }) input: RemoveAppPermissionInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), userGroup: await removeAppPermission(app, actor, input) };
  }

  @Mutation(() => UserGroupPayload, {
    description:
      'Adds an account permission. Needs MANAGE_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT.',
  })
  async addAccountPermission(
    @Arg('input', () => AccountPermissionChangeInput, { description: 'What to do.' })
    input: AccountPermissionChangeInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), userGroup: await addAccountPermission(app, actor, input) };
  }

  @Mutation(() => UserGroupPayload, {
    description:
      'Takes an account permission away. Needs MANAGE_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT.',
  })
  async removeAccountPermission(
    @Arg('input', () => AccountPermissionChangeInput, { description: 'What to do.' })
    input: AccountPermissionChangeInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), userGroup: await removeAccountPermission(app, actor, input) };
  }
}
