import { rulesToAST } from '@casl/ability/extra';
import { type Ability, buildAbility, type Rules } from './ability';
import { toRowSql } from './abilitySql';
import type { AccountPermissionType, Action, AppGrant, Permissions } from './permission';
import { asksForAnyTarget, type SubjectRows, type SubjectType, subjects, type Target } from './subjects';

/** User group, reduced to what rights need. */
export interface RightsGroup extends Permissions {
  readonly id: string;
  readonly name: string;
}

/**
 * Rights of a set of groups. Immutable and shared by all requests of callers in the same groups. Decides only yes or
 * no; `Access` turns that into results for a caller.
 */
export class Rights {
  readonly groupNames: ReadonlySet<string>;
  readonly groupIds: ReadonlySet<string>;
  private readonly ability: Ability;
  private readonly rules: Rules;
  private readonly byApplication = new Map<string, Ability>();
  /** Grants for applications by ID. A caller may have permissions in hundreds of them; a check is about one. */
  private readonly named = new Map<string, AppGrant[]>();
  private readonly unnamed: readonly AppGrant[];

  /** `within`: only objects in these applications, and nothing of the account; null: no such limit. */
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
   * Targets at which the action is not allowed. Without targets there is one, `undefined`: only an unrestricted
   * permission covers an object that is aimed at no environment.
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

  /** Condition on the alias of a table, true for its rows for which `may` is true. */
  condition(action: Action, type: SubjectType, alias: string, parameters: unknown[]): string {
    const tree = rulesToAST(this.ability, action, type);
    if (tree === null) return 'FALSE';
    return toRowSql(tree, { ...subjects[type], alias, anyTarget: asksForAnyTarget(action) }, parameters);
  }

  /** Applications that no permission names share an ability, so their number is bounded. */
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
