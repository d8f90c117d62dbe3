import { GraphQLError } from 'graphql';
import { toGraphqlError, toRefusal } from '../../../src/api/graphql/errors';
import { isOutage } from '../../../src/kernel/database/outage';
import { Refusal } from '../../../src/kernel/errors';
import { memoryLog, secret } from '../../support/graphqlHarness';

const withCode = (code: string, message = 'x') => Object.assign(new Error(message), { code });

describe('an outage', () => {
  it.each([
    withCode('ECONNREFUSED'),
    withCode('57P01', 'terminating connection due to administrator command'),
    withCode('57P03', 'the database system is starting up'),
    withCode('08006'),
    withCode('53300'),
    new Error('Connection terminated unexpectedly'),
    new Error('Connection terminated due to connection timeout'),
    new Error('timeout exceeded when trying to connect'),
    new Error('Client has encountered a connection error and is not queryable'),
    withCode('ECONNRESET'),
  ])('is %s', (error) => {
    const { log, lines } = memoryLog();
    expect(isOutage(error)).toBe(true);
    expect(toRefusal(error, log)).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.not.stringContaining(error.message),
    });
    expect(lines).toMatchObject([{ level: 40, error: { message: error.message } }]);
  });

  it.each([withCode('23505'), withCode('42P01'), new Error('no'), 'text', null, { code: 'ECONNREFUSED' }])(
    'is not %s',
    (error) => {
      expect(isOutage(error)).toBe(false);
    },
  );
});

describe('the log of a defect', () => {
  it('has statement, stack and cause, but not the statement’s parameters', () => {
    const { log, lines, text } = memoryLog();
    const error = Object.assign(new Error('bad', { cause: new Error('deeper') }), {
      query: 'select $1',
      parameters: ['hunter2'],
      code: '42P01',
    });
    const { details } = toRefusal(error, log, { requestId: 'r1' });
    expect(lines).toMatchObject([
      {
        errorId: details.errorId,
        requestId: 'r1',
        error: {
          message: 'bad',
          query: 'select $1',
          code: '42P01',
          stack: expect.any(String),
          cause: { message: 'deeper' },
        },
      },
    ]);
    expect(text()).not.toContain('hunter2');
  });

  it('also exists for values that are not Errors', () => {
    const { log, lines } = memoryLog();
    expect(toRefusal('just text', log).code).toBe('INTERNAL');
    expect(lines).toMatchObject([{ error: { type: 'string', message: 'just text' } }]);
  });
});

describe('a GraphQL error', () => {
  const { log } = memoryLog();
  const code = (error: unknown) => toGraphqlError(error, log).extensions?.code;

  it('of the request keeps its message', () => {
    expect(toGraphqlError(new GraphQLError('Unknown operation named "A".'), log)).toMatchObject({
      message: 'Unknown operation named "A".',
      extensions: { code: 'BAD_REQUEST', retryable: false },
    });
  });

  it('of a resolver does not, even if GraphQL itself wrote it', () => {
    expect(code(new GraphQLError(`Int cannot represent ${secret}`, { path: ['a'] }))).toBe('INTERNAL');
    expect(code(new GraphQLError(secret, { extensions: { code: 'INTERNAL_SERVER_ERROR' } }))).toBe('INTERNAL');
    expect(code(new GraphQLError(secret, { extensions: { code: 'SOMETHING_ELSE' } }))).toBe('INTERNAL');
    expect(code(new GraphQLError('Argument "a" of non-null type "Int!" must not be null.', { path: ['a'] }))).toBe(
      'BAD_USER_INPUT',
    );
  });

  it('finds an error that is wrapped at any depth; its details can’t forge its code', () => {
    const originalError = new GraphQLError('x', {
      originalError: new Refusal('IN_USE', 'Used.', { code: 'OK', usedBy: ['a'] }),
    });
    expect(toGraphqlError(new GraphQLError('y', { originalError, path: ['a', 0] }), log)).toEqual({
      message: 'Used.',
      path: ['a', 0],
      extensions: { code: 'IN_USE', retryable: false, usedBy: ['a'] },
    });
  });
});
