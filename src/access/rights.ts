import { subject } from '@casl/ability';
import { rulesToAST } from '@casl/ability/extra';
import { type Ability, buildAbility, type Rules } from './ability';
import { mentionsTarget, type SqlScope, toSql } from './abilitySql';
import type { AccountPermissionType, Action, Permissions } from './permission';
import {
  asksForAnyTarget,
  type Facts,
  type SubjectRows,
  type SubjectType,
  sqlTargetFacts,
  subjects,
  type Target,
} from './subjects';

/** A user group as far as rights go. */
export interface RightsGroup extends Permissions {
  readonly id: string;
  readonly name: string;
}

/**
 * What a set of groups may do. Immutable, and shared by all requests of all who are in the same groups; `Access` is the face of it for one
 * request. It answers yes or no; what that means for the caller is said there.
 */
export class Rights {
  readonly groupNames: ReadonlySet<string>;
  readonly groupIds: ReadonlySet<string>;
  private readonly ability: Ability;
  private readonly rules: Rules;
  private readonly byApplication = new Map<string, Ability>();
  private readonly named: ReadonlySet<string>;

  /** `within`: only what lies in these applications, and nothing of the account; null: no such narrowing. */
  constructor(groups: readonly RightsGroup[], administrator: boolean, within: readonly string[] | null) {
    this.groupNames = new Set(groups.map((group) => group.name));
    this.groupIds = new Set(groups.map((group) => group.id));
    this.rules = { administrator, permissions: groups, within };
    this.ability = buildAbility(this.rules);
    const grants = groups.flatMap((group) => group.appPermissions);
    this.named = new Set([...(within ?? []), ...grants.flatMap((grant) => grant.applicationIds)]);
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
   * Those of the targets at which the action is not allowed. Without targets there is one all the same, `undefined`: being aimed at no environment
   * is something that only an unrestricted permission covers.
   */
  deniedTargets<T extends SubjectType>(
    action: Action,
    type: T,
    row: SubjectRows[T],
    targets: readonly Target[],
  ): readonly (Target | undefined)[] {
    const spec = subjects[type];
    const facts: Facts = spec.facts(row);
    const ability = this.abilityIn(spec.applicationId(row));
    const may = (more: Facts) => ability.can(action, subject(type, { ...facts, ...more }));
    if (targets.length === 0) return may({}) ? [] : [undefined];
    return targets.filter((target) => !may({ environmentId: target.id, environmentType: target.type }));
  }

  /** The rows of a statement for which `may` is true, as a condition on the alias of their table. */
  condition(action: Action, type: SubjectType, alias: string, parameters: unknown[]): string {
    const tree = rulesToAST(this.ability, action, type);
    if (tree === null) return 'FALSE';
    const { sqlFacts, sqlTargets } = subjects[type];
    const scope: SqlScope = { alias, facts: sqlFacts, targetFacts: sqlTargets === undefined ? {} : sqlTargetFacts };
    const alternatives = tree.operator === 'or' ? (tree.value as (typeof tree)[]) : [tree];
    const sql = (chosen: typeof alternatives) => chosen.map((one) => `(${toSql(one, scope, parameters)})`).join(' OR ');
    const aimed = alternatives.filter((one) => mentionsTarget(one, scope));
    const plain = sql(alternatives.filter((one) => !mentionsTarget(one, scope)));
    if (sqlTargets === undefined || aimed.length === 0) return `(${plain})`;
    const targets = `(${sqlTargets(alias)}) target`;
    const wanted = sql(aimed);
    // What needs no subquery stands first: PostgreSQL then asks it only for rows that are not settled yet.
    const before = plain === '' ? '' : `${plain} OR `;
    if (asksForAnyTarget(action)) return `(${before}EXISTS (SELECT FROM ${targets} WHERE ${wanted}))`;
    return `(${before}(EXISTS (SELECT FROM ${targets}) AND NOT EXISTS (SELECT FROM ${targets} WHERE (${wanted}) IS NOT TRUE)))`;
  }

  /** Applications that no permission names share an ability, so that there are no more of them than names. */
  private abilityIn(applicationId: string): Ability {
    if (this.administrator) return this.ability;
    const about = this.named.has(applicationId) ? applicationId : '';
    let ability = this.byApplication.get(about);
    if (ability === undefined) {
      ability = buildAbility(this.rules, about);
      this.byApplication.set(about, ability);
    }
    return ability;
  }
}
