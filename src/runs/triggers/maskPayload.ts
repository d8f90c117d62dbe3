import { createHash } from 'node:crypto';
import { isSecretName, withoutSecretShapes } from '../../access/audit/redact';
import { isStorable } from '../../kernel/naming';

const MAX_BYTES = 16_384;
const MAX_TEXT = 1000;
const MAX_LIST = 50;
const MAX_KEYS = 200;
const MAX_DEPTH = 10;
const HIDDEN = '[hidden]';

/**
 * A payload as it is stored: without values whose names or forms are those of secrets, without the given values, and of
 * at most 16 KiB.
 */
export function maskPayload(payload: unknown, secrets: readonly string[]): unknown {
  const masked = mask(payload, secrets, 0);
  const text = JSON.stringify(masked);
  if (Buffer.byteLength(text) <= MAX_BYTES) return masked;
  const sha256 = createHash('sha256').update(text).digest('hex');
  const keys = typeof masked === 'object' && masked !== null ? Object.keys(masked).slice(0, 50) : [];
  return { omitted: `${Buffer.byteLength(text)} bytes`, keys, sha256 };
}

function mask(value: unknown, secrets: readonly string[], depth: number): unknown {
  if (typeof value === 'string') return maskText(value, secrets);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[deeper]';
  if (Array.isArray(value)) {
    const kept = value.slice(0, MAX_LIST).map((one) => mask(one, secrets, depth + 1));
    return value.length > MAX_LIST ? [...kept, `[${value.length - MAX_LIST} more]`] : kept;
  }
  const entries = Object.entries(value).slice(0, MAX_KEYS);
  return Object.fromEntries(
    entries.map(([key, one]) => [
      maskText(key, []).slice(0, 200),
      isSecretName(key) && one !== null && typeof one !== 'object' ? HIDDEN : mask(one, secrets, depth + 1),
    ]),
  );
}

export function maskText(text: string, secrets: readonly string[]): string {
  const known = secrets.filter((one) => one.length >= 4);
  const plain = known.reduce((rest, one) => rest.replaceAll(one, HIDDEN), text);
  const masked = withoutSecretShapes(isStorable(plain) ? plain : plain.replace(/\0|\p{Surrogate}/gu, '\ufffd'));
  return masked.length > MAX_TEXT ? `${masked.slice(0, MAX_TEXT)}… [${masked.length} characters]` : masked;
}
