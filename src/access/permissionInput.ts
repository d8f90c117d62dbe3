import { isId } from '../kernel/ids';
import type { InputError } from '../kernel/errors';
import {
  type AccountPermissionType,
  type Action,
  type AppGrant,
  type AppPermissionType,
  accountPermissionTypes,
  actionsOfType,
  filterTypesOf,
  type Permissions,
  type WrittenAction,
} from './permission';

/**
 * One application permission as clients write it. Only the one of the four filters that belongs to the type may be
 * given.
 */
export interface ApplicationPermissionInput {
  readonly permissionType: AppPermissionType;
  readonly actions: readonly (WrittenAction | null)[];
  readonly applications: {
    readonly appIds?: readonly (string | null)[] | null;
    readonly filterType?: 'ALL' | null;
  };
  readonly deployments?: EnvironmentFilterInput | null;
  readonly environments?: EnvironmentFilterInput | null;
  readonly pipelines?: EnvironmentFilterInput | null;
  readonly workflows?: EnvironmentFilterInput | null;
}

/** `envIds` and `filterTypes` exclude each other. */
export interface EnvironmentFilterInput {
  readonly envIds?: readonly (string | null)[] | null;
  readonly filterTypes?: readonly (string | null)[] | null;
}

export interface PermissionsInput {
  readonly accountPermissions?: {
    readonly accountPermissionTypes?: readonly (AccountPermissionType | null)[] | null;
  } | null;
  readonly appPermissions?: readonly (ApplicationPermissionInput | null)[] | null;
}

const filterFields = ['deployments', 'environments', 'pipelines', 'workflows'] as const;
const fieldOfType: Readonly<Partial<Record<AppPermissionType, (typeof filterFields)[number]>>> = {
  DEPLOYMENT: 'deployments',
  ENV: 'environments',
  PIPELINE: 'pipelines',
  WORKFLOW: 'workflows',
};

/** Larger groups should be split: each request of their members pays for their size. */
export const MOST_PERMISSIONS = 1000;
const MOST_IDS = 1000;

type Read<T> = { readonly value: T; readonly errors: readonly InputError[] };

/** Reads the permissions of a group. Each broken rule is an error; with errors, the value must not be used. */
export function readPermissions(input: PermissionsInput, field = 'permissions'): Read<Permissions> {
  const errors: InputError[] = [];
  const accountField = `${field}.accountPermissions.accountPermissionTypes`;
  const accountPermissions = present(input.accountPermissions?.accountPermissionTypes ?? [], accountField, errors);
  for (const type of accountPermissions) {
    if (!accountPermissionTypes.includes(type)) {
      errors.push(broken(accountField, type, 'UNKNOWN', `there is no account permission "${type}".`));
    }
  }
  const given = present(input.appPermissions ?? [], `${field}.appPermissions`, errors);
  if (given.length > MOST_PERMISSIONS) {
    const message = `has ${given.length} permissions; at most ${MOST_PERMISSIONS} are allowed.`;
    errors.push(broken(`${field}.appPermissions`, given.length, 'MAX_LENGTH', message));
  }
  const appPermissions = given.slice(0, MOST_PERMISSIONS).map((permission, index) => {
    const read = readAppPermission(permission, `${field}.appPermissions[${index}]`);
    errors.push(...read.errors);
    return read.value;
  });
  return { value: { accountPermissions: unique(accountPermissions), appPermissions }, errors };
}

/** Reads one application permission. */
export function readAppPermission(input: ApplicationPermissionInput, field = 'appPermission'): Read<AppGrant> {
  const errors: InputError[] = [];
  const type = input.permissionType;
  const value = {
    permissionType: type,
    actions: readActions(type, input.actions, `${field}.actions`, errors),
    ...readApplications(input.applications, `${field}.applications`, errors),
    ...readEnvironments(input, field, errors),
  };
  return { value, errors };
}

function readActions(
  type: AppPermissionType,
  given: readonly (WrittenAction | null)[],
  field: string,
  errors: InputError[],
): Action[] {
  const written = present(given, field, errors);
  if (given.length === 0) errors.push(broken(field, [], 'NOT_EMPTY', 'at least one action must be given.'));
  const actions = written.flatMap((action): Action[] =>
    action === 'EXECUTE' ? ['EXECUTE_PIPELINE', 'EXECUTE_WORKFLOW'] : [action],
  );
  const allowed = actionsOfType[type];
  for (const action of unique(written)) {
    if (action === 'EXECUTE' ? allowed.includes('EXECUTE_PIPELINE') : allowed.includes(action)) continue;
    const message = `${action} can’t be combined with the permission type ${type}; expected one of ${allowed.join(', ')}.`;
    errors.push(broken(field, action, 'ACTION_OF_TYPE', message));
  }
  return unique(actions);
}

