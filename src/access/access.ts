import { notFound, Refusal } from '../kernel/errors';
import { type AccountPermissionType, type Action, deploymentActions } from './permission';
import { Rights } from './rights';
import {
  permissionTypeOf,
  type SubjectActions,
  type SubjectRows,
  type SubjectType,
  subjects,
  type Target,
} from './subjects';

/** The caller who presented a key or a token, as the database knows it at one moment. */
export interface Principal {
  readonly kind: 'API_KEY' | 'USER';
  readonly id: string;
  readonly name: string;
  /**
   * The user, or the user whom the key belongs to: the same for all keys of a person. Null for a key that is nobody's.
   */
  readonly personId: string | null;
  readonly groupIds: readonly string[];
  /** The applications that a key is narrowed to; null: it is not. */
  readonly within: readonly string[] | null;
  readonly expiresAt: Date | null;
  /** Which state of all rights this was read from. */
  readonly version: number;
}

export type Decision =
  | { readonly allowed: true; readonly code: null; readonly message: null }
  | {
      readonly allowed: false;
      readonly code: 'NOT_FOUND' | 'FORBIDDEN';
      readonly message: string;
      readonly details: Readonly<Record<string, unknown>>;
    };

const allowed: Decision = { allowed: true, code: null, message: null };
const because = ({ code, message, details }: Refusal): Decision =>
  code === 'NOT_FOUND' || code === 'FORBIDDEN'
    ? { allowed: false, code, message, details }
    : { allowed: false, code: 'FORBIDDEN', message, details };

/** An object that only those with an account permission may see. */
export interface AccountObject {
  readonly kind: string;
  readonly id: string;
  readonly read: AccountPermissionType;
}

/**
 * What a caller may do: every decision about rights is asked here, with the row in hand. Made for each request.
 * Commands `require`, lists put `condition` into their statement, and `explain` tells the same without throwing.
 */
export class Access {
  private asked = 0;

  constructor(
    private readonly rights: Rights,
    readonly principal: Principal | null,
  ) {}

  /** The same rights for another request. */
  forRequest(): Access {
    return new Access(this.rights, this.principal);
  }

  /** How many decisions were asked for. A request that ends with none has shown something to nobody knows whom. */
  get decisions(): number {
    return this.asked;
  }

  /** May do everything. A key that is narrowed to applications never is an administrator, whatever its groups. */
  get administrator(): boolean {
    this.asked++;
    return this.rights.administrator;
  }

  /** The person behind the caller: the same under each of its keys. */
  get personId(): string | null {
    return this.principal?.personId ?? null;
  }

  can<T extends SubjectType>(action: SubjectActions[T], type: T, row: SubjectRows[T]): boolean {
    this.asked++;
    return this.rights.may(action, type, row);
  }

  /**
   * Throws NOT_FOUND for what the caller may not see, FORBIDDEN with what is missing for what it may see but not do.
   * Actions other than READ need the right for each environment that the row is aimed at.
   */
  require<T extends SubjectType>(action: SubjectActions[T], type: T, row: SubjectRows[T]): void {
    const refusal = this.refusal(action, type, row);
    if (refusal !== undefined) throw refusal;
  }

  /**
   * The same for chosen environments in place of the row's own: those of the stages that will run, or the one that a
   * workflow is started for. Without any the right is needed for the application as a whole.
   */
  requireForEnvironments<T extends SubjectType>(
    action: Exclude<SubjectActions[T], 'READ'>,
    type: T,
    row: SubjectRows[T],
    environments: readonly Target[],
  ): void {
    const refusal = this.refusal(action, type, row, environments);
    if (refusal !== undefined) throw refusal;
  }

  /**
   * For an UPDATE that changes what rights go by: the right is needed for the row as it stands and as it will be. Else
   * somebody could take a thing away to where its rights don't reach, or get hold of one there.
   */
  requireChange<T extends Exclude<SubjectType, 'Execution'>>(
    type: T,
    before: SubjectRows[T],
    after: SubjectRows[T],
  ): void {
    this.require('UPDATE', type, before);
    if (this.rights.may('UPDATE', type, after)) return;
    const targets = subjects[type].targets?.(after) ?? [];
    const denied = this.rights.deniedTargets('UPDATE', type, after, targets);
    const applicationId = subjects[type].applicationId(after);
    throw forbidden('UPDATE', type, after.id, applicationId, this.named(applicationId, denied));
  }

  explain<T extends SubjectType>(
    action: SubjectActions[T],
    type: T,
    row: SubjectRows[T],
    environments?: readonly Target[],
  ): Decision {
    const refusal = this.refusal(action, type, row, environments);
    return refusal === undefined ? allowed : because(refusal);
  }

  /**
   * An SQL condition for the rows of `alias`, a table of this kind, for which `can` would say yes. Adds to the
   * parameters.
   */
  condition<T extends SubjectType>(action: SubjectActions[T], type: T, alias: string, parameters: unknown[]): string {
    this.asked++;
    return this.rights.condition(action, type, alias, parameters);
  }

