import fc from 'fast-check';
import { actionName } from '../../../src/access/audit/actionNames';
import { namedObject } from '../../../src/access/audit/auditObject';
import { canonicalJson } from '../../../src/kernel/canonicalJson';
import { plainText, redact } from '../../../src/access/audit/redact';
import { resolvers } from '../../../src/api/graphql/resolvers';
import { buildGraphqlSchema } from '../../../src/api/graphql/schema';

const secret = 'correct-horse-battery-staple';

describe('redact', () => {
  it.each([
    'password',
    'DB_PASSWORD',
    'clientSecret',
    'token',
    'apiKey',
    'privateKey',
    'Authorization',
    'secretHash',
    'passphrase',
  ])('hides any value named %s', (name) => {
    expect(redact({ [name]: secret, inside: { [name]: { a: [secret] } } })).toEqual({
      [name]: '[redacted]',
      inside: { [name]: '[redacted]' },
    });
  });

  it('keeps texts only under names that are known to hold no secret', () => {
    const environment = {
      name: 'staging',
      type: 'PROD',
      variables: { WHERE: secret },
      list: [{ name: 'PLAIN', value: secret }],
    };
    expect(redact({ ...environment, applicationId: 'a', dryRun: true, count: 3, at: new Date(0), gone: null })).toEqual(
      {
        name: 'staging',
        type: 'PROD',
        variables: { WHERE: '[text, 28 characters]' },
        list: [{ name: 'PLAIN', value: '[text, 28 characters]' }],
        applicationId: 'a',
        dryRun: true,
        count: 3,
        at: '1970-01-01T00:00:00.000Z',
        gone: null,
      },
    );
  });

  it.each([
    'swk_abcdefghijkl_0123456789abcdef',
    'swa_01a1fe03-dfa7-7505-95f9-3bfc2cd82094_abcdef',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl',
    'Bearer abcdefgh',
    '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----',
    'postgres://user:hunter2@db/app',
  ])('removes %s from any text', (text) => {
    const shown = JSON.stringify(redact({ description: `see ${text} here` }));
    expect(shown).toContain('[redacted]');
    expect(shown).not.toContain(text.slice(-12));
    expect(plainText(`x ${text}`)).toContain('[redacted]');
  });

  it('never holds a variable’s value, is bounded, and fits into jsonb', () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 6, maxKeys: 30, withDate: true }), fc.string(), (object, text) => {
        const json = JSON.stringify(redact({ object, variables: { [text]: secret }, description: `\0${text}\ud800` }));
        expect(json).not.toContain(secret);
        expect(json.length).toBeLessThanOrEqual(16_384);
        expect(json).not.toMatch(/\\u0000|\\ud8/);
      }),
    );
    expect(redact({ names: Array.from({ length: 5_000 }, (_, n) => `n${n}`.repeat(100)) })).toMatchObject({
      omitted: expect.any(String),
    });
    expect(plainText('x'.repeat(10_000)).length).toBeLessThan(300);
    expect(redact({ at: new Date(Number.NaN) })).toEqual({ at: 'Invalid Date' });
  });
});

describe('the canonical form', () => {
  it('is the same for the same content in any order', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(canonicalJson(JSON.parse(text))).toBe(canonicalJson(value));
        expect(JSON.stringify(JSON.parse(canonicalJson(value)))).toBe(
          JSON.stringify(JSON.parse(canonicalJson(JSON.parse(text)))),
        );
      }),
    );
    expect(canonicalJson({ b: 1, a: [new Date(0), null] })).toBe('{"a":["1970-01-01T00:00:00.000Z",null],"b":1}');
  });
});

describe('names', () => {
  it('of actions are a noun and a verb, unique for each mutation', () => {
    const mutations = Object.keys(buildGraphqlSchema(resolvers).getMutationType()?.getFields() ?? {});
    const names = mutations.map(actionName);
    expect(mutations.length).toBeGreaterThan(20);
    expect(names.filter((name) => !/^[a-z]\w*\.[a-z]\w*$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
    expect(['startExecution', 'abortExecution', 'updateUserGroup', 'approveOrRejectApprovals'].map(actionName)).toEqual(
      ['execution.start', 'execution.abort', 'userGroup.update', 'approval.decide'],
    );
  });

  it('of objects come from the arguments, inner objects before their application', () => {
    expect(namedObject({ applicationId: 'a', executionId: 'e', clientMutationId: 'c' })).toEqual({
      kind: 'execution',
      id: 'e',
      applicationId: 'a',
    });
    expect(namedObject({ applicationId: 'a' })).toEqual({ kind: 'application', id: 'a', applicationId: 'a' });
    expect(namedObject({ input: { userGroupId: 'g' } })).toEqual({ kind: 'userGroup', id: 'g', applicationId: null });
    expect([namedObject({ name: 'x' }), namedObject(null), namedObject('x')]).toEqual([null, null, null]);
  });
});
