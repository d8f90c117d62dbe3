import { Arg, Args, Ctx, Extensions, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { groupsOfUser } from '../../access/access.loaders';
import { listUsers, readUser, readUserByEmail, readUserByName } from '../../access/access.queries';
import { createUser, deleteUser, updateUser } from '../../access/changeUsers';
import { membershipPages } from '../../access/memberPages.queries';
import { newUser, type User as UserRow, userChanges } from '../../access/users';
import { field } from '../../kernel/fields';
import type { Context } from '../graphql/context';
import { GuardArgs } from '../graphql/guardInputs';
import { Input, mutationInput } from '../graphql/described.types';
import { echo } from '../graphql/mutations.types';
import { PageArguments } from '../graphql/paging.types';
import { DonePayload, User, UserConnection, UserGroup, UserGroupConnection, UserPayload } from './access.types';
import { withWarning } from '../../runs/approvals/undecidable';

const CreateUserInput = mutationInput('CreateUserInput', 'New user.', newUser);
const UpdateUserInput = mutationInput(
  'UpdateUserInput',
  'Changes of a user. Omitted fields keep their values.',
  userChanges,
);
const DeleteUserInput = mutationInput('DeleteUserInput', 'User to delete.', { id: field.uuid('User to delete.') });

@Resolver(() => User)
export class UsersResolver {
  @Query(() => User, {
    nullable: true,
    description:
      'User by its ID. Requires READ_USERS_AND_GROUPS, unless it is the caller’s own user. Errors: NOT_FOUND.',
  })
  user(
    @Arg('id', () => ID, { description: 'ID of the user.' }) id: string,
    @Ctx() { app, actor }: Context,
  ): Promise<UserRow> {
    return readUser(app, actor, id);
  }

  @GuardArgs({ email: 'LOOKUP' })
  @Query(() => User, {
    nullable: true,
    description:
      'User by its email address. Requires READ_USERS_AND_GROUPS, unless it is the caller’s own user. Errors: NOT_FOUND.',
  })
  userByEmail(
    @Arg('email', () => String, { description: 'Email address.' }) email: string,
    @Ctx() { app, actor }: Context,
  ): Promise<UserRow> {
    return readUserByEmail(app, actor, email);
  }

  @GuardArgs({ name: 'LOOKUP' })
  @Query(() => User, {
    nullable: true,
    description:
      'User by its exact name. Requires READ_USERS_AND_GROUPS, unless it is the caller’s own user. Names are not unique: a name ' +
      'that several users have is refused. Errors: NOT_FOUND, INVALID_INPUT.',
  })
  userByName(
    @Arg('name', () => String, { description: 'Name of the user.' }) name: string,
    @Ctx() { app, actor }: Context,
  ): Promise<UserRow> {
    return readUserByName(app, actor, name);
  }

  @Query(() => UserConnection, {
    description:
      'Users, sorted by name. Without READ_USERS_AND_GROUPS, only the caller’s own user. Errors: INVALID_INPUT.',
  })
  users(@Args(() => PageArguments) page: PageArguments, @Ctx() { app, actor }: Context) {
    return listUsers(app, actor, page);
  }

  @FieldResolver(() => Boolean, {
    description: 'True if the identity provider has verified the email address, which the first sign-in requires.',
  })
  isEmailVerified(@Root() { identitySubject }: UserRow): boolean {
    return identitySubject !== null;
  }

  @FieldResolver(() => Boolean, {
    description: 'True if the first sign-in created the user. False if `createUser` did.',
  })
  isImportedFromIdentityProvider(@Root() { createdBy, identitySubject }: UserRow): boolean {
    return createdBy === null && identitySubject !== null;
  }

  @FieldResolver(() => Boolean, { description: 'Always false: Slipway stores no passwords.' })
  isPasswordExpired(): boolean {
    return false;
  }

  @FieldResolver(() => Boolean, {
    description: 'Always false: the identity provider handles second factors, and does not report them.',
  })
  isTwoFactorAuthenticationEnabled(): boolean {
    return false;
  }

  @FieldResolver(() => Boolean, {
    description: 'Always false: Slipway does not lock users. It slows down addresses that send invalid keys.',
  })
  isUserLocked(): boolean {
    return false;
  }

  @Extensions({ firstGen: 'userGroups' })
  @FieldResolver(() => UserGroupConnection, {
    description:
      'User groups that the user is a member of, sorted by name. The FirstGen endpoint calls it `userGroups`. Errors: INVALID_INPUT.',
  })
  memberships(@Root() { id }: UserRow, @Args(() => PageArguments) page: PageArguments, @Ctx() { loaders }: Context) {
    return membershipPages(loaders, id, page);
  }

  @FieldResolver(() => [UserGroup], {
    description: 'User groups that the user is a member of, as a plain list.',
    deprecationReason: 'Use `memberships`, which is paged.',
  })
  async userGroups(@Root() user: UserRow, @Ctx() { loaders }: Context) {
    return (await loaders.load(groupsOfUser, user.id)) ?? [];
  }

  @Mutation(() => UserPayload, {
    description:
      'Creates a user. The first login with this email address is linked to the user. Requires MANAGE_USERS_AND_GROUPS. ' +
      'Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, NAME_TAKEN.',
  })
  async createUser(
    @Input(CreateUserInput) input: InstanceType<typeof CreateUserInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), user: await createUser(app, actor, input) };
  }

  @Mutation(() => UserPayload, {
    description:
      'Changes a user. Requires MANAGE_USERS_AND_GROUPS. ' +
      'Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, IN_USE (the last administrator).',
  })
  async updateUser(
    @Input(UpdateUserInput) input: InstanceType<typeof UpdateUserInput>,
    @Ctx() { app, actor }: Context,
  ) {
    const { changed: user, warningMessage } = await withWarning(app, () => updateUser(app, actor, input));
    return { ...echo(input), user, warningMessage };
  }

  @Mutation(() => DonePayload, {
    description:
      'Deletes a user and revokes its keys. Its history stays readable. Requires MANAGE_USERS_AND_GROUPS. ' +
      'Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, IN_USE (the last administrator).',
  })
  async deleteUser(
    @Input(DeleteUserInput) input: InstanceType<typeof DeleteUserInput>,
    @Ctx() { app, actor }: Context,
  ) {
    const { warningMessage } = await withWarning(app, () => deleteUser(app, actor, input));
    return { ...echo(input), warningMessage };
  }
}
