import type { AccountPermissionType, Actions, AppPermissionType } from '../../../client/generated';
import type { SettingsPermissionFragment } from './generated';
import { type Choices, nameIn, type Places } from './names';

export const accountPermissionNames: Readonly<Record<AccountPermissionType, string>> = {
  ADMINISTER_OTHER_ACCOUNT_FUNCTIONS: 'Administer everything else in the account',
  CREATE_AND_DELETE_APPLICATION: 'Create and delete applications',
  MANAGE_API_KEYS: 'Manage API keys',
  MANAGE_DELEGATES: 'Manage agents and the queue',
  MANAGE_EVENT_SUBSCRIPTIONS: 'Manage event subscriptions',
  MANAGE_FREEZES: 'Manage freezes',
  MANAGE_TAGS: 'Manage tags',
  MANAGE_TEMPLATES: 'Manage templates of the account',
  MANAGE_USERS_AND_GROUPS: 'Manage users and user groups',
  READ_USERS_AND_GROUPS: 'See users and user groups',
  VIEW_AUDITS: 'Read the audit trail',
};

export const actionNames: Readonly<Record<Actions, string>> = {
  CREATE: 'create',
  READ: 'see',
  UPDATE: 'change',
  DELETE: 'delete',
  EXECUTE: 'run pipelines and workflows',
  EXECUTE_PIPELINE: 'run pipelines',
  EXECUTE_WORKFLOW: 'run workflows',
  ROLLBACK_WORKFLOW: 'roll back',
  ABORT_WORKFLOW: 'abort runs',
  OVERRIDE_FREEZE: 'override freezes',
};

export const typeNames: Readonly<Record<AppPermissionType, string>> = {
  ALL: 'environments, services, workflows and pipelines',
  DEPLOYMENT: 'runs',
  ENV: 'environments',
  PIPELINE: 'pipelines',
  SERVICE: 'services',
  WORKFLOW: 'workflows',
};

const entity: readonly Actions[] = ['CREATE', 'READ', 'UPDATE', 'DELETE'];
const deployment: readonly Actions[] = [
  'EXECUTE_PIPELINE',
  'EXECUTE_WORKFLOW',
  'ROLLBACK_WORKFLOW',
  'ABORT_WORKFLOW',
  'OVERRIDE_FREEZE',
];

/** Actions that a permission of this type can have. */
export const actionsOf: Readonly<Record<AppPermissionType, readonly Actions[]>> = {
  ALL: [...entity, ...deployment],
  DEPLOYMENT: ['READ', ...deployment],
  ENV: entity,
  PIPELINE: entity,
  SERVICE: entity,
  WORKFLOW: entity,
};

const classNames: Readonly<Record<string, string>> = {
  PRODUCTION_ENVIRONMENTS: 'production environments',
  NON_PRODUCTION_ENVIRONMENTS: 'non-production environments',
  PRODUCTION_PIPELINES: 'production environments',
  NON_PRODUCTION_PIPELINES: 'non-production environments',
  PRODUCTION_WORKFLOWS: 'production environments',
  NON_PRODUCTION_WORKFLOWS: 'non-production environments',
  WORKFLOW_TEMPLATES: 'an environment that is chosen at the start',
};

/** `a`, `a and b`, `a, b and c`. */
export const listText = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

/** A permission as a sentence: `Run pipelines and abort runs in production environments of shop.` */
export function permissionSentence(
  permission: SettingsPermissionFragment,
  { applications }: Pick<Choices, 'applications'>,
  { environments }: Pick<Places, 'environments'>,
): string {
  const { permissionType, actions, applications: apps } = permission;
  const what: string[] = [];
  const entities = actions.filter((action) => entity.includes(action));
  if (entities.length > 0)
    what.push(`${listText(entities.map((one) => actionNames[one]))} ${typeNames[permissionType]}`);
  what.push(...actions.filter((action) => !entity.includes(action)).map((one) => actionNames[one]));
  if (permissionType === 'ALL' && actions.includes('READ')) what.push('see runs');
  const where = placeOf(permission, environments);
  const of =
    apps.filterType === 'ALL'
      ? 'all applications'
      : listText((apps.appIds ?? []).map((id) => nameIn(applications, id))) || 'no application';
  const text = `${listText(what)}${where} of ${of}.`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function placeOf(permission: SettingsPermissionFragment, names: ReadonlyMap<string, string>): string {
  const { deployments, environments, pipelines, workflows } = permission;
  const envIds = (deployments ?? environments ?? pipelines ?? workflows)?.envIds;
  const types =
    deployments?.filterTypes ?? environments?.envTypes ?? pipelines?.pipelineTypes ?? workflows?.workflowTypes;
  const word = environments === null ? 'in' : 'limited to';
  if (envIds != null) return ` ${word} ${listText(envIds.map((id) => nameIn(names, id))) || 'no environment'}`;
  if (types != null) return ` ${word} ${listText(types.map((one) => classNames[one] ?? one))}`;
  return '';
}
