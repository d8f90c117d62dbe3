import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { groupById, groupsOfUser, userById } from '../../access/access.loaders';
import { readUser } from '../../access/access.queries';
import { User, UserGroup } from '../access/access.types';
import type { Actor } from '../../access/actor';
import { actionsOfType, deploymentActions } from '../../access/permission';
import { showPermissions } from '../../access/showPermissions';
import { findEnvironmentTargets } from '../../access/targets.store';
import { AvailableAction, EffectivePermissions, PermissionAnswer, Viewer } from '../access/viewer.types';
import { visible } from '../../access/visible';
import { environments } from '../../catalog/environments/environments';
import type { Context } from '../graphql/context';
import { found } from '../../kernel/loaders';
import { isId } from '../../kernel/ids';
import { invalidInput, notFound } from '../../kernel/errors';
import { availableRestores } from '../../runs/restores/availableRestores';
import { availableActions } from '../../runs/views/availableActions';
import type { Execution } from '../../engine/execution';
import { ExecutionInterface } from './executions.types';

const actions: readonly string[] = actionsOfType.ALL;

@Resolver(() => Viewer)
export class ViewerResolver {
  @Query(() => Viewer, { description: 'Caller and what it may do.' })
  viewer(@Ctx() { actor }: Context): Actor {
    return actor;
  }

  @FieldResolver(() => User, { nullable: true })
  async user(@Root() viewer: Actor, @Ctx() { loaders }: Context) {
    return viewer.access.personId === null ? null : ((await loaders.load(userById, viewer.access.personId)) ?? null);
  }

  @FieldResolver(() => [UserGroup])
  async groups(@Root() viewer: Actor, @Ctx() { loaders }: Context) {
    const ids = viewer.access.principal?.groupIds ?? [];
    const rows = await Promise.all(ids.map((id) => loaders.load(groupById, id)));
    return rows.filter((row) => row !== undefined);
  }

  @FieldResolver(() => PermissionAnswer, {
    description:
      'Result of asking for a permission of the caller: `can(action: "EXECUTE_PIPELINE", applicationId: "…", ' +
      'environmentId: "…")` for deployments to an environment, or `can(action: "UPDATE", …)` for the environment or ' +
      'application itself. Errors: INVALID_INPUT.',
  })
  async can(
    @Arg('action', () => String, { description: 'Action of a permission, such as READ or EXECUTE_PIPELINE.' })
    action: string,
    @Arg('applicationId', () => ID, { description: 'ID of the application.' }) applicationId: string,
    @Arg('environmentId', () => ID, {
      nullable: true,
      description: 'ID of the environment. Without it, the permission applies to the application as a whole.',
    })
    environmentId: string | null,
    @Root() viewer: Actor,
    @Ctx() { app, loaders }: Context,
  ): Promise<PermissionAnswer> {
    if (!actions.includes(action)) {
      const message = `action must be one of: ${actions.join(', ')}.`;
      throw invalidInput([{ field: 'action', value: action, rule: 'ONE_OF', message }]);
    }
    const unseen = (kind: string, id: string) => ({
      allowed: false,
      code: 'NOT_FOUND',
      message: notFound(kind, id).message,
    });
    if (!isId(applicationId) || !viewer.access.can('READ', 'Application', { id: applicationId }))
      return unseen('application', applicationId);
    const environment =
      environmentId != null && isId(environmentId) ? await loaders.load(environments.byId, environmentId) : undefined;
    if (environmentId != null && environment?.applicationId !== applicationId)
      return unseen('environment', environmentId);
    const targets = environment === undefined ? [] : await findEnvironmentTargets(app.database, [environment.id]);
    if ((deploymentActions as readonly string[]).includes(action) && action !== 'READ') {
      const row = {
        id: applicationId,
        applicationId,
        environments: targets,
        kind: 'PIPELINE' as const,
        parentStageExecutionId: null,
      };
      const answer = viewer.access.explain(action as 'EXECUTE_PIPELINE', 'Execution', row);
      // No execution could be hidden here: the question is about the permission itself.
      return answer.code === 'NOT_FOUND'
        ? { ...answer, code: 'FORBIDDEN', message: `The permission DEPLOYMENT ${action} is missing.` }
        : answer;
    }
    if (environment !== undefined) return viewer.access.explain(action as 'READ', 'Environment', environment);
    return viewer.access.explain(action as 'READ', 'Application', { id: applicationId });
  }

  @Query(() => EffectivePermissions, {
    description: 'Permissions of a user. Needs READ_USERS_AND_GROUPS. Errors: FORBIDDEN, NOT_FOUND.',
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

@Resolver(() => ExecutionInterface)
export class AvailableActionsResolver {
  @FieldResolver(() => [AvailableAction], {
    description:
      'Actions on the execution, and whether the caller can take each now, by the same rules that enforce them.',
  })
  async availableActions(@Root() execution: Execution, @Ctx() { app, actor, loaders }: Context) {
    const seen = await visible(actor.access, loaders, 'Execution', execution);
    if (seen === null) return [];
    return [...(await availableActions(app, actor, execution)), ...(await availableRestores(app, actor, execution))];
  }
}
