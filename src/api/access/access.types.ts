import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { MutationInput, MutationPayload } from '../graphql/mutations.types';
import { ConnectionType } from '../graphql/paging.types';
import {
  AccountPermissionTypeEnum,
  ApplicationPermissionInputType,
  PermissionsInputType,
  UserGroupPermissions,
} from './permissions.types';

@ObjectType({
  simpleResolvers: true,
  description: 'A person. How people log in is the business of the identity provider: Slipway has no passwords.',
})
export class User {
  @Field(() => ID, { description: 'Given by the server.' })
  id!: string;

  @Field(() => String, { description: 'What the person is called.' })
  name!: string;

  @Field(() => String, { description: 'In lower case; the first login is recognised by it.' })
  email!: string;

  @Field(() => Date, { description: 'When the user was made.' })
  createdAt!: Date;
}

@ObjectType({ simpleResolvers: true, description: 'What people and keys get their rights from.' })
export class UserGroup {
  @Field(() => ID, { description: 'Given by the server.' })
  id!: string;

  @Field(() => String, { description: 'Unique; approvals name approver groups by it.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description!: string | null;

  @Field(() => Boolean, {
    description: 'Whether it is one of the three that exist from the start: neither renamed nor deleted.',
  })
  system!: boolean;

  @Field(() => Int, { description: 'Grows with each change of the group or of what it gives.' })
  version!: number;
}

export const UserConnection = ConnectionType(User);
export const UserGroupConnection = ConnectionType(UserGroup);

@ObjectType('ApiKeyDetails', { description: 'A key of this API, as those see it who manage keys.' })
export class ApiKeyDetails {
  @Field(() => ID, { description: 'Given by the server.' })
  id!: string;

  @Field(() => String, { description: 'What it is for.' })
  name!: string;

  @Field(() => String, { description: 'The part of its value that may be seen.' })
  prefix!: string;

  @Field(() => [ID], { description: 'The groups that it acts with.' })
  groupIds!: readonly string[];

  @Field(() => [ID], { nullable: true, description: 'The applications that it is narrowed to; null: it is not.' })
  applicationIds!: readonly string[] | null;

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When it stops to count; null: never.' })
  expiresAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it was last used, to the minute.' })
  lastUsedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it was revoked.' })
  revokedAt!: Date | null;
}

@InputType({ description: 'A new user.' })
export class CreateUserInput extends MutationInput {
  @Field(() => String, { description: '1 to 100 characters.' })
  name!: string;

  @Field(() => String, { description: 'The address by which the first login is recognised.' })
  email!: string;

  @Field(() => [ID], { nullable: true, description: 'Groups to be a member of.' })
  userGroupIds?: string[] | null;
}

@InputType({ description: 'Changes of a user; what is left out stays.' })
export class UpdateUserInput extends MutationInput {
  @Field(() => ID, { description: 'The user.' })
  id!: string;

  @Field(() => String, { nullable: true, description: '1 to 100 characters.' })
  name?: string | null;

  @Field(() => [ID], {
    nullable: true,
    description: 'The groups to be a member of, in place of all others; those from the identity provider stay.',
  })
  userGroupIds?: string[] | null;
}

@InputType({ description: 'Which user to delete.' })
export class DeleteUserInput extends MutationInput {
  @Field(() => ID, { description: 'The user.' })
  id!: string;
}

@ObjectType({ simpleResolvers: true, description: 'The user as it is now.' })
export class UserPayload extends MutationPayload {
  @Field(() => User, { description: 'The user.' })
  user!: object;
}

@ObjectType({ simpleResolvers: true, description: 'It is done.' })
export class DonePayload extends MutationPayload {}

@InputType({ description: 'A new group.' })
export class CreateUserGroupInput extends MutationInput {
  @Field(() => String, { description: 'Unique, 1 to 100 characters.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description?: string | null;

  @Field(() => PermissionsInputType, { nullable: true, description: 'What it gives; nothing when left out.' })
  permissions?: PermissionsInputType | null;

  @Field(() => [ID], { nullable: true, description: 'Its members.' })
  userIds?: string[] | null;
}

@InputType({ description: 'Changes of a group; what is left out stays.' })
export class UpdateUserGroupInput extends MutationInput {
  @Field(() => ID, { description: 'The group.' })
  userGroupId!: string;

  @Field(() => String, { nullable: true, description: 'Unique, 1 to 100 characters.' })
  name?: string | null;

  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description?: string | null;

  @Field(() => PermissionsInputType, { nullable: true, description: 'What it gives, in place of all that it gave.' })
  permissions?: PermissionsInputType | null;

  @Field(() => [ID], {
    nullable: true,
    description: 'Its members, in place of all others; those from the identity provider stay.',
  })
  userIds?: string[] | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The version that the caller read; CONFLICT when the group has changed since.',
  })
  version?: number | null;
}

@InputType({ description: 'Which group to delete.' })
export class DeleteUserGroupInput extends MutationInput {
  @Field(() => ID, { description: 'The group.' })
  userGroupId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'The group as it is now.' })
export class UserGroupPayload extends MutationPayload {
  @Field(() => UserGroup, { description: 'The group.' })
  userGroup!: object;
}

@InputType({ description: 'A user and a group.' })
export class GroupMemberInput extends MutationInput {
  @Field(() => ID, { description: 'The group.' })
  userGroupId!: string;