function readApplications(
  { appIds = null, filterType = null }: ApplicationPermissionInput['applications'],
  field: string,
  errors: InputError[],
): Pick<AppGrant, 'applicationScope' | 'applicationIds'> {
  if (appIds !== null && filterType !== null) {
    const message = 'appIds and filterType can’t be combined: give one of the two.';
    errors.push(broken(field, { appIds, filterType }, 'EXCLUSIVE', message));
  } else if (appIds === null && filterType === null) {
    errors.push(broken(field, null, 'REQUIRED', 'give appIds, or filterType ALL.'));
  }
  if (appIds === null) return { applicationScope: 'ALL', applicationIds: [] };
  return { applicationScope: 'IDS', applicationIds: readIds(appIds, `${field}.appIds`, errors) };
}

function readEnvironments(
  input: ApplicationPermissionInput,
  field: string,
  errors: InputError[],
): Pick<AppGrant, 'environmentScope' | 'environmentIds' | 'environmentTypes'> {
  const type = input.permissionType;
  const own = fieldOfType[type];
  for (const other of filterFields) {
    if (other === own || (input[other] ?? null) === null) continue;
    const message =
      own === undefined
        ? `a permission of the type ${type} can’t be restricted to environments.`
        : `a permission of the type ${type} is restricted with ${own}, not with ${other}.`;
    errors.push(broken(`${field}.${other}`, input[other], 'FILTER_OF_TYPE', message));
  }
  const filter = own === undefined ? null : (input[own] ?? null);
  if (own === undefined || filter === null) {
    return { environmentScope: 'ALL', environmentIds: [], environmentTypes: [] };
  }
  const { envIds = null, filterTypes = null } = filter;
  const where = `${field}.${own}`;
  if (envIds !== null && filterTypes !== null) {
    const message = 'envIds and filterTypes can’t be combined: give one of the two.';
    errors.push(broken(where, { envIds, filterTypes }, 'EXCLUSIVE', message));
  } else if (envIds === null && filterTypes === null) {
    // Otherwise `{}` would have to mean either everything or nothing, and some callers would expect the other.
    const message = 'give envIds or filterTypes; leave the filter out for no restriction.';
    errors.push(broken(where, filter, 'REQUIRED', message));
  }
  if (envIds !== null) {
    const environmentIds = readIds(envIds, `${where}.envIds`, errors);
    return { environmentScope: 'IDS', environmentIds, environmentTypes: [] };
  }
  return {
    environmentScope: 'TYPES',
    environmentIds: [],
    environmentTypes: readTypes(type, filterTypes ?? [], `${where}.filterTypes`, errors, filterTypes !== null),
  };
}

function readTypes(
  type: AppPermissionType,
  given: readonly (string | null)[],
  field: string,
  errors: InputError[],
  wasGiven: boolean,
) {
  if (wasGiven && given.length === 0) errors.push(broken(field, [], 'NOT_EMPTY', 'at least one type must be given.'));
  const known = filterTypesOf[type] ?? {};
  return unique(
    present(given, field, errors).flatMap((name) => {
      const found = Object.hasOwn(known, name) ? known[name] : undefined;
      if (found !== undefined) return [found];
      const message = `"${name}" is not valid; expected one of ${Object.keys(known).join(', ')}.`;
      errors.push(broken(field, name, 'UNKNOWN', message));
      return [];
    }),
  );
}

/** IDs in lower case, as PostgreSQL writes them: rules are compared with rows as text. */
export function readIds(given: readonly (string | null)[], field: string, errors: InputError[]): string[] {
  if (given.length === 0) errors.push(broken(field, [], 'NOT_EMPTY', 'at least one id must be given.'));
  if (given.length > MOST_IDS) {
    const message = `has ${given.length} ids; at most ${MOST_IDS} are allowed.`;
    errors.push(broken(field, given.length, 'MAX_LENGTH', message));
    return [];
  }
  const ids = present(given, field, errors);
  for (const id of ids) {
    if (!isId(id)) errors.push(broken(field, id, 'UNKNOWN', `no resource has the id "${id}".`));
  }
  return unique(ids.map((id) => id.toLowerCase()));
}

function present<T>(values: readonly (T | null)[], field: string, errors: InputError[]): T[] {
  if (values.includes(null)) errors.push(broken(field, null, 'NOT_NULL', 'must not contain null.'));
  return values.filter((value): value is T => value !== null);
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

export function broken(field: string, value: unknown, rule: string, message: string): InputError {
  return { field, value, rule, message: `${field}: ${message}` };
}
