import { TestResults } from '../../src/agent/junit';

const never = new AbortController().signal;

function read(...chunks: string[]) {
  const results = new TestResults((text) => text.replaceAll('s3cret', '***'));
  let problem: string | undefined;
  const parse = results.parser();
  try {
    for (const chunk of [...chunks, null]) parse(chunk);
  } catch (error) {
    problem = (error as Error).message;
  }
  return { ...results.numbers, failed: results.failed, problem };
}

const suite = (cases: string) =>
  `<?xml version="1.0"?><testsuites><testsuite name="s">${cases}</testsuite></testsuites>`;

describe('TestResults', () => {
  it('counts cases, and keeps those that failed', () => {
    const cases = `
      <testcase classname="Cart" name="adds" time="0.25"><system-out>noise &amp; more</system-out></testcase>
      <testcase classname="Cart" name="is s3cret" time="1,000.5"><failure message="expected 1">expected 1
  at cart.js:3</failure></testcase>
      <testcase file="pay.js" name="pays"><error message="no card"><![CDATA[Error <1> s3cret]]></error></testcase>
      <testcase name="later"><skipped/></testcase>`;
    const expected = {
      ...{ tests: 4, failures: 1, errors: 1, skipped: 1, durationMs: 1_000_750, problem: undefined },
      failed: [
        { kind: 'FAILURE', suite: 'Cart', name: 'is ***', message: 'expected 1\n  at cart.js:3' },
        { kind: 'ERROR', suite: 'pay.js', name: 'pays', message: 'no card\nError <1> ***' },
      ],
    };
    expect(read(suite(cases))).toEqual(expected);
    expect(read(...suite(cases))).toEqual(expected);
  });

  it.each([
    ['ends early', '<testsuite><testcase name="a"/><testcase', 1, 'line 1: not well-formed XML: Unclosed root tag'],
    ['is empty', '', 0, 'line 1: not a JUnit report: it is empty'],
    ['is another document', '<html/>', 0, /^line 1: not a JUnit report: its root is <html>/],
    ['is no XML', 'ok 1 - adds', 0, /^line 1: not well-formed XML: /],
    ['nests without end', `<testsuite>${'<a>'.repeat(1000)}`, 0, 'line 1: more than 100 elements within each other'],
    ['has many attributes', `<testsuite ${'a'.repeat(3)}="" ${range(2000)}/>`, 0, 'line 1: more than 1000 attributes'],
    [
      'declares entities',
      '<!DOCTYPE a [<!ENTITY b "boom"><!ENTITY c "&b;&b;&b;"><!ENTITY f SYSTEM "file:///etc/passwd">]>\n' +
        '<testsuite><testcase name="a"/><testcase name="&c;&f;"/></testsuite>',
      1,
      /^line 2: not well-formed XML: Invalid character entity/,
    ],
  ])('reports a file that %s, and counts the cases before', (_, text, tests, problem) => {
    const found = read(text);
    expect(found).toMatchObject({ tests, failed: [] });
    expect(found.problem).toEqual(typeof problem === 'string' ? problem : expect.stringMatching(problem));
  });

  it('keeps a bounded part of failures, of which no secret is cut', () => {
    const long = 'x'.repeat(998);
    const cases = `<testcase name="a"><failure>${long}s3cret ${'y'.repeat(70_000)}</failure></testcase>`;
    const found = read(...(suite(cases.repeat(101)).match(/.{1,65536}/gs) ?? []));
    expect(found).toMatchObject({ tests: 101, failures: 101, problem: undefined });
    expect(found.failed).toHaveLength(100);
    expect(found.failed[0]?.message).toBe(`${long}**`);
  });

  it('reads files only', async () => {
    await expect(new TestResults((text) => text).read('/', never)).rejects.toThrow('it is not a file');
  });
});

function range(most: number): string {
  return Array.from({ length: most }, (_, index) => `a${index}=""`).join(' ');
}
