import { createHash } from 'node:crypto';

/**
 * Decides what may enter the trail, from which nothing can be removed again. A name that sounds like a secret hides its
 * value; any other text is kept only under a name that is known to hold none. Keeping all the rest would leak:
 * variables, scripts and configuration files hold passwords under every name.
 */
const secretName =
  /secret|encrypted|token|passw|pwd|passphrase|credential|private|api_?key|access_?key|authorization|cookie|bearer|jwt|signature|hash/i;
/** Endings of names that say which, how many or when, rather than hold content. */
const harmlessEnd = /(Ids?|Count|At|Name|Names|Version)$/;

const plainNames = new Set([
  ...['id', 'ids', 'name', 'names', 'description', 'email', 'kind', 'type', 'status', 'format', 'action', 'actions'],
  ...[
    'reason',
    'comments',
    'notes',
    'permission',
    'permissionType',
    'permissions',
    'accountPermissions',
    'appPermissions',
  ],
  ...['applications', 'environments', 'filterTypes', 'filterType', 'applicationScope', 'environmentScope'],
  ...['environmentTypes', 'environmentClass', 'approvers', 'userGroups', 'groups', 'member', 'mode'],
  ...[
    'createdAt',
    'createdBy',
    'updatedAt',
    'updatedBy',
    'deletedAt',
    'expiresAt',
    'revokedAt',
    'endedAt',
    'startedAt',
  ],
  ...[
    'executionType',
    'stage',
    'stageName',
    'stages',
    'from',
    'fromStage',
    'cron',
    'timeZone',
    'branch',
    'choice',
    'image',
    'images',
  ],
  ...[
    'contentId',
    'revision',
    'revisionId',
    'version',
    'labels',
    'tags',
    'issuer',
    'subject',
    'failureCode',
    'reasonCode',
  ],
]);

/** Hidden under any name: our keys and tokens, JSON web tokens and private keys are recognized by their form. */
const secretShapes = [
  /\bsw[krajc]_[\w-]{8,}/g,
  /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g,
  /\bBearer +\S+/gi,
  /-----BEGIN[^-]*PRIVATE KEY-----[\s\S]*?(-----END[^-]*-----|$)/g,
  /:\/\/[^\s/:@]+:[^\s/@]+@/g,
];

const hidden = '[redacted]';
const longestText = 1_000;
const longestList = 100;
const deepest = 8;
const largest = 16_384;

/** A copy that holds no secret and is at most 16 KiB of JSON. Dates become text. */
export function redact(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  const copy = redactValue('', value, 0);
  const text = JSON.stringify(copy);
  return text.length <= largest ? copy : { omitted: `${text.length} characters`, sha256: sha256(text) };
}

/** Name or ID for a text column: without characters that PostgreSQL rejects, and of limited length. */
export function plainText(text: string): string {
  return shorten(withoutSecretShapes(storable(text)), 200);
}

function redactValue(name: string, value: unknown, depth: number): unknown {
  if (value === null || value === undefined) return null;
  if (isSecretName(name)) return hidden;
  if (typeof value === 'boolean' || typeof value === 'number') return value;
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return redactText(name, value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? String(value) : value.toISOString();
  if (depth >= deepest) return '[deeper]';
  if (Array.isArray(value)) {
    const kept = value.slice(0, longestList).map((one) => redactValue(name, one, depth + 1));
    return value.length > longestList ? [...kept, `[${value.length - longestList} more]`] : kept;
  }
  if (typeof value !== 'object') return `[${typeof value}]`;
  return valuesByName.has(name) ? hideValues(value) : redactObject(value, depth);
}

/** Maps whose keys users choose: a variable may be called `name` and hold a password. */
const valuesByName = new Set(['variables', 'env', 'outputs']);

function hideValues(value: object): Record<string, unknown> {
  const entries = Object.entries(value);
  const kept: [string, unknown][] = entries
    .slice(0, longestList)
    .map(([key, one]) => [storable(key).slice(0, 100), hiddenText(secretName.test(key) ? null : one)]);
  if (entries.length > longestList) kept.push(['[more]', entries.length - longestList]);
  return Object.fromEntries(kept);
}

const hiddenText = (value: unknown): string =>
  typeof value === 'string' ? `[text, ${value.length} characters]` : hidden;

function redactObject(value: object, depth: number): Record<string, unknown> {
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  // `{ name: "PASSWORD", value: … }`: the name that matters is next to the value.
  const kept = entries
    .slice(0, longestList)
    .map(([key, one]) => [storable(key).slice(0, 100), redactValue(key, one, depth + 1)]);
  if (entries.length > longestList) kept.push(['[more]', entries.length - longestList]);
  return Object.fromEntries(kept);
}

function redactText(name: string, text: string): string {
  if (plainNames.has(name) || harmlessEnd.test(name)) return shorten(withoutSecretShapes(storable(text)), longestText);
  // Words of the API itself: enum values and ids.
  if (/^([A-Z][A-Z_]{1,40}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.test(text)) return text;
  return hiddenText(text);
}

export function withoutSecretShapes(text: string): string {
  return secretShapes.reduce((rest, shape) => rest.replace(shape, hidden), text);
}

/** True for a name whose value is hidden. */
export const isSecretName = (name: string): boolean => secretName.test(name) && !harmlessEnd.test(name);

/** jsonb accepts neither the character 0 nor half a surrogate pair. */
function storable(text: string): string {
  return text.replaceAll('\0', '\ufffd').replace(/[\ud800-\udfff]/gu, '\ufffd');
}

function shorten(text: string, longest: number): string {
  return text.length <= longest ? text : `${storable(text.slice(0, longest))}… [${text.length} characters]`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
