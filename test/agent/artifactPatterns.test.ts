import fc from 'fast-check';
import {
  isArtifactName,
  isLinkTarget,
  matchesName,
  matchesPattern,
  parsePattern,
} from '../../src/agent/artifactPatterns';

const matches = (pattern: string, path: string) => {
  const parsed = parsePattern(pattern);
  if (parsed === undefined) throw new Error(`${pattern} is refused`);
  return matchesPattern(parsed, path);
};

describe('artifact patterns', () => {
  it.each([
    ['release.tgz', ['release.tgz'], ['dist/release.tgz', 'release.tgz.sha', 'releaseXtgz']],
    ['dist/*.tgz', ['dist/a.tgz', 'dist/.tgz'], ['dist/a/b.tgz', 'a.tgz', 'dist/a.tgz/b']],
    ['dist/**', ['dist/a', 'dist/a/b/c', 'dist/.htaccess'], ['dist', 'other/a']],
    ['**', ['a', 'a/b', '.env'], []],
    ['**/*.xml', ['a.xml', 'a/b/c.xml'], ['a.xml/b']],
    ['a/**/z', ['a/z', 'a/b/z', 'a/b/c/z', 'a/z/z'], ['z', 'a/z/b', 'b/a/z']],
    ['a/**/b/**/c', ['a/b/c', 'a/x/b/y/c', 'a/b/b/c/c'], ['a/c/b', 'a/b']],
    ['./dist/./a', ['dist/a'], ['a']],
    ['a**b', ['ab', 'a-b', 'a*b'], ['a/b']],
    ['*', ['a', '.a'], ['a/b']],
    ['[ab]?.{c}', ['[ab]?.{c}'], ['a1.c']],
  ])('%s', (pattern, matching, others) => {
    expect(matching.filter((path) => !matches(pattern, path))).toEqual([]);
    expect(others.filter((path) => matches(pattern, path))).toEqual([]);
  });

  it.each(['', '/', '/etc/passwd', '..', '../a', 'a/../b', 'a//b', 'a/', 'a\\b', 'a\0', '.'])('rejects %j', (text) => {
    expect(parsePattern(text)).toBeUndefined();
  });

  it('matches names like the equivalent regular expression', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    fc.assert(
      fc.property(text, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 }), (pattern, name) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
        expect(matchesName(pattern, name)).toBe(expression.test(name));
      }),
      { numRuns: 2000 },
    );
  });

  it('matches paths like the equivalent regular expression', () => {
    const part = fc.constantFrom('a', 'b', '*', '**');
    const parts = fc.array(part, { minLength: 1, maxLength: 5 });
    const path = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(parts, path, (pattern, names) => {
        const body = pattern
          .slice(0, -1)
          .map((name) => (name === '**' ? '(?:[^/]+/)*' : `${name.replace('*', '[^/]+')}/`));
        const last = pattern.at(-1) === '**' ? '(?:[^/]+/)*[^/]+' : pattern.at(-1)?.replace('*', '[^/]+');
        const expression = new RegExp(`^${body.join('')}${last}$`);
        expect(matches(pattern.join('/'), names.join('/'))).toBe(expression.test(names.join('/')));
      }),
      { numRuns: 2000 },
    );
  });

  it('is fast where a regular expression would never end', () => {
    expect(matchesName(`${'*a'.repeat(5000)}b`, 'a'.repeat(10_000))).toBe(false);
    expect(matches(`${'**/'.repeat(200)}b`, Array(1000).fill('a').join('/'))).toBe(false);
  });
});

describe('artifact names', () => {
  it.each(['a', 'a/b', '.htaccess', 'ä b%', '...'])('accepts %j', (name) => expect(isArtifactName(name)).toBe(true));
  it.each(['', '/a', 'a/', 'a//b', '..', 'a/..', '../a', '.', 'a/./b', 'a\\b', 'a\0b'])('rejects %j', (name) =>
    expect(isArtifactName(name)).toBe(false),
  );
});

describe('isLinkTarget', () => {
  it.each([
    ['a', 'b'],
    ['a', 'b/c'],
    ['a', '.'],
    ['a/b', '..'],
    ['a/b/c', '../../d'],
    ['a', '..b'],
  ])('lets %s lead to %s', (name, target) => expect(isLinkTarget(name, target)).toBe(true));

  it.each([
    ['a', ''],
    ['a', '/etc'],
    ['a', '..'],
    ['a/b', '../../c'],
    ['a/b', 'c/../../d'],
    ['a', 'b/..'],
    ['a', './b'],
    ['a', 'b//c'],
    ['a', 'b/'],
    ['a', 'b\0'],
    ['a/b', '../'],
  ])('does not let %s lead to %j', (name, target) => expect(isLinkTarget(name, target)).toBe(false));
});