  @Field(() => ID, { description: 'The user.' })
  userId!: string;
}

@InputType({ description: 'All that a group shall give, in place of what it gave.' })
export class UpdateUserGroupPermissionsInput extends MutationInput {
  @Field(() => ID, { description: 'The group.' })
  userGroupId!: string;

  @Field(() => PermissionsInputType, { description: 'What it shall give.' })
  permissions!: PermissionsInputType;

  @Field(() => Int, {
    nullable: true,
    description: '`version` of what the caller read; CONFLICT when the group has changed since.',
  })
  version?: number | null;
}

@ObjectType({ simpleResolvers: true, description: 'What the group gives now.' })
export class UpdateUserGroupPermissionsPayload extends MutationPayload {
  @Field(() => UserGroupPermissions, { description: 'All that it gives.' })
  permissions!: UserGroupPermissions;
}

@InputType({ description: 'A permission to be added.' })
export class AddAppPermissionInput extends MutationInput {
  @Field(() => ID, { description: 'The group.' })
  userGroupId!: string;

  @Field(() => ApplicationPermissionInputType, { description: 'The permission.' })
  appPermission!: ApplicationPermissionInputType;
}

@InputType({ description: 'A permission to be taken away.' })
export class RemoveAppPermissionInput extends MutationInput {
  @Field(() => ID, { description: 'The group.' })
  userGroupId!: string;

  @Field(() => ID, { description: '`id` of the permission.' })
  appPermissionId!: string;
}

@InputType({ description: 'An account permission to be added or taken away.' })
export class AccountPermissionChangeInput extends MutationInput {
  @Field(() => ID, { description: 'The group.' })
  userGroupId!: string;

  @Field(() => AccountPermissionTypeEnum, { description: 'The permission.' })
  accountPermission!: AccountPermissionTypeEnum;
}

@InputType({ description: 'A new key.' })
export class CreateApiKeyInput extends MutationInput {
  @Field(() => String, { description: 'What it is for: 1 to 100 characters.' })
  name!: string;

  @Field(() => [ID], { description: 'The groups that it acts with.' })
  userGroupIds!: string[];

  @Field(() => Date, { nullable: true, description: 'When it stops to count; by default never.' })
  expiresAt?: Date | null;

  @Field(() => [ID], { nullable: true, description: 'Narrows it to these applications.' })
  applicationIds?: string[] | null;

  @Field(() => ID, {
    nullable: true,
    description: 'For administrators: whose key it is; null for nobody’s. Left out: the caller’s own.',
  })
  ownerId?: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'The new key.' })
export class CreateApiKeyPayload extends MutationPayload {
  @Field(() => ApiKeyDetails, { description: 'The key, without its value.' })
  apiKey!: object;

  @Field(() => String, { description: 'Its value. It is told here and never again.' })
  value!: string;
}

@InputType({ description: 'Changes of a key; what is left out stays.' })
export class UpdateApiKeyInput extends MutationInput {
  @Field(() => ID, { description: 'The key.' })
  id!: string;

  @Field(() => String, { nullable: true, description: '1 to 100 characters.' })
  name?: string | null;

  @Field(() => [ID], { nullable: true, description: 'The groups that it acts with, in place of all others.' })
  userGroupIds?: string[] | null;

  @Field(() => Date, { nullable: true, description: 'When it stops to count; null: never.' })
  expiresAt?: Date | null;

  @Field(() => [ID], { nullable: true, description: 'Narrows it to these applications; null: not at all.' })
  applicationIds?: string[] | null;
}

@InputType({ description: 'Which key to revoke.' })
export class RevokeApiKeyInput extends MutationInput {
  @Field(() => ID, { description: 'The key.' })
  id!: string;
}

@ObjectType({ simpleResolvers: true, description: 'The key as it is now.' })
export class ApiKeyPayload extends MutationPayload {
  @Field(() => ApiKeyDetails, { description: 'The key.' })
  apiKey!: object;
}
