import { Field, ID, ObjectType } from 'type-graphql';
import { User, UserGroup } from './access.types';
import { UserGroupPermissions } from './permissions.types';

@ObjectType({ simpleResolvers: true, description: 'Whether something is allowed, by the rules that enforce it.' })
export class PermissionAnswer {
  @Field(() => Boolean, { description: 'Whether it is.' })
  allowed!: boolean;

  @Field(() => String, {
    nullable: true,
    description:
      'NOT_FOUND for what the caller may not see, FORBIDDEN for what it may see but not do; null when it is allowed.',
  })
  code!: string | null;

  @Field(() => String, { nullable: true, description: 'What is missing.' })
  message!: string | null;
}

@ObjectType({
  simpleResolvers: true,
  description: 'Action on an execution, with the answer to whether the caller can take it now.',
})
export class AvailableAction {
  @Field(() => String, {
    description: '`pause`, `continue`, `abort`, `resume`, `rerun`, `approve`, `intervene`, `extend` or `restore`.',
  })
  action!: string;

  @Field(() => Boolean, { description: 'True if it would be accepted now.' })
  allowed!: boolean;

  @Field(() => String, { nullable: true, description: 'Error code, if it would fail. Null otherwise.' })
  code!: string | null;

  @Field(() => String, { nullable: true, description: 'The same in words.' })
  message!: string | null;
}

@ObjectType({ description: 'Whoever asks.' })
export class Viewer {
  @Field(() => ID, { description: 'Id of the user or key.' })
  id!: string;

  @Field(() => String, { description: 'Its name.' })
  name!: string;

  @Field(() => Boolean, { description: 'Whether it may do everything.' })
  administrator!: boolean;

  @Field(() => User, { nullable: true, description: 'The person behind it, if there is one.' })
  user!: User | null;

  @Field(() => [UserGroup], { description: 'The groups that it acts with.' })
  groups!: UserGroup[];
}

@ObjectType({ simpleResolvers: true, description: 'What a user may do: the union over its groups.' })
export class EffectivePermissions {
  @Field(() => User, { description: 'The user.' })
  user!: object;

  @Field(() => [UserGroup], { description: 'Its groups.' })
  groups!: object[];

  @Field(() => [UserGroupPermissions], { description: 'What each of them gives, in the same order.' })
  permissions!: object[];
}
