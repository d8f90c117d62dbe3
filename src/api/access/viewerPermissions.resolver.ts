import { Arg, Ctx, Field, FieldResolver, ID, ObjectType, Query, Resolver, Root } from 'type-graphql';
import { groupById, groupsOfUser } from '../../access/access.loaders';
import { readUser } from '../../access/access.queries';
import type { Actor } from '../../access/actor';
import {
  accountPermissionType,
  accountPermissionTypes,
  actionsOfType,
  deploymentActions,
} from '../../access/permission';
import { showPermissions } from '../../access/showPermissions';
import { users } from '../../access/users';
import { invalidInput, Refusal } from '../../kernel/errors';
import { field, listOf, orNull } from '../../kernel/fields';
import { found } from '../../kernel/loaders';
import type { Context } from '../graphql/context';
import { enumOf, objectType } from '../graphql/described.types';
import { User, UserGroup } from './access.types';
import { findPermissionPlace } from './permissionPlace';
import { UserGroupPermissions } from './permissions.types';

export const PermissionAnswer = objectType(
  'PermissionAnswer',
  'Result of a permission check, by the rules that enforce it.',
  {
    allowed: field.boolean('True if it is allowed.'),
    code: orNull(
      field.text(
        'NOT_FOUND if the caller may not see it, FORBIDDEN if the caller may see but not do it. Null if allowed.',
      ),
    ),
    message: orNull(field.text('Explanation of what is missing. Null if allowed.')),
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

const EffectivePermissions = objectType(
  'EffectivePermissions',
  'Permissions of a user: the union over its user groups.',
  {
    user: field.object(() => User, 'The user.'),
    groups: listOf(field.object(() => UserGroup, 'User groups of the user.')),
    permissions: listOf(field.object(() => UserGroupPermissions, 'Permissions of each group, in the same order.')),
  },
);

const actions: readonly string[] = actionsOfType.ALL;

@Resolver(() => Viewer)
export class ViewerPermissionsResolver {
  @Query(() => Viewer, { description: 'The caller, and its permissions.' })
  viewer(@Ctx() { actor }: Context): Actor {
    return actor;
  }

  @FieldResolver(() => User, { nullable: true })
  async user(@Root() viewer: Actor, @Ctx() { loaders }: Context) {
    return viewer.access.personId === null ? null : ((await loaders.load(users.byId, viewer.access.personId)) ?? null);
  }

  @FieldResolver(() => [UserGroup])
  async groups(@Root() viewer: Actor, @Ctx() { loaders }: Context) {
    const ids = viewer.access.principal?.groupIds ?? [];
    const rows = await Promise.all(ids.map((id) => loaders.load(groupById, id)));
    return rows.filter((row) => row !== undefined);
  }

  @FieldResolver(() => [enumOf(accountPermissionType)], {
    description: 'Permissions of the caller in the account. An administrator has all of them.',
  })
  accountPermissions(@Root() { access }: Actor): readonly string[] {
    return accountPermissionTypes.filter((permission) => access.canInAccount(permission));
  }

  @FieldResolver(() => PermissionAnswer, {
    description:
      'Checks whether the caller may do something. Examples: `can(action: "EXECUTE_PIPELINE", applicationId: "…", environmentId: "…")` for deployments to an ' +
      'environment, `can(action: "UPDATE", …)` for the environment or application itself. Errors: INVALID_INPUT.',
  })
  async can(
    @Arg('action', () => String, { description: 'Action of a permission, such as READ or EXECUTE_PIPELINE.' })
    action: string,
    @Arg('applicationId', () => ID, { description: 'ID of the application.' }) applicationId: string,
    @Arg('environmentId', () => ID, {
      nullable: true,
      description: 'ID of the environment. Omit it for the application as a whole.',
    })
    environmentId: string | null,
    @Root() viewer: Actor,
    @Ctx() context: Context,
  ): Promise<InstanceType<typeof PermissionAnswer>> {
    if (!actions.includes(action)) {
      const message = `action must be one of ${actions.join(', ')}.`;
      throw invalidInput([{ field: 'action', value: action, rule: 'ONE_OF', message }]);
    }
    const place = await findPermissionPlace(context, viewer.access, applicationId, environmentId ?? null);
    if (place instanceof Refusal) return { allowed: false, code: place.code, message: place.message };
    const { environment } = place;
    if ((deploymentActions as readonly string[]).includes(action) && action !== 'READ') {
      const row = { ...place.row, kind: 'PIPELINE' as const, parentStageExecutionId: null };
      const answer = viewer.access.explain(action as 'EXECUTE_PIPELINE', 'Execution', row);
      // There is no execution to hide: the question is about the right itself.
      return answer.code === 'NOT_FOUND'
        ? { ...answer, code: 'FORBIDDEN', message: `The permission DEPLOYMENT ${action} is missing.` }
        : answer;
    }
    if (environment !== undefined) return viewer.access.explain(action as 'READ', 'Environment', environment);
    return viewer.access.explain(action as 'READ', 'Application', { id: applicationId });
  }

  @Query(() => EffectivePermissions, {
    nullable: true,
    description: 'Permissions of a user. Requires READ_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND.',
  })
  async effectivePermissions(
    @Arg('userId', () => ID, { description: 'ID of the user.' }) userId: string,
    @Ctx() { app, actor, loaders }: Context,
  ) {
    actor.access.requireAccount('READ_USERS_AND_GROUPS');
    const user = await readUser(app, actor, userId);
    const groups = (await loaders.load(groupsOfUser, user.id)) ?? [];
    const full = await Promise.all(groups.map(async (group) => found(await loaders.load(groupById, group.id))));
    return { user, groups: full, permissions: full.map(showPermissions) };
  }
}
