import fc from 'fast-check';
import { jsonProblem } from '../../../src/catalog/language/jsonProblem';
import { errorsOf } from './errorsOf';

const isJson = (text: string) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('invalid JSON', () => {
  test.each([
    ['{"name": }', 9, 'a value, but found }'],
    ['{"name": "a",}', 13, 'a key in double quotes, but found }'],
    ['{name: "a"}', 1, 'a key in double quotes or "}", but found name'],
    ['[1 2]', 3, '"," or "]", but found 2'],
    ['[01]', 1, 'a value or "]", but found 01'],
    ['{"a": yes}', 6, 'a value, but found yes'],
    ['["a\\x"]', 1, 'a value or "]", but found "a\\x"'],
    ['{"a": 1', 7, '"," or "}", but found the end'],
    ['{} {}', 3, 'nothing more, but found {'],
  ])('%s', (text, offset, message) => {
    expect(jsonProblem(text)).toEqual({ offset, message: expect.stringContaining(message) });
  });

  test('is rejected exactly when JSON.parse rejects it', () => {
    const pieces = fc.constantFrom(
      ...'{}[],:"\\ \n-.0e1',
      '"a":',
      'true',
      'null',
      '"x"',
      '1.5',
      '\u2028',
      '\u0085',
      '\u007f',
      '"\u007f"',
    );
    const damaged = fc
      .tuple(fc.json({ depthSize: 'small' }), fc.nat(), fc.nat({ max: 2 }), fc.oneof(fc.constant(''), pieces))
      .map(([text, place, gone, put]) => {
        const at = place % (text.length + 1);
        return text.slice(0, at) + put + text.slice(at + gone);
      });
    const any = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(damaged, any), (text) => (jsonProblem(text) === undefined) === isJson(text)),
      { numRuns: 3000 },
    );
  });

  test('is reported with its position, as the only error', () => {
    expect(errorsOf('{"kind": "Application",\n "name": }', 'JSON')).toEqual([
      expect.objectContaining({ rule: 'SYNTAX', path: 'documents', line: 2, column: 10 }),
    ]);
    expect(errorsOf(' \n', 'JSON').map(({ rule }) => rule)).toEqual(['EMPTY_SOURCE']);
    expect(errorsOf('kind: Application\nname: shop', 'JSON').map(({ rule }) => rule)).toEqual(['SYNTAX']);
  });
});
