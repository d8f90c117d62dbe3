import fc from 'fast-check';
import type { Kind } from '../../../src/catalog/language/conditionTypes';
import { type Scope, setVariable, type Value, valuesSeen } from '../../../src/catalog/language/conditionValues';
import { MAX_EXPRESSION, readExpression } from '../../../src/catalog/language/expressions';

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

/** CPU time, because other processes don't affect it. */
const cpuMs = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
};

describe('the language of conditions', () => {
  it.each([
    // Numbers, and numeric text compared with a number
    ['N == 2', true],
    ['N == "2"', true],
    ['"2" == N', true],
    ['N == "2.0"', true],
    ['N == NUM', true],
    ['"10" == 1e1', true],
    ['"+5" == 5', true],
    ['"9007199254740993" == "9007199254740992"', false],
    ['N != "3"', true],
    ['"10" > 9', true],
    ['F < N', true],
    ['F >= "1.5"', true],
    ['-1 < N', true],
    // Text is text
    ['"10" < "9"', true],
    ['"1.10" == "1.1"', false],
    ['"10" == "1e1" || "+5" == "5" || "007" == "7"', false],
    ['"1.10" in ["1.1"]', false],
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
    ['T.matches("^t.xt$") && T.matches("e") && !T.matches("^e")', true],
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
    ['x.replace("a", "b")', 2, '"replace" is not a known function'],
    ['env("HOME") == ""', 1, '"env" is not a known function'],
    ['b"bytes" == x', 1, 'bytes'],
    ['1u == x', 1, 'unsigned'],
    ['duration("1s") == x', 1, '"duration" is not a known function'],
    [`${'('.repeat(51)}a${')'.repeat(51)}`, 1, 'nested more than 50 deep'],
    [`a == "${'x'.repeat(MAX_EXPRESSION)}"`, 1, 'more than 1000 characters'],
  ])('%j can’t be parsed, at character %d: %s', (text, at, message) => {
    const read = readExpression(text);
    expect(read).toMatchObject({ at, message: expect.stringContaining(message) });
  });

  it('reports the values that it saw, shortened', () => {
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

  it('evaluates any text with any values in bounded time', () => {
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

  it('costs little at the maximum length with the longest values', () => {
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

describe('condition-text-as-number', () => {
  const given = [
    ['V', '1.10', 'string'],
    ['SEVEN', '007', 'string'],
    ['HEX', '0x10', 'string'],
    ['EXPONENT', '1e3', 'string'],
    ['EMPTY', '', 'string'],
    ['SPACE', ' 5', 'string'],
    ['NULL', 'null', 'string'],
    ['YES', 'true', 'string'],
    ['DATE', '2026-01-31', 'string'],
    ['LARGE', '9007199254740993', 'string'],
    ['HUGE', '123456789012345678901234567890', 'number'],
    ['N', '1.10', 'number'],
    ['WHOLE', '2', 'number'],
    ['BAD', 'many', 'number'],
    ['ON', 'true', 'boolean'],
    ['DATA', '{"id": 9007199254740993, "rate": 1.10, "tag": "1.10", "list": [1, "2"], "__proto__": 1}', 'string'],
    ['LIST', '["1.10", 2]', 'string'],
    ['DEEP', `${'['.repeat(16_000)}${']'.repeat(16_000)}`, 'string'],
  ] as const;
  const variables = new Map<string, Value>();
  for (const [name, text, type] of given) setVariable(variables, name, text, type, true);
  const scopeWithVars: Scope = new Map(variables).set('vars', variables).set('matrix', variables);
  const read = (text: string) => {
    const expression = readExpression(text);
    if (!('decide' in expression)) throw new Error(expression.message);
    return expression;
  };

  it.each([
    ['V == "1.1"', false],
    ['V == "1.10" && vars.V == "1.10" && matrix["V"] == "1.10"', true],
    ['V in ["1.1"]', false],
    ['string(V) == "1.1"', false],
    ['string(N) == "1.10" && string(true ? N : 1) == "1.10"', true],
    ['V == 1.1 && V > 1 && V in [1.1]', true],
    ['N == 1.1 && N + 1 == 2.1 && WHOLE + 1 == 3 && WHOLE / 4.0 == 0.5', true],
    ['SEVEN == "7" || SEVEN != 7', false],
    ['HEX == 16 || EMPTY == 0 || SPACE == 5 || NULL == null', false],
    ['EXPONENT == 1000 && EXPONENT != "1000"', true],
    ['YES == true && YES == "true" && ON', true],
    ['DATE > "2025-12-31" && DATE < "2026-02-01"', true],
    ['LARGE == 9007199254740992 || LARGE == "9007199254740992"', false],
    ['HUGE > 9223372036854775807 && string(HUGE) == "123456789012345678901234567890"', true],
    ['double(V) == 1.1 && int(SEVEN) == 7', true],
    ['DATA.id == 9007199254740993 && DATA.id != 9007199254740992', true],
    ['DATA.tag == "1.1" || !("2" in DATA.list) || LIST[0] == "1.1"', false],
    ['"1.10" in LIST && LIST[1] == 2 && has(DATA.rate) && !has(DATA.nope) && DATA["__proto__"] == 1', true],
    ['DATA == "x" || size(V) != 4 || DEEP == "[]"', false],
    ['BAD == 1', false],
  ])('%s is %j', (text, value) => {
    expect(read(text).decide(scopeWithVars)).toEqual({ value });
  });

  it.each([
    ['double("0x10") > 1.0', '"0x10" is not a number'],
    ['double(EMPTY) == 0.0', '"" is not a number'],
    ['double(SPACE) > 1.0', '" 5" is not a number'],
    ['int("1.5") == 1', '"1.5" is not a whole number'],
    ['int("99999999999999999999") > 1', 'is not a whole number of 64 bits'],
    ['BAD > 1', '"many" and 1 have no order'],
    ['V.major == 1', 'field'],
  ])('%s can’t be decided: %s', (text, message) => {
    expect(read(text).decide(scopeWithVars)).toEqual({ error: expect.stringContaining(message) });
  });

  it('shows each value as given', () => {
    const text =
      'V == "1" && N > 1 && matrix.V == "1" && HUGE > 1 && string(N) == "" && DATA.rate > 1 && DATA.id > 1 && ON && HEX in LIST';
    expect(valuesSeen(read(text), scopeWithVars)).toBe(
      'V = "1.10", N = 1.10, matrix.V = "1.10", HUGE = 123456789012345678901234567890, DATA.rate = 1.10, ' +
        'DATA.id = 9007199254740993, ON = true, HEX = "0x10", LIST = "[\\"1.10\\", 2]"',
    );
  });

  const kinds: Readonly<Record<string, Kind>> = {
    N: 'numeric',
    M: 'numeric',
    V: 'string',
    ON: 'flag',
    OUT: 'given',
    CODE: 'number',
  };

  it.each([
    'V > 9 && V == "1" && V == OUT && V == true && V in ["1", "2"] && V in [1, 2]',
    'N > 9 && N == M && N == OUT && N + 1 > 2 && N in [1, 2] && string(N) == "1.10" && N == null',
    'ON && !ON && ON == true && (ON ? N : M) > 1 && OUT == true',
    'OUT.list[0] == "a" && "a" in OUT && has(vars.OUT) && OUT.deep.startsWith("x") && CODE == 1 && CODE == V',
    'V.startsWith("1") && V + "-x" == "y" && size(V) > 1 && double(V) + 1.0 > N && "a" < V',
  ])('%s has no type error', (text) => {
    expect(read(text).typeProblems(({ path }) => kinds[path.at(-1) ?? ''] ?? 'any')).toEqual([]);
  });

  it.each([
    ['N == "1.10"', 1, 'N is a number, and "1.10" is text; they can’t be compared'],
    ['N != V', 1, 'N is a number, and V is text'],
    ['true && N >= "2"', 9, 'N is a number, and "2" is text'],
    ['N in ["1", "2"]', 1, 'N is a number, and "1" is text'],
    ['CODE == "0"', 1, 'CODE is a number, and "0" is text'],
    ['ON == "true"', 1, 'ON is true or false, and "true" is text'],
    ['ON == N', 1, 'ON is true or false, and N is a number'],
    ['1 == "1"', 1, '1 is a number, and "1" is text'],
    ['V', 1, 'V is text, neither true nor false; write V == "true"'],
    ['ON && OUT', 7, 'OUT is text, neither true nor false; write OUT == "true"'],
    ['!N', 2, 'N is a number, neither true nor false'],
    ['V + 1 > 2', 1, 'V is text, and 1 is a number; write double(V) for its number'],
    ['V - V > 2', 1, 'write double(V)'],
    ['N.startsWith("1")', 1, '"startsWith" needs text, and N is a number; write string(N)'],
    ['V.matches("(")', 1, '"(" is not a valid regular expression (error parsing regexp: missing closing ): `(`)'],
    ['N.major == 1', 1, 'N is a number, which has no "major"'],
    ['1 in N', 6, 'N is a number, not a list'],
    ['null < 1', 1, 'null is null, and 1 is a number'],
  ])('%s has a type error at character %d: %s', (text, at, message) => {
    const problems = read(text).typeProblems(({ path }) => kinds[path.at(-1) ?? ''] ?? 'any');
    expect(problems[0]).toEqual({ at, message: expect.stringContaining(message) });
  });
});
