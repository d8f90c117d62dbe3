import fc from 'fast-check';
import {
  MAX_EXPRESSION,
  readExpression,
  type Scope,
  type Value,
  valuesSeen,
} from '../../../src/catalog/language/expressions';

const map = (entries: Readonly<Record<string, Value>>): Value => new Map(Object.entries(entries));

const scope: Scope = new Map<string, Value>([
  ['N', 2n],
  ['F', 1.5],
  ['T', 'text'],
  ['NUM', '2.0'],
  ['DOTS', '1.10.0'],
  ['EMPTY', ''],
  ['YES', true],
  ['JSON', map({ replicas: 3, names: ['a', 'b'], deep: new Map([['__proto__', 'own']]), constructor: null })],
  ['LIST', ['1', 2n, 'x']],
  ['NOTHING', null],
  ['vars', map({ N: 2n })],
  [
    'tasks',
    map({
      build: map({ status: 'SUCCESS', exit_code: 0n, reason_code: null, tries: 1n }),
      'test[os=linux]': map({ status: 'FAILED', exit_code: 2n, reason_code: 'EXIT_CODE', tries: 3n }),
    }),
  ],
]);

function decide(text: string): boolean | string {
  const expression = readExpression(text);
  if (!('decide' in expression)) return `at ${expression.at}: ${expression.message}`;
  const decision = expression.decide(scope);
  return 'error' in decision ? decision.error : decision.value;
}

/** Work, not time: other processes take none of it. */
const cpuMs = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
};

