import type { CheckedOut } from '../contract/jobFacts';

/** Decisions of `changed(…)`, from what agents reported about their checkouts. */

/** A commit, as people write it. */
const shortCommit = (commit: string): string => commit.slice(0, 7);

/** True if a file that matches changed since the last successful run in any checkout, or if that is not known. */
export function hasChanged(pattern: string, checkouts: readonly (CheckedOut | null)[]): boolean {
  return checkouts.length === 0 || checkouts.some((one) => changeOf(pattern, one)?.changed ?? true);
}

const changeOf = (pattern: string, checkout: CheckedOut | null) =>
  checkout?.changes?.find((one) => one.pattern === pattern);

/** Why a pattern counts as changed or not, for people. */
export function describeChanges(pattern: string, checkouts: readonly (CheckedOut | null)[]): string {
  if (checkouts.length === 0) return `changed("${pattern}"): nothing was checked out`;
  const each = checkouts.map((checkout) => {
    if (checkout === null) return 'its checkout reported no commit';
    const { base, commit, note } = checkout;
    const change = changeOf(pattern, checkout);
    if (change === undefined) return note ?? 'the agent did not report which files changed';
    if (base === commit) return `the commit is still ${shortCommit(commit)}`;
    const between = `between ${shortCommit(base ?? '')} and ${shortCommit(commit)}`;
    if (!change.changed) return `no file matches ${between}`;
    return `${change.files} file${change.files === 1 ? '' : 's'} ${between}, such as ${change.example}`;
  });
  return `changed("${pattern}"): ${[...new Set(each)].join('; ')}`;
}
