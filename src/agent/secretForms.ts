import { SHORTEST_PART, SHORTEST_SECRET, secretParts } from '../contract/secretParts';

/**
 * Forms of a secret in a command's output: unchanged, line by line, and in the encodings that programs use. Other
 * transformations (reversed, hashed, one letter per line) can't be anticipated.
 */
export interface SecretForm {
  readonly text: string;
  /** Tools wrap this form: it may contain a line break anywhere. */
  readonly wraps: boolean;
}

/** All forms of a secret, and of the values inside a structured secret. */
export function formsOf(secret: string): SecretForm[] {
  const parts = secretParts(secret).filter(({ value }) => [...value].length >= SHORTEST_PART);
  return [secret, ...parts.map(({ value }) => value)].flatMap(formsOfValue);
}

function formsOfValue(secret: string): SecretForm[] {
  const plain = new Set<string>();
  const wrapping = new Set<string>();
  const isLong = (text: string) => [...text].length >= SHORTEST_SECRET;
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  for (const part of new Set([secret, secret.trim(), ...lines].filter(isLong))) {
    // If it keeps its line breaks, a multi-line value is masked line by line, so that a log keeps its lines.
    const byLine = part.includes('\n') && lines.some(isLong);
    for (const text of [part, ...urlForms(part), ...jsonForms(part), ...shellForms(part)]) {
      if (!byLine || !text.includes('\n')) plain.add(text);
    }
    for (const text of base64Forms(part)) wrapping.add(text);
  }
  return [
    ...[...plain].map((text) => ({ text, wraps: false })),
    ...[...wrapping].map((text) => ({ text, wraps: true })),
  ];
}

/** Percent-encoding as in several languages, which differ in unescaped characters, the form of a space, and case. */
function urlForms(text: string): string[] {
  const percent = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  const strict = encodeURIComponent(text).replace(/[!'()*]/g, percent);
  const forms = [
    strict,
    encodeURIComponent(text),
    encodeURI(text),
    strict.replaceAll('%2F', '/'),
    strict.replaceAll('%20', '+'),
    strict.replaceAll('%20', '+').replaceAll('~', '%7E'),
    strict.replaceAll('%20', '+').replaceAll('~', '%7E').replaceAll('%2A', '*'),
  ];
  return [...forms, ...forms.map((form) => form.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()))];
}

/** JSON strings, with or without escapes for `/`, HTML characters and non-ASCII, and nested in another JSON string. */
function jsonForms(text: string): string[] {
  const inner = (one: string) => JSON.stringify(one).slice(1, -1);
  const unicode = (one: string) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const ascii = (form: string) => form.replace(/[^\x20-\x7e]/g, unicode);
  const upper = (form: string) => form.replace(/\\u[0-9a-f]{4}/g, (code) => `\\u${code.slice(2).toUpperCase()}`);
  const plain = inner(text);
  const slashed = [plain, plain.replaceAll('/', '\\/')];
  const html = [...slashed, ...slashed.map((form) => form.replace(/[<>&]/g, unicode))];
  const forms = [...html, ...html.map(ascii)];
  return [...forms, ...forms.map(upper), inner(plain)];
}

const echoed: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

/**
 * Shell forms: quoted in a trace (`set -x`) by bash and dash, and after dash's `echo`, which interprets backslashes.
 */
function shellForms(text: string): string[] {
  return [
    text.replaceAll("'", "'\\''"),
    text.replace(/'+/g, (quotes) => `'"${quotes}"'`),
    text.replace(/\\(c[\s\S]*|[abfnrtv\\])/g, (_, letter: string) => echoed[letter] ?? ''),
  ].filter((form) => [...form].length >= SHORTEST_SECRET);
}

/**
 * The part that always appears in the base64 of a text that contains the secret. The secret may begin at each of three
 * positions in a group, and adjacent text affects its first and last character. Includes the end if only the end of the
 * line follows.
 */
function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text);
  const forms = [0, 1, 2].flatMap((shift) => {
    const first = Math.ceil((shift * 8) / 6);
    const encode = (end: string) => Buffer.concat([Buffer.alloc(shift), bytes, Buffer.from(end)]).toString('base64');
    const padded = encode('').slice(first);
    const sure = padded.slice(0, Math.floor(((shift + bytes.length) * 8) / 6) - first);
    const before = encode('\n').slice(first);
    return [sure, padded, padded.replace(/=+$/, ''), before, before.replace(/=+$/, '')];
  });
  const all = [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
  return all.filter((form) => form.length >= SHORTEST_SECRET);
}
