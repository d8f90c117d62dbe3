import { rulesToAST } from '@casl/ability/extra';
import { type Ability, buildAbility, type Rules } from './ability';
import { toRowSql } from './abilitySql';
import type { AccountPermissionType, Action, AppGrant, Permissions } from './permission';
import { asksForAnyTarget, type SubjectRows, type SubjectType, subjects, type Target } from './subjects';

/** A user group as far as rights go. */
export interface RightsGroup extends Permissions {
  readonly id: string;
  readonly name: string;
}

/**
 * What a set of groups may do. Immutable, and shared by all requests of all who are in the same groups; `Access` is the
 * face of it for one request. It answers yes or no; what that means for the caller is said there.
 */
export class Rights {
  readonly groupNames: ReadonlySet<string>;
  readonly groupIds: ReadonlySet<string>;
  private readonly ability: Ability;
  private readonly rules: Rules;
  private readonly byApplication = new Map<string, Ability>();
  /**
   * What is said about applications by their ids. Somebody may have permissions in hundreds; a check is about one of
   * them.
   */
  private readonly named = new Map<string, AppGrant[]>();
  private readonly unnamed: readonly AppGrant[];

  /** `within`: only what lies in these applications, and nothing of the account; null: no such narrowing. */
  constructor(groups: readonly RightsGroup[], administrator: boolean, within: readonly string[] | null) {
    this.groupNames = new Set(groups.map((group) => group.name));
    this.groupIds = new Set(groups.map((group) => group.id));
    this.rules = {
      administrator,
      accountPermissions: groups.flatMap((group) => group.accountPermissions),
      appPermissions: groups.flatMap((group) => group.appPermissions),
      within,
    };
    this.ability = buildAbility(this.rules);
    const grants = this.rules.appPermissions;
    this.unnamed = grants.filter((grant) => grant.applicationScope === 'ALL');
    for (const id of within ?? []) this.named.set(id, []);
    for (const grant of grants) {
      for (const id of grant.applicationIds) {
        const known = this.named.get(id);
        if (known === undefined) this.named.set(id, [grant]);
        else known.push(grant);
      }
    }
  }

  get administrator(): boolean {
    return this.rules.administrator && this.rules.within === null;
  }

  mayDoInAccount(permission: AccountPermissionType): boolean {
    return this.ability.can(permission, 'Account');
  }

  may<T extends SubjectType>(action: Action, type: T, row: SubjectRows[T]): boolean {
    const targets = subjects[type].targets?.(row) ?? [];
    const denied = this.deniedTargets(action, type, row, targets);
    return asksForAnyTarget(action) ? denied.length < Math.max(1, targets.length) : denied.length === 0;
  }

  /**
   * Those of the targets at which the action is not allowed. Without targets there is one all the same, `undefined`:
   * being aimed at no environment is something that only an unrestricted permission covers.
   */
  deniedTargets<T extends SubjectType>(
    action: Action,
    type: T,
    row: SubjectRows[T],
    targets: readonly Target[],
  ): readonly (Target | undefined)[] {
    const spec = subjects[type];
    const ability = this.abilityIn(spec.applicationId(row));
    if (targets.length === 0) return ability.can(action, spec.facts(row, undefined)) ? [] : [undefined];
    return targets.filter((target) => !ability.can(action, spec.facts(row, target)));
  }

  /** The rows of a statement for which `may` is true, as a condition on the alias of their table. */
  condition(action: Action, type: SubjectType, alias: string, parameters: unknown[]): string {
    const tree = rulesToAST(this.ability, action, type);
    if (tree === null) return 'FALSE';
    return toRowSql(tree, { ...subjects[type], alias, anyTarget: asksForAnyTarget(action) }, parameters);
  }

  /** Applications that no permission names share an ability, so that there are no more of them than names. */
  private abilityIn(applicationId: string): Ability {
    if (this.administrator) return this.ability;
    const named = this.named.get(applicationId);
    const about = named === undefined ? '' : applicationId;
    let ability = this.byApplication.get(about);
    if (ability === undefined) {
      const appPermissions = [...this.unnamed, ...(named ?? [])];
      ability = buildAbility({ ...this.rules, appPermissions }, about);
      this.byApplication.set(about, ability);
    }
    return ability;
  }
}