  canInAccount(permission: AccountPermissionType): boolean {
    this.asked++;
    return this.rights.mayDoInAccount(permission);
  }

  /** With an object: NOT_FOUND for those who may not even see it. */
  requireAccount(permission: AccountPermissionType, object?: AccountObject): void {
    const refusal = this.accountRefusal(permission, object);
    if (refusal !== undefined) throw refusal;
  }

  explainAccount(permission: AccountPermissionType, object?: AccountObject): Decision {
    const refusal = this.accountRefusal(permission, object);
    return refusal === undefined ? allowed : because(refusal);
  }

  /** For what only an administrator may do, whatever permissions there are. */
  requireAdministrator(what: string): void {
    if (this.administrator) return;
    const missing = 'membership of Account Administrator';
    throw new Refusal('FORBIDDEN', `Only an administrator may ${what}.`, { missing });
  }

  /** Whether the caller is a member of one of the groups with these names. */
  isMemberOf(groupNames: readonly string[]): boolean {
    this.asked++;
    return groupNames.some((name) => this.rights.groupNames.has(name));
  }

  hasGroup(id: string): boolean {
    this.asked++;
    return this.rights.groupIds.has(id);
  }

  private refusal<T extends SubjectType>(
    action: SubjectActions[T],
    type: T,
    row: SubjectRows[T],
    environments?: readonly Target[],
  ): Refusal | undefined {
    this.asked++;
    const targets = environments ?? subjects[type].targets?.(row) ?? [];
    const granted =
      environments === undefined
        ? this.rights.may(action, type, row)
        : this.rights.deniedTargets(action, type, row, environments).length === 0;
    if (granted) return undefined;
    const applicationId = subjects[type].applicationId(row);
    if (action === 'CREATE') {
      // What does not exist yet can't be unseen; the application it would belong to can.
      if (!this.rights.may('READ', 'Application', { id: applicationId })) return notFound('application', applicationId);
    } else if (!this.rights.may('READ', type, row)) return notFound(type.toLowerCase(), row.id);
    const denied = this.rights.deniedTargets(action, type, row, targets);
    return forbidden(action, type, row.id, applicationId, this.named(applicationId, denied));
  }

  /** Environments as a refusal may name them: what the caller can't see has an id and no name. */
  private named(applicationId: string, targets: readonly (Target | undefined)[]): NamedTarget[] {
    return targets.flatMap((target) => {
      if (target === undefined) return [];
      const { id, type, name } = target;
      return this.rights.may('READ', 'Environment', { id, applicationId, type })
        ? { id, name }
        : { id, name: undefined };
    });
  }

  private accountRefusal(permission: AccountPermissionType, object?: AccountObject): Refusal | undefined {
    this.asked++;
    if (this.rights.mayDoInAccount(permission)) return undefined;
    if (object !== undefined && !this.rights.mayDoInAccount(object.read)) return notFound(object.kind, object.id);
    return accountForbidden(permission);
  }
}

interface NamedTarget {
  readonly id: string;
  readonly name: string | undefined;
}

function accountForbidden(permission: AccountPermissionType): Refusal {
  const missing = `account permission ${permission}`;
  return new Refusal('FORBIDDEN', `The ${missing} is missing.`, { accountPermission: permission, missing });
}

function forbidden(
  action: Action,
  type: SubjectType,
  id: string,
  applicationId: string,
  denied: readonly NamedTarget[],
): Refusal {
  if (type === 'Application' && action === 'DELETE') return accountForbidden('CREATE_AND_DELETE_APPLICATION');
  const isDeployment = action !== 'READ' && (deploymentActions as readonly Action[]).includes(action);
  const permissionType = isDeployment ? 'DEPLOYMENT' : permissionTypeOf[type];
  // A new environment has no id yet that anybody could look for.
  const isNew = type === 'Environment' && action === 'CREATE';
  const own = type === 'Environment' && !isNew ? [{ id, name: undefined }] : [];
  const environments = type === 'Environment' ? own : denied;
  const missing = `${permissionType} ${action} in application ${applicationId}${isNew ? '' : where(type, environments)}`;
  return new Refusal('FORBIDDEN', `The permission ${missing} is missing.`, {
    action,
    permissionType,
    applicationId,
    environmentIds: environments.map((one) => one.id),
    missing,
  });
}

function where(type: SubjectType, environments: readonly NamedTarget[]): string {
  if (environments.length > 0) {
    const names = environments.map((one) => (one.name === undefined ? one.id : `${one.name} (${one.id})`));
    return ` for environment${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
  }
  return subjects[type].targets === undefined ? '' : ', not restricted to environments';
}

/** The server acting on its own. */
export const systemAccess = new Access(new Rights([], true, null), null);
