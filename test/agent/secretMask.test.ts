import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { formsOf } from '../../src/agent/secretForms';
import { SecretMask } from '../../src/agent/secretMask';

const KEY = `-----BEGIN KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n'.repeat(3)}-----END KEY-----\n`;
const secrets = ['hunter2!', 'p/ä "q"\\ €😀~*', 'user:pass@host/path?a=b&c=d', KEY];

function maskOf(...values: string[]): SecretMask {
  const mask = SecretMask.of(values);
  if (mask === undefined) throw new Error('nothing to mask');
  return mask;
}

/** Output of one stream that is read in these pieces. */
function shown(mask: SecretMask, chunks: readonly (Buffer | string)[]): string {
  const stream = mask.stream();
  return Buffer.concat([...chunks.map((chunk) => stream.write(Buffer.from(chunk))), stream.end()]).toString();
}

const python = (text: string) => encodeURIComponent(text).replaceAll('%2F', '/');
const ascii = (text: string) =>
  JSON.stringify(text).replace(/[^\x20-\x7e]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
const wrapped = (text: string) => text.replace(/.{76}/g, '$&\n');

/** Forms in which programs write a secret between `before` and `after`. */
const encodings: Readonly<Record<string, (before: string, secret: string, after: string) => string>> = {
  plain: (before, secret, after) => before + secret + after,
  base64: (...parts) => Buffer.from(parts.join('')).toString('base64'),
  'base64 in lines': (...parts) => wrapped(Buffer.from(parts.join('')).toString('base64')),
  base64url: (...parts) => Buffer.from(parts.join('')).toString('base64url'),
  percent: (...parts) => encodeURIComponent(parts.join('')),
  'percent in lower case': (...parts) =>
    encodeURIComponent(parts.join('')).replace(/%../g, (code) => code.toLowerCase()),
  'percent of Python': (...parts) => python(parts.join('')),
  'percent of a URL': (...parts) => encodeURI(parts.join('')),
  form: (...parts) => new URLSearchParams({ q: parts.join('') }).toString(),
  JSON: (...parts) => JSON.stringify(parts.join('')),
  'JSON of ASCII': (...parts) => ascii(parts.join('')),
  'JSON with slashes': (...parts) => JSON.stringify(parts.join('')).replaceAll('/', '\\/'),
  'JSON in JSON': (...parts) => JSON.stringify(JSON.stringify(parts.join(''))),
};

describe.each(Object.entries(encodings))('a secret as %s', (name, encode) => {
  it.each(secrets)('is masked wherever a read ends: %j', (secret) => {
    const mask = maskOf(secret);
    for (const before of ['', 'x', 'xy', 'xyz: ']) {
      const output = Buffer.from(encode(before, secret, ' and more'));
      const whole = shown(mask, [output]);
      expect(whole).toContain('***');
      // The first and last base64 characters may contain bits of adjacent text.
      const rest = name.startsWith('base64') ? whole.replace(/\s/g, '').length : whole.replaceAll('***', '').length;
      const around = encode(before, '', ' and more').length;
      expect(rest).toBeLessThanOrEqual(around + (name.startsWith('base64') ? 12 : 0) + (secret === KEY ? 30 : 0));
      for (let at = 0; at <= output.length; at++) {
        expect(shown(mask, [output.subarray(0, at), output.subarray(at)])).toBe(whole);
      }
      expect(
        shown(
          mask,
          [...output].map((byte) => Buffer.of(byte)),
        ),
      ).toBe(whole);
    }
  });
});

describe.each(['/bin/sh', '/bin/bash'].filter((shell) => existsSync(shell)))('a secret in %s', (shell) => {
  it.each(["it's''here", 'a\\tb\\\\c\\nd\\q', "quo'te\\back\\new\\cut", 'p&ss;w*rd'])(
    'is masked in a trace, and however echo interprets it: %j',
    (secret) => {
      const { output } = spawnSync(shell, ['-c', 'echo "$X"; set -x; true "$X"'], {
        env: { X: secret },
        stdio: ['ignore', 'pipe', 'pipe'],
        encoding: 'utf8',
      });
      const text = shown(maskOf(secret), [output.join('')]);
      expect(text.replace(/'?\*\*\*'?\n?/g, '***')).toBe('***+ true ***');
    },
  );
});

describe('the mask', () => {
  it('leaves everything else unchanged, byte for byte', () => {
    const mask = maskOf('hunter2!');
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (chunks) => {
        const stream = mask.stream();
        const out = Buffer.concat([...chunks.map((chunk) => stream.write(Buffer.from(chunk))), stream.end()]);
        expect(out.equals(Buffer.concat(chunks))).toBe(true);
      }),
    );
  });

  it('finds what a search of the whole text finds, even if secrets overlap', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'é', 'c'), minLength: 4, maxLength: 8 });
    const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'é', 'c', '\n'), maxLength: 12 }));
    fc.assert(
      fc.property(fc.array(letters, { minLength: 1, maxLength: 4 }), pieces, (values, chunks) => {
        expect(shown(maskOf(...values), chunks)).toBe(searched(values, chunks.join('')));
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps two streams apart', () => {
    const mask = maskOf('hunter2!');
    const [out, err] = [mask.stream(), mask.stream()];
    const parts = [out.write(Buffer.from('a hunt')), err.write(Buffer.from('b hun')), out.write(Buffer.from('er2!'))];
    expect(parts.map(String)).toEqual(['a ', 'b ', '***']);
    expect(String(err.write(Buffer.from('ter2! c')))).toBe('*** c');
    expect(String(err.end())).toBe('');
  });

  it('holds back only the possible beginning of a secret', () => {
    const stream = maskOf('hunter2!').stream();
    expect(String(stream.write(Buffer.from('who hunter')))).toBe('who ');
    expect(String(stream.write(Buffer.from('s hunter2')))).toBe('hunters ');
    expect(String(stream.end())).toBe('hunter2');
  });

  it('does not hold back a complete secret', () => {
    expect(String(maskOf('hunter2!').stream().write(Buffer.from('hunter2!')))).toBe('***');
  });

  it('masks a multi-line value line by line, except lines that are too short', () => {
    const mask = maskOf('{\n  "token": "abcdef",\n}');
    expect(shown(mask, ['{ x }\n"token": "abcdef",\n'])).toBe('{ x }\n***\n');
    expect(SecretMask.of(['abc', ''])).toBeUndefined();
    expect(shown(maskOf('ab\ncd'), ['ab cd ab\ncd'])).toBe('ab cd ***');
  });

  it('does not grow with a secret that never ends', () => {
    const stream = maskOf('aaaaaaaa').stream();
    const chunk = Buffer.alloc(65_536, 'a');
    let bytes = 0;
    for (let round = 0; round < 10; round++) bytes += stream.write(chunk).length;
    expect(bytes + stream.end().length).toBe(3);
  });

  it('finds a secret in a value', () => {
    const mask = maskOf('hunter2!');
    expect([mask.isIn('my hunter2! is'), mask.isIn('aHVudGVyMiE='), mask.isIn('hunter2')]).toEqual([true, true, false]);
    expect(mask.hide('no hunter2! here')).toBe('no *** here');
  });

  it('masks values inside a structured secret, however it is printed', () => {
    const secret = JSON.stringify({ auths: { r: { password: 'correct-horse', username: 'deployer' } } }, null, 2);
    const mask = SecretMask.of([secret]);
    expect(mask?.hide('using password correct-horse as deployer')).toBe('using password *** as deployer');
    expect(mask?.hide(JSON.stringify(JSON.parse(secret)))).not.toContain('correct-horse');
  });

  it('is fast for any log', () => {
    const mask = maskOf(...secrets, ...Array.from({ length: 16 }, (_, index) => `another-secret-${index}`));
    const line = 'GET /api/v1/users?page=12&name=another HTTP/1.1 200 — a plain line of some log, as they are\n';
    const chunk = Buffer.from(line.repeat(700));
    const stream = mask.stream();
    const from = process.cpuUsage();
    for (let round = 0; round < 64; round++) stream.write(chunk);
    const { user } = process.cpuUsage(from);
    const perByte = (user * 1000) / (64 * chunk.length);
    // 1000 ns per byte would be 1 MB/s; it takes about 10.
    expect(perByte).toBeLessThan(250);
  });
});

/** Reference implementation: looks for each form at each position of the text. */
function searched(values: readonly string[], text: string): string {
  const bytes = Buffer.from(text);
  const hidden = new Array<boolean>(bytes.length + 1).fill(false);
  for (const form of values.flatMap(formsOf)) {
    const pattern = Buffer.from(form.text);
    for (let at = bytes.indexOf(pattern); at >= 0; at = bytes.indexOf(pattern, at + 1)) {
      hidden.fill(true, at, at + pattern.length);
    }
  }
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at++) {
    if (!hidden[at]) out.push(bytes.subarray(at, at + 1));
    else if (at === 0 || !hidden[at - 1]) out.push(Buffer.from('***'));
  }
  return Buffer.concat(out).toString();
}
