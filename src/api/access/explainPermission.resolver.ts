import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import type { Access, Decision } from '../../access/access';
import { groupById, groupsOfUser } from '../../access/access.loaders';
import { readUser } from '../../access/access.queries';
import {
  type AccountPermissionType,
  accountPermissionType,
  accountPermissionTypes,
  type Action,
  type AppPermissionType,
  actionsOfType,
  appPermissionType,
  type DeploymentAction,
  deploymentActions,
} from '../../access/permission';
import { reasonsFor } from '../../access/reasons';
import { showPermission } from '../../access/showPermissions';
import { invalidInput, Refusal } from '../../kernel/errors';
import { field, listOf, orNull } from '../../kernel/fields';
import { found } from '../../kernel/loaders';
import type { Context } from '../graphql/context';
import { enumOf, objectType } from '../graphql/described.types';
import { UserGroup } from './access.types';
import { findPermissionPlace } from './permissionPlace';
import { ApplicationPermission } from './permissions.types';

const PermissionReason = objectType(
  'PermissionReason',
  'Permission of a user group that allows something on its own. Both permissions are null for administrators, who need none.',
  {
    group: field.object(() => UserGroup, 'User group that has it.'),
    accountPermission: orNull(field.oneOf(accountPermissionType, 'Permission in the account.')),
    appPermission: orNull(field.object(() => ApplicationPermission, 'Permission in applications.')),
  },
);
const PermissionExplanation = objectType('PermissionExplanation', 'Result of a permission check, with its reasons.', {
  allowed: field.boolean('True if it is allowed.'),
  message: orNull(field.text('Explanation of what is missing. Null if allowed.')),
  reasons: listOf(
    field.object(() => PermissionReason, 'Permissions that allow it, each on its own. Empty if it is not allowed.'),
  ),
});

type Check = (access: Access) => Decision;

interface Place {
  readonly applicationId: string;
  readonly environmentId: string | null;
  readonly permissionType: AppPermissionType | null;
}

@Resolver()
export class ExplainPermissionResolver {
  @Query(() => PermissionExplanation, {
    nullable: true,
    description:
      'Checks whether a user may do something, and explains why: `explainPermission(userId: "…", action: "EXECUTE_PIPELINE", applicationId: "…", environmentId: "…") { allowed reasons { group { name } } }`. ' +
      'Requires READ_USERS_AND_GROUPS, unless it is the caller’s own user, and READ on the application and environment. Errors: NOT_FOUND, INVALID_INPUT.',
  })
  async explainPermission(
    @Arg('userId', () => ID, { description: 'ID of the user.' }) userId: string,
    @Arg('action', () => String, {
      description:
        'Action of a permission, such as READ or EXECUTE_PIPELINE. Without `applicationId`, an account permission, such as MANAGE_FREEZES.',
    })
    action: string,
    @Arg('applicationId', () => ID, { nullable: true, description: 'ID of the application.' })
    applicationId: string | null,
    @Arg('environmentId', () => ID, {
      nullable: true,
      description: 'ID of the environment. Omit it for the application as a whole.',
    })
    environmentId: string | null,
    @Arg('permissionType', () => enumOf(appPermissionType), {
      nullable: true,
      description:
        'Kind of resource that CREATE, READ, UPDATE or DELETE is about. ALL is the application itself. Defaults to ENV with `environmentId`, otherwise to ALL.',
    })
    permissionType: AppPermissionType | null,
    @Ctx() context: Context,
  ) {
    const { app, actor, loaders } = context;
    const user = await readUser(app, actor, userId);
    const place = {
      environmentId: environmentId ?? null,
      permissionType: permissionType ?? null,
      applicationId: applicationId ?? '',
    };
    const check = applicationId == null ? inAccount(action) : await inApplication(context, action, place);
    const known = (await loaders.load(groupsOfUser, user.id)) ?? [];
    const groups = await Promise.all(known.map(async ({ id }) => found(await loaders.load(groupById, id))));
    const { allowed, message } = check(await app.abilities.accessNow({ kind: 'USER', id: user.id }));
    const reasons = allowed ? reasonsFor(groups, (access) => check(access).allowed) : [];
    return {
      allowed,
      message,
      reasons: reasons.map((one) => ({
        ...one,
        appPermission: one.appPermission && showPermission(one.appPermission),
      })),
    };
  }
}

function inAccount(action: string): Check {
  if (!(accountPermissionTypes as readonly string[]).includes(action))
    throw unknownAction(action, accountPermissionTypes);
  return (access) => access.explainAccount(action as AccountPermissionType);
}

const isDeploymentAction = (action: string): action is DeploymentAction =>
  (deploymentActions as readonly string[]).includes(action);

/** Refuses what the caller can't see, then returns the check. */
async function inApplication(
  context: Context,
  action: string,
  { applicationId, environmentId, permissionType }: Place,
): Promise<Check> {
  const { actor } = context;
  const type = permissionType ?? (environmentId === null ? 'ALL' : 'ENV');
  const deploys = action !== 'READ' && isDeploymentAction(action);
  const actions: readonly string[] = deploys || type === 'ALL' ? actionsOfType.ALL : actionsOfType[type];
  if (!actions.includes(action)) throw unknownAction(action, actions);
  const place = await findPermissionPlace(context, actor.access, applicationId, environmentId);
  if (place instanceof Refusal) throw place;
  const { environment, row } = place;
  if (environment !== undefined) actor.access.require('READ', 'Environment', environment);
  const kind = action === 'EXECUTE_WORKFLOW' ? ('WORKFLOW' as const) : ('PIPELINE' as const);
  if (deploys || type === 'DEPLOYMENT') {
    const execution = { ...row, kind, parentStageExecutionId: null };
    return (access) => plainly(access.explain(action as DeploymentAction, 'Execution', execution), action, type);
  }
  const entity = action as 'READ' & Action;
  if (type === 'PIPELINE') return (access) => plainly(access.explain(entity, 'Pipeline', row), action, type);
  if (type === 'SERVICE') return (access) => plainly(access.explain(entity, 'Service', row), action, type);
  if (type === 'WORKFLOW')
    return (access) => plainly(access.explain(entity, 'Workflow', { ...row, template: false }), action, type);
  if (type === 'ENV') {
    // No environment is called for: the permission must not be restricted to some.
    const any = environment ?? { id: applicationId, applicationId, type: 'PROD' as const };
    return (access) => plainly(access.explain(entity, 'Environment', any), action, type);
  }
  return (access) => plainly(access.explain(entity, 'Application', { id: applicationId }), action, type);
}

/** The question is about the right itself: there is nothing to hide from the one who asks. */
function plainly(decision: Decision, action: string, type: AppPermissionType): Decision {
  if (decision.code !== 'NOT_FOUND') return decision;
  const missing = `${isDeploymentAction(action) && action !== 'READ' ? 'DEPLOYMENT' : type} ${action}`;
  return { ...decision, message: `The permission ${missing} is missing.` };
}

function unknownAction(action: string, known: readonly string[]) {
  const message = `action must be one of ${known.join(', ')}.`;
  return invalidInput([{ field: 'action', value: action, rule: 'ONE_OF', message }]);
}
