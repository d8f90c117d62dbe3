import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Context } from '../graphql/context';
import { echo } from '../graphql/mutations.types';
import { PageArguments } from '../graphql/paging.types';
import { groupsOfUser } from '../../access/access.loaders';
import { listUsers, readUser, readUserByEmail } from '../../access/access.queries';
import {
  CreateUserInput,
  DeleteUserInput,
  DonePayload,
  UpdateUserInput,
  User,
  UserConnection,
  UserGroup,
  UserPayload,
} from './access.types';
import { createUser } from '../../access/createUser';
import { deleteUser } from '../../access/deleteUser';
import { updateUser } from '../../access/updateUser';
import type { User as UserRow } from '../../access/user';

@Resolver(() => User)
export class UsersResolver {
  @Query(() => User, {
    nullable: true,
    description: 'A user by its id. Needs READ_USERS_AND_GROUPS, or to be that user. Errors: NOT_FOUND.',
  })
  user(
    @Arg('id', () => ID, { description: 'The id of the user.' }) id: string,
    @Ctx() { app, actor }: Context,
  ): Promise<UserRow> {
    return readUser(app, actor, id);
  }

  @Query(() => User, {
    nullable: true,
    description: 'A user by its address. Needs READ_USERS_AND_GROUPS, or to be that user. Errors: NOT_FOUND.',
  })
  userByEmail(
    @Arg('email', () => String, { description: 'The address.' }) email: string,
    @Ctx() { app, actor }: Context,
  ): Promise<UserRow> {
    return readUserByEmail(app, actor, email);
  }

  @Query(() => UserConnection, {
    description:
      'Users in the order of their names; without READ_USERS_AND_GROUPS only the caller itself. Errors: INVALID_INPUT.',
  })
  users(@Args(() => PageArguments) page: PageArguments, @Ctx() { app, actor }: Context) {
    return listUsers(app, actor, page);
  }

  @FieldResolver(() => [UserGroup], { description: 'The groups that it is a member of.' })
  async userGroups(@Root() user: UserRow, @Ctx() { loaders }: Context) {
    return (await loaders.load(groupsOfUser, user.id)) ?? [];
  }

  @Mutation(() => UserPayload, {
    description:
      'Makes a user; the first login with its address becomes it. Needs MANAGE_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, NAME_TAKEN.',
  })
  async createUser(
    @Arg('input', () => CreateUserInput, { description: 'What to do.' }) input: CreateUserInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), user: await createUser(app, actor, input) };
  }

  @Mutation(() => UserPayload, {
    description:
      'Changes a user. Needs MANAGE_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, IN_USE (the last administrator).',
  })
  async updateUser(
    @Arg('input', () => UpdateUserInput, { description: 'What to do.' }) input: UpdateUserInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), user: await updateUser(app, actor, input) };
  }

  @Mutation(() => DonePayload, {
    description:
      'Deletes a user, and revokes its keys. What it did stays readable. Needs MANAGE_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, IN_USE (the last administrator).',
  })
  async deleteUser(
    @Arg('input', () => DeleteUserInput, { description: 'What to do.' }) input: DeleteUserInput,
    @Ctx() { app, actor }: Context,
  ) {
    await deleteUser(app, actor, input);
    return echo(input);
  }
}
