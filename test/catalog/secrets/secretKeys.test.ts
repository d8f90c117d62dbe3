import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readServerConfig } from '../../../src/kernel/config';
import { newId } from '../../../src/kernel/ids';
import { SecretKeys } from '../../../src/catalog/secrets/secretKeys';

const key = (letter: string) => Buffer.alloc(32, letter);
const row = { id: newId(), applicationId: newId(), environmentId: newId(), name: 'TOKEN', version: 3 };
const old = new SecretKeys([key('o')], null);

describe('the keys of secrets', () => {
  it('decrypt what they encrypted, with a different ciphertext each time', async () => {
    const value = 'päss\nword 😀';
    const [one, other] = [await old.seal(row, value), await old.seal(row, value)];
    expect(one.sealed.equals(other.sealed)).toBe(false);
    expect(one.sealed.includes(Buffer.from('word'))).toBe(false);
    expect(await old.open({ ...row, ...one })).toBe(value);
  });

  it.each([
    ['row', { id: newId() }],
    ['application', { applicationId: newId() }],
    ['environment', { environmentId: null }],
    ['name', { name: 'OTHER' }],
    ['version', { version: 2 }],
  ])('bind a value to its %s', async (_, change) => {
    const sealed = await old.seal(row, 'hunter2!');
    await expect(old.open({ ...row, ...sealed, ...change })).rejects.toThrow('was changed; set it again');
  });

  it('reject a value with a changed bit', async () => {
    const { keyId, sealed } = await old.seal(row, 'hunter2!');
    for (const at of sealed.keys()) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(old.open({ ...row, keyId, sealed: changed })).rejects.toThrow('was changed');
    }
    await expect(old.open({ ...row, keyId, sealed: Buffer.alloc(3) })).rejects.toThrow('was changed');
  });

  it('encrypt with the first key and decrypt with all', async () => {
    const both = new SecretKeys([key('n'), key('o')], null);
    const before = await old.seal(row, 'hunter2!');
    const after = await both.seal(row, 'hunter2!');
    expect(await both.open({ ...row, ...before })).toBe('hunter2!');
    expect(after.keyId).toBe(await new SecretKeys([key('n')], null).currentId());
    expect(after.keyId).not.toBe(before.keyId);
    await expect(old.open({ ...row, ...after })).rejects.toThrow(
      `encrypted with the key ${after.keyId}, which this server does not have`,
    );
  });

  it('are required: without one nothing is encrypted', async () => {
    await expect(new SecretKeys([], null).seal(row, 'x')).rejects.toMatchObject({
      code: 'SECRETS_NOT_CONFIGURED',
      message: expect.stringContaining('SLIPWAY_SECRET_KEY'),
    });
  });

  it('are read from the configuration in base64 and hexadecimal', () => {
    const { SLIPWAY_SECRET_KEY: keys } = readServerConfig({
      SLIPWAY_SECRET_KEY: `${key('a').toString('base64')}, ${key('b').toString('hex')},${key('c').toString('base64url')}`,
    });
    expect(keys).toEqual([key('a'), key('b'), key('c')]);
    const bad = () => readServerConfig({ SLIPWAY_SECRET_KEY: `${key('a').toString('base64')},hunter2` });
    expect(bad).toThrow('SLIPWAY_SECRET_KEY is refused: key 2 must be 32 bytes in base64');
    expect(bad).not.toThrow('hunter2');
  });
});

describe('the key file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-key-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is created once, at first use, readable by its owner only; the next start finds it', async () => {
    const file = join(folder, 'secret.key');
    const keys = new SecretKeys([], file);
    await expect(stat(file)).rejects.toThrow('ENOENT');
    const sealed = await Promise.all([keys.seal(row, 'one'), keys.seal(row, 'two'), keys.seal(row, 'three')]);
    expect(new Set(sealed.map(({ keyId }) => keyId)).size).toBe(1);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await new SecretKeys([], file).open({ ...row, ...(sealed[1] ?? { keyId: '', sealed: key('x') }) })).toBe(
      'two',
    );
  });

  it('still decrypts when a key is configured later, and can be configured itself', async () => {
    const file = join(folder, 'secret.key');
    const sealed = await new SecretKeys([], file).seal(row, 'one');
    expect(await new SecretKeys([key('n')], file).open({ ...row, ...sealed })).toBe('one');
    const text = (await readFile(file, 'utf8')).trim();
    const keys = new SecretKeys(readServerConfig({ SLIPWAY_SECRET_KEY: text }).SLIPWAY_SECRET_KEY ?? [], null);
    expect(await keys.open({ ...row, ...sealed })).toBe('one');
  });
});
