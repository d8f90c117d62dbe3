import { duration, fold, harmless } from '../../src/cli/ui';

describe('terminal output', () => {
  it.each([
    ['colors stay', '\u001b[1;32mok\u001b[0m\ttab\r\n', '\u001b[1;32mok\u001b[0m\ttab\r\n'],
    ['no cursor is moved, no screen cleared', 'a\u001b[2Jb\u001b[10;5Hc\u001b[?25ld', 'abcd'],
    ['no title is set, no link and no clipboard', 'a\u001b]0;title\u0007b\u001b]52;c;aGk=\u001b\\c', 'abc'],
    ['no question is asked of the terminal', 'a\u001b[6nb\u001bPq\u001b\\c\u001bcd', 'abcd'],
    ['nothing rings or goes back', 'a\u0007b\u0008c\u007fd\u009b2Je', 'abcd2Je'],
    ['what was cut in the middle does nothing', 'a\u001b[12', 'a12'],
  ])('%s', (_rule, text, shown) => {
    expect(harmless(text)).toBe(shown);
  });

  it('breaks lines between words, with an indent, and never in a word', () => {
    expect(fold('short', 20)).toBe('short');
    const id = '01a1fe6c-6da2-7324-be05-165e556d6af2';
    expect(fold(`  restored ${id}  by the release manager`, 24)).toBe(
      `  restored\n    ${id}\n    by the release\n    manager`,
    );
    expect(fold('\u001b[32m✓ SUCCESS\u001b[0m deployed to production', 20)).toBe(
      '\u001b[32m✓ SUCCESS\u001b[0m deployed\n  to production',
    );
  });

  it('formats durations for people', () => {
    expect([0, 340, 59_940, 59_960, 125_000, 3_725_000, null].map(duration)).toEqual([
      '0.0 s',
      '0.3 s',
      '59.9 s',
      '1 min 0 s',
      '2 min 5 s',
      '1 h 2 min',
      '',
    ]);
  });
});
