import { matches, parseSelector, selectorList, unmet } from '../../../src/catalog/language/labelSelectors';
import { errorsOf } from './errorsOf';

describe('label selectors', () => {
  const labels = ['node=v20.11', 'os=linux', 'zone=a'];

  it('match by equality, set, existence, negation and version range', () => {
    const met = ['os=linux', 'os in (darwin, linux)', 'os notin (windows)', 'gpu notin (a100)', 'zone', '!gpu'];
    expect(unmet([...met, 'os!=windows', 'node version >=20', 'node version 18 - 20'], labels)).toEqual([]);
    const missing = ['os=windows', 'os in (darwin)', 'os notin (linux)', '!zone', 'gpu', 'node version ^18'];
    expect(unmet(missing, labels)).toEqual(missing);
    // A label that is not a version is in no range.
    expect(matches(['os version *'], labels)).toBe(false);
  });

  it('have one form for each requirement', () => {
    const list = selectorList({
      b: { in: ['y', 'x'] },
      a: { in: ['x'] },
      c: { exists: false },
      d: { version: '>=18 <21' },
    });
    expect(list).toEqual(['!c', 'a=x', 'b in (x, y)', 'd version >=18.0.0 <21.0.0-0']);
    for (const text of list) expect(selectorList(Object.fromEntries([parseSelector(text) ?? []]))).toEqual([text]);
    for (const text of ['', 'a=', '= b', 'a in ()', 'a in (b', 'a version x y', 'a b']) {
      expect(parseSelector(text)).toBeUndefined();
    }
  });

  it('are checked where documents have them', () => {
    const errors = errorsOf(`kind: Application
name: app
---
kind: Workflow
application: app
name: w
tasks:
  a: { run: x, labels: { a: { in: [x], exists: true }, b: { version: new }, c: [], d: { nope: 1 } } }`);
    expect(errors.map(({ path, rule }) => `${path} ${rule}`).sort()).toEqual([
      'documents[1].tasks.a.labels.a BAD_VALUE',
      'documents[1].tasks.a.labels.b.version BAD_VALUE',
      'documents[1].tasks.a.labels.c EMPTY',
      'documents[1].tasks.a.labels.d BAD_VALUE',
      'documents[1].tasks.a.labels.d.nope UNKNOWN_FIELD',
    ]);
  });
});
