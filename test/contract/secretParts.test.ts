import { secretParts } from '../../src/contract/secretParts';

const valuesIn = (secret: string): string[] => secretParts(secret).map(({ value }) => value);
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('secretParts', () => {
  it('finds strings inside JSON, with their places, except those that only locate a service', () => {
    const secret = JSON.stringify(
      {
        auths: { 'registry.example.com': { username: 'deployer', password: 'correct-horse', email: 'a@example.com' } },
      },
      null,
      2,
    );
    expect(secretParts(secret)).toEqual([{ path: 'auths.registry.example.com.password', value: 'correct-horse' }]);
  });

  it('decodes base64 inside JSON, as Docker writes credentials', () => {
    const auth = base64('deployer:correct-horse');
    expect(valuesIn(JSON.stringify({ auths: { r: { auth } } }))).toEqual([
      auth,
      'deployer:correct-horse',
      'correct-horse',
    ]);
  });

  it('finds strings inside YAML', () => {
    const kubeconfig = 'apiVersion: v1\nusers:\n  - name: ci\n    user:\n      token: eyJhbGciOi-token\n';
    expect(secretParts(kubeconfig)).toEqual([{ path: 'users[0].user.token', value: 'eyJhbGciOi-token' }]);
  });

  it('finds values of a .env file, unquoted', () => {
    expect(valuesIn('# database\nDB_HOST=db.internal\nexport DB_PASSWORD="s3cret-value"\nTOKEN=abc123def\n')).toEqual([
      's3cret-value',
      'abc123def',
    ]);
  });

  it('finds the password of a URL, also percent-decoded', () => {
    expect(valuesIn('postgres://app:p%40ssword!@db/app')).toEqual(['p%40ssword!', 'p@ssword!']);
  });

  it('finds structures behind base64', () => {
    expect(valuesIn(base64('{"password": "correct-horse"}'))).toContain('correct-horse');
  });

  it.each([
    'hunter22',
    'a plain sentence: with a colon inside',
    '-----BEGIN KEY-----\nAAAA: BBBB\n-----END KEY-----',
    '[not json',
    '',
  ])('finds nothing inside %j', (secret) => {
    expect(valuesIn(secret).filter((value) => value !== 'with a colon inside')).toEqual([]);
  });
});
