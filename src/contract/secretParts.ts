import { parseDocument } from 'yaml';

/** Shorter values would match everywhere in a log. */
export const SHORTEST_SECRET = 4;
/** Parts of a structured secret are guesses, so only longer ones count. */
export const SHORTEST_PART = 8;

/** One value inside a structured secret, such as the password of a Docker configuration. */
export interface SecretPart {
  /** Path of the value, for example `auths.registry.password`. Never contains the value. */
  readonly path: string;
  readonly value: string;
}

const MAX_DEPTH = 16;
/** Keys whose values describe a place or a kind and are not secret. */
const publicKey =
  /(^|_|-|\.)(type|kind|api_?version|url|uri|host|hostname|server|endpoint|port|region|zone|user|username|login|email|project(_?id)?|client_?id|namespace|name|version|current-?context)$/i;

/**
 * Values inside a structured secret: strings of JSON and YAML documents, values of `NAME=value` lines, passwords of
 * URLs, and the same inside base64. A log may show any of them without the surrounding structure.
 */
export function secretParts(secret: string): SecretPart[] {
  const parts = new Map<string, string>();
  collect(secret, '', 0, parts);
  parts.delete(secret);
  return [...parts].map(([value, path]) => ({ path, value }));
}

function collect(text: string, path: string, depth: number, parts: Map<string, string>): void {
  if (depth > MAX_DEPTH) return;
  const structure = documentOf(text);
  if (structure !== undefined) walk(structure, path, depth + 1, parts);
  for (const [name, value] of assignmentsOf(text)) add(value, join(path, name), depth + 1, parts);
  for (const password of passwordsOf(text)) add(password, join(path, 'password'), depth + 1, parts);
  const decoded = decodedBase64(text);
  if (decoded === undefined) return;
  add(decoded, join(path, 'base64'), depth + 1, parts);
  // Docker's `auth` is `user:password`.
  const [, password] = /^[^\s:]+:(\S+)$/.exec(decoded) ?? [];
  if (password !== undefined) add(password, join(path, 'password'), depth + 1, parts);
}

function add(value: string, path: string, depth: number, parts: Map<string, string>): void {
  const text = value.trim();
  if (text === '' || parts.has(text)) return;
  parts.set(text, path);
  collect(text, path, depth, parts);
}

function walk(value: unknown, path: string, depth: number, parts: Map<string, string>): void {
  if (depth > MAX_DEPTH) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) walk(item, `${path}[${index}]`, depth + 1, parts);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (typeof item === 'string' && publicKey.test(key))
        for (const password of passwordsOf(item)) add(password, join(path, key), depth, parts);
      else walk(item, join(path, key), depth + 1, parts);
    }
  } else if (typeof value === 'string') add(value, path, depth, parts);
  else if (typeof value === 'number' && String(value).length >= SHORTEST_PART) add(String(value), path, depth, parts);
}

/** Parses a JSON or YAML list or mapping. Ignores scalars, because any line of text is a valid YAML scalar. */
function documentOf(text: string): object | undefined {
  if (!/^\s*[[{]/.test(text) && !/^\s*(-\s|[^\s:#]+:(\s|$))/m.test(text)) return undefined;
  if (/^-----BEGIN /.test(text.trim())) return undefined;
  try {
    const document = parseDocument(text, { logLevel: 'silent' });
    if (document.errors.length > 0) return undefined;
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads `NAME=value` lines of a .env file, with `export` and quotes. Any other line means that it is not a .env file.
 */
function assignmentsOf(text: string): [string, string][] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !/^\s*#/.test(line));
  const found = lines.map((line) => /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=(?!=?$)\s*(.*?)\s*$/.exec(line));
  if (found.some((one) => one === null)) return [];
  return found.flatMap((one): [string, string][] => {
    const [, name = '', raw = ''] = one ?? [];
    const value = /^(['"])(.*)\1$/.exec(raw)?.[2] ?? raw;
    return publicKey.test(name) ? [] : [[name, value]];
  });
}

/** Passwords of URLs, as written and decoded. */
function passwordsOf(text: string): string[] {
  return [...text.matchAll(/[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:([^\s/@]+)@/gi)].flatMap(([, password = '']) => {
    try {
      return [password, decodeURIComponent(password)];
    } catch {
      return [password];
    }
  });
}

/** Decodes base64 text. The result must have no control characters and encode to the same base64. */
function decodedBase64(text: string): string | undefined {
  const compact = text.replace(/\s+/g, '');
  if (compact.length < 12 || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(compact)) return undefined;
  const bytes = Buffer.from(compact, 'base64');
  const again = bytes.toString('base64').replace(/=+$/, '');
  if (again !== compact.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')) return undefined;
  const decoded = bytes.toString('utf8');
  return /[^\P{Cc}\t\r\n]|\ufffd/u.test(decoded) ? undefined : decoded;
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);