describe('the language of conditions', () => {
  it.each([
    // Numbers, and text that says a number, on either side
    ['N == 2', true],
    ['N == "2"', true],
    ['"2" == N', true],
    ['N == "2.0"', true],
    ['N == NUM', true],
    ['"10" == "1e1"', true],
    ['"+5" == "5"', true],
    ['"9007199254740993" == "9007199254740992"', false],
    ['N != "3"', true],
    ['"10" < "9"', false],
    ['"10" > 9', true],
    ['F < N', true],
    ['F >= "1.5"', true],
    ['-1 < N', true],
    // Text that says none is text
    ['T == "text"', true],
    ['T == 2', false],
    ['DOTS == "1.1.0"', false],
    ['"b" > "a"', true],
    ['"v10" < "v9"', true],
    ['EMPTY == ""', true],
    ['EMPTY == 0', false],
    // Truth
    ['YES', true],
    ['!YES', false],
    ['YES == "true"', true],
    ['"false" == YES', false],
    ['NOTHING == null', true],
    ['NOTHING == ""', false],
    ['true || false && false', true],
    ['N == 1 ? false : YES', true],
    // Results
    ['tasks.build.status == "SUCCESS"', true],
    ['tasks["build"].exit_code == 0', true],
    ['tasks["test[os=linux]"].status in ["FAILED", "ABORTED"]', true],
    ['tasks["test[os=linux]"].exit_code >= "2" && tasks.build.reason_code == null', true],
    // Lists, objects, text
    ['2 in LIST && "1" in LIST && 1 in LIST', true],
    ['"y" in LIST', false],
    ['[1, "2"] == ["1", 2]', true],
    ['[1] == [1, 2]', false],
    ['JSON == JSON', true],
    ['JSON.replicas == 3 && JSON.names[1] == "b"', true],
    ['"a" in JSON.names', true],
    ['has(JSON.replicas) && !has(JSON.nope)', true],
    ['has(vars.N) && !has(vars.M)', true],
    ['has(vars.M) && vars.M == 1', false],
    ['JSON.deep["__proto__"] == "own"', true],
    ['T.startsWith("te") && T.endsWith("xt") && T.contains("ex") && T.size() == 4', true],
    ['size(LIST) == 3 && size("äö") == 2', true],
    ['int("12") + 1 == 13 && double(N) / 4.0 == 0.5 && string(N) + "x" == "2x"', true],
    ['N * 3 - 1 == 5 && 7 % 4 == 3', true],
    ['// a remark\nYES', true],
  ])('%s is %j', (text, value) => {
    expect(decide(text)).toBe(value);
  });

  it.each([
    ['NOPE == 1', 'there is no "NOPE"'],
    ['YES || NOPE', 'there is no "NOPE"'],
    ['toString == 1', 'there is no "toString"'],
    ['__proto__ == 1', 'there is no "__proto__"'],
    ['int == 1', 'there is no "int"'],
    ['tasks.nope.status == "SUCCESS"', 'field not found: nope'],
    ['JSON.toString == 1', 'field not found: toString'],
    ['T.length == 4', 'field not found: length'],
    ['T < 2', '"text" and 2 have no order'],
    ['YES < "true"', 'true and "true" have no order'],
    ['N', 'it is 2, neither true nor false'],
    ['T', 'it is "text", neither true nor false'],
    ['LIST', 'it is a list, neither true nor false'],
    ['JSON.deep', 'it is an object, neither true nor false'],
    ['N && YES', 'type mismatch: expected bool, got int'],
    ['N + T == 1', expect.stringContaining('no matching overload')],
    ['JSON.names[5] == 1', expect.stringContaining('out of')],
    ['int(T) == 1', expect.any(String)],
    ['1 / 0 == 1', expect.stringContaining('zero')],
    ['9223372036854775807 + 1 == 0', expect.stringContaining('overflow')],
  ])('%s is an error: %s', (text, message) => {
    expect(decide(text)).toEqual(message);
  });

  it.each([
    ['', 1, 'it is empty'],
    ['   ', 1, 'it is empty'],
    ['a &&', 3, 'unexpected "&"'],
    ['a = 1', 3, 'unexpected "="'],
    ['a == (b', 3, 'unexpected "="'],
    ['a ==\n  == b', 3, 'unexpected "="'],
    ['"open', 1, 'unexpected'],
    ['if == 1', 1, 'uses a reserved word'],
    ['x.exists(y, y == 1)', 2, 'loops'],
    ['a == 1 && x.map(y, y)', 12, 'loops'],
    ['{"a": 1} == x', 1, 'maps'],
    ['x.matches("a")', 2, '"matches" is not a known function'],
    ['env("HOME") == ""', 1, '"env" is not a known function'],
    ['b"bytes" == x', 1, 'bytes'],
    ['1u == x', 1, 'unsigned'],
    ['duration("1s") == x', 1, '"duration" is not a known function'],
    [`${'('.repeat(51)}a${')'.repeat(51)}`, 1, 'nested more than 50 deep'],
    [`a == "${'x'.repeat(MAX_EXPRESSION)}"`, 1, 'more than 1000 characters'],
  ])('%j can’t be read, at character %d: %s', (text, at, message) => {
    const read = readExpression(text);
    expect(read).toMatchObject({ at, message: expect.stringContaining(message) });
  });

  it('says which values it saw, shortly', () => {
    const text =
      'N == "3" && tasks.build.status == "FAILED" && has(vars.M) && JSON.replicas > 1 && tasks["test[os=linux]"].tries > 1';
    const expression = readExpression(text);
    if (!('decide' in expression)) throw new Error(expression.message);
    expect(valuesSeen(expression, scope)).toBe(
      'N = 2, tasks.build.status = "SUCCESS", vars.M is not there, JSON.replicas = 3, tasks["test[os=linux]"].tries = 3',
    );
    const long = readExpression('T == LONG');
    if (!('decide' in long)) throw new Error(long.message);
    expect(valuesSeen(long, new Map([['LONG', 'x'.repeat(500)]])).length).toBeLessThan(150);
  });

  it('takes any text, and any values, in bounded time', () => {
    const word = fc.constantFrom(
      ...'N T JSON LIST tasks ( ) [ ] { } . , ? : ! && || == < in has size "a" 1 2.5 \' " \\ // \n é'.split(' '),
    );
    const text = fc.oneof(
      fc.array(word, { maxLength: 30 }).map((words) => words.join(' ')),
      fc.string({ maxLength: 60 }),
    );
    fc.assert(
      fc.property(text, (one) => {
        const began = process.cpuUsage();
        expect(['boolean', 'string']).toContain(typeof decide(one));
        expect(cpuMs(began)).toBeLessThan(1000);
      }),
      { numRuns: 500 },
    );
  });

  it('of the greatest length, over the longest values, costs little', () => {
    const long: Scope = new Map<string, Value>([
      ['S', 'a'.repeat(32_768)],
      ['L', Array.from({ length: 10_000 }, () => 'a')],
    ]);
    const texts = [
      `(${Array.from({ length: 150 }, () => 'S').join(' + ')}) == "x"`,
      Array.from({ length: 60 }, () => '"b" in L').join(' || '),
      Array.from({ length: 70 }, () => 'L == L + L').join(' || '),
      `${'!'.repeat(990)}true`,
      Array.from({ length: 60 }, () => 'S.contains(S)').join('&&'),
    ];
    for (const text of texts) {
      const expression = readExpression(text);
      if (!('decide' in expression)) throw new Error(`${text}: ${expression.message}`);
      const began = process.cpuUsage();
      expression.decide(long);
      expect(cpuMs(began)).toBeLessThan(2000);
    }
  });
});
