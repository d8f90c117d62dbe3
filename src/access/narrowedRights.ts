import type { AccountPermissionType, Action } from './permission';
import { Rights } from './rights';
import type { SubjectRows, SubjectType, Target } from './subjects';

/** Rights that something has only if both its author and it have them. Groups are those of the author. */
export class NarrowedRights extends Rights {
  override readonly groupNames: ReadonlySet<string>;
  override readonly groupIds: ReadonlySet<string>;

  constructor(
    private readonly author: Rights,
    private readonly own: Rights,
  ) {
    super([], false, []);
    this.groupNames = author.groupNames;
    this.groupIds = author.groupIds;
  }

  override get administrator(): boolean {
    return false;
  }

  override mayDoInAccount(permission: AccountPermissionType): boolean {
    return this.author.mayDoInAccount(permission) && this.own.mayDoInAccount(permission);
  }

  override may<T extends SubjectType>(action: Action, type: T, row: SubjectRows[T]): boolean {
    return this.author.may(action, type, row) && this.own.may(action, type, row);
  }

  override deniedTargets<T extends SubjectType>(
    action: Action,
    type: T,
    row: SubjectRows[T],
    targets: readonly Target[],
  ): readonly (Target | undefined)[] {
    const denied = [this.author, this.own].flatMap((one) => one.deniedTargets(action, type, row, targets));
    return [...new Set(denied)];
  }

  override condition(action: Action, type: SubjectType, alias: string, parameters: unknown[]): string {
    const both = [this.author, this.own].map((one) => one.condition(action, type, alias, parameters));
    return `(${both.join(' AND ')})`;
  }
}
