import { Field, ID, ObjectType } from 'type-graphql';
import { field, listOf, orNull } from '../../kernel/fields';
import { objectType } from '../graphql/described.types';
import { User, UserGroup } from './access.types';
import { UserGroupPermissions } from './permissions.types';

export const PermissionAnswer = objectType(
  'PermissionAnswer',
  'Answer to whether something is allowed, by the rules that enforce it.',
  {
    allowed: field.boolean('True if it is allowed.'),
    code: orNull(
      field.text(
        'NOT_FOUND if the caller may not see it, FORBIDDEN if the caller may see but not do it. Null if allowed.',
      ),
    ),
    message: orNull(field.text('What is missing.')),
  },
);

export const AvailableAction = objectType(
  'AvailableAction',
  'Action on an execution, and whether the caller may take it now.',
  {
    action: field.text(
      '`pause`, `continue`, `abort`, `resume`, `rerun`, `approve`, `intervene`, `extend` or `restore`.',
    ),
    allowed: field.boolean('True if the action would be accepted now.'),
    code: orNull(field.text('Error code that it would be refused with.')),
    message: orNull(field.text('Message of that error.')),
  },
);

@ObjectType({ description: 'The caller.' })
export class Viewer {
  @Field(() => ID, { description: 'ID of the user or API key.' })
  id!: string;

  @Field(() => String, { description: 'Name of the user or API key.' })
  name!: string;

  @Field(() => Boolean, { description: 'True if the caller may do everything.' })
  administrator!: boolean;

  @Field(() => User, { nullable: true, description: 'Person behind the caller. Null if there is none.' })
  user!: object | null;

  @Field(() => [UserGroup], { description: 'User groups that the caller acts with.' })
  groups!: object[];
}

export const EffectivePermissions = objectType(
  'EffectivePermissions',
  'Permissions of a user: the union over its user groups.',
  {
    user: field.object(() => User, 'The user.'),
    groups: listOf(field.object(() => UserGroup, 'User groups of the user.')),
    permissions: listOf(field.object(() => UserGroupPermissions, 'Permissions of each group, in the same order.')),
  },
);
