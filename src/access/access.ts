import { notFound, Refusal } from '../kernel/errors';
import { type AccountPermissionType, type Action, deploymentActions } from './permission';
import { NarrowedRights } from './narrowedRights';
import { Rights } from './rights';
import {
  permissionTypeOf,
  type SubjectActions,
  type SubjectRows,
  type SubjectType,
  subjects,
  type Target,
} from './subjects';

/** Caller that presented a key or a token, as the database showed it at one moment. */
export interface Principal {
  readonly kind: 'API_KEY' | 'USER';
  readonly id: string;
  readonly name: string;
  /** The user, or the owner of the key: the same for all keys of a person. Null for a key without an owner. */
  readonly personId: string | null;
  readonly groupIds: readonly string[];
  /** Applications that a key is narrowed to; null if it is not. */
  readonly within: readonly string[] | null;
  readonly expiresAt: Date | null;
  /** Trust rule that issued the key to a CI job, which ends soon. */
  readonly trustRuleId: string | null;
  /** Version of all rights at which this was read. */
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

/** Object that only callers with an account permission may see. */
export interface AccountObject {
  readonly kind: string;
  readonly id: string;
  readonly read: AccountPermissionType;
}

/**
 * Rights of a caller: every decision about rights is made here, about a row that was read. Made for each request.
 * Commands `require`, lists use `condition` in their statement, and `explain` returns the same answer without throwing.
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

  /** Upper limit of the rights, for something that acts for the caller. */
  narrowedTo(own: Rights): Access {
    return new Access(new NarrowedRights(this.rights, own), this.principal);
  }

  /** Number of decisions made. A request that ends with none has shown data without a check. */
  get decisions(): number {
    return this.asked;
  }

  /**
   * True if everything is allowed. A key that is narrowed to applications is never an administrator, regardless of its
   * groups.
   */
  get administrator(): boolean {
    this.asked++;
    return this.rights.administrator;
  }

  /** Person of the caller: the same under each of its keys. */
  get personId(): string | null {
    return this.principal?.personId ?? null;
  }

  can<T extends SubjectType>(action: SubjectActions[T], type: T, row: SubjectRows[T]): boolean {
    this.asked++;
    return this.rights.may(action, type, row);
  }

  /**
   * Throws NOT_FOUND for an object that the caller may not see, and FORBIDDEN, with the missing permission, for one
   * that it may see but not use. Actions other than READ need the right for each environment of the row.
   */
  require<T extends SubjectType>(action: SubjectActions[T], type: T, row: SubjectRows[T]): void {
    const refusal = this.refusal(action, type, row);
    if (refusal !== undefined) throw refusal;
  }

  /**
   * The same for given environments instead of the row’s own: those of the stages that will run, or the one that a
   * workflow is started for. With none, the right is needed for the whole application.
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
   * For an UPDATE of facts that rights depend on: the right is needed for the row before and after. Otherwise a caller
   * could move an object out of reach, or get hold of one.
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

  /** SQL condition on the rows of `alias`, a table of this kind, for which `can` is true. Adds to the parameters. */
  condition<T extends SubjectType>(action: SubjectActions[T], type: T, alias: string, parameters: unknown[]): string {
    this.asked++;
    return this.rights.condition(action, type, alias, parameters);
  }

  canInAccount(permission: AccountPermissionType): boolean {
    this.asked++;
    return this.rights.mayDoInAccount(permission);
  }

  /** With an object: NOT_FOUND for callers who may not even see it. */
  requireAccount(permission: AccountPermissionType, object?: AccountObject): void {
    const refusal = this.accountRefusal(permission, object);
    if (refusal !== undefined) throw refusal;
  }

  explainAccount(permission: AccountPermissionType, object?: AccountObject): Decision {
    const refusal = this.accountRefusal(permission, object);
    return refusal === undefined ? allowed : because(refusal);
  }

  /** For actions that only an administrator may take, regardless of permissions. */
  requireAdministrator(what: string): void {
    if (this.administrator) return;
    const missing = 'membership of Account Administrator';
    throw new Refusal('FORBIDDEN', `Only an administrator may ${what}.`, { missing });
  }

  /** True if the caller is a member of one of the groups with these names. */
  isMemberOf(groupNames: readonly string[]): boolean {
    this.asked++;
    return groupNames.some((name) => this.rights.groupNames.has(name));
  }

  /** Names of the groups that the caller is a member of. */
  groupNames(): readonly string[] {
    this.asked++;
    return [...this.rights.groupNames];
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
      // An object that does not exist yet can’t be hidden; the application that it would belong to can.
      if (!this.rights.may('READ', 'Application', { id: applicationId })) return notFound('application', applicationId);
    } else if (!this.rights.may('READ', type, row)) return notFound(type.toLowerCase(), row.id);
    const denied = this.rights.deniedTargets(action, type, row, targets);
    return forbidden(action, type, row.id, applicationId, this.named(applicationId, denied));
  }

  /** Environments as an error may name them: one that the caller can’t see has an ID and no name. */
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
  // A new environment has no ID yet.
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
