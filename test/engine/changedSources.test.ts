import type { CheckedOut } from '../../src/contract/jobFacts';
import { describeChanges, hasChanged } from '../../src/engine/changedSources';

const [before, after] = ['1'.repeat(40), '2'.repeat(40)];
const checkout = (more: Partial<CheckedOut>): CheckedOut => {
  return { url: 'https://a/b', ref: null, commit: after, base: before, changes: null, note: null, ...more };
};
const change = (changed: boolean) => ({
  pattern: 'src/**',
  changed,
  files: changed ? 2 : 0,
  example: changed ? 'src/a' : null,
});

describe('changed', () => {
  it.each<[string, boolean, readonly (CheckedOut | null)[], string]>([
    [
      'a file that changed',
      true,
      [checkout({ changes: [change(true)] })],
      '2 files between 1111111 and 2222222, such as src/a',
    ],
    ['no file', false, [checkout({ changes: [change(false)] })], 'no file matches between 1111111 and 2222222'],
    ['the same commit', false, [checkout({ base: after, changes: [change(false)] })], 'the commit is still 2222222'],
    [
      'the first run',
      true,
      [checkout({ base: null, note: 'there was no successful run before' })],
      'there was no successful run before',
    ],
    ['a checkout without a commit', true, [null], 'its checkout reported no commit'],
    ['a pattern that was not asked', true, [checkout({ changes: [] })], 'the agent did not report which files changed'],
    ['no checkout', true, [], 'nothing was checked out'],
    [
      'one of two checkouts',
      true,
      [checkout({ changes: [change(false)] }), checkout({ changes: [change(true)] })],
      'no file matches between 1111111 and 2222222; 2 files between 1111111 and 2222222, such as src/a',
    ],
  ])('decides %s', (_, changed, checkouts, why) => {
    expect(hasChanged('src/**', checkouts)).toBe(changed);
    expect(describeChanges('src/**', checkouts)).toBe(`changed("src/**"): ${why}`);
  });
});
