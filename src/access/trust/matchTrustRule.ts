import type { JWTPayload } from 'jose';
import { claimAt } from '../tokenVerifier';
import type { TrustRule } from './trustRules';

/** True if the pattern matches the whole text. `*` matches any text, including an empty one. Takes linear time. */
export function matchesPattern(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/**
 * True if a pattern names its tenant: the issuers of public CI systems are shared by the whole world, so `repo:*` would
 * trust everybody, and `repo:octo*` also `octo-evil`.
 */
export const namesTenant = (pattern: string): boolean =>
  !pattern.includes('*') || /^[^*:/]+[:/][^*:/]+[:/]/.test(pattern);

/** The first part of a rule that the verified claims don't meet. Undefined if they meet all. */
export function unmetPart(
  { audience, subject, claims }: Pick<TrustRule, 'audience' | 'subject' | 'claims'>,
  payload: JWTPayload,
): string | undefined {
  const audiences = Array.isArray(payload.aud) ? payload.aud : [payload.aud];
  if (!audiences.includes(audience)) return 'aud';
  if (!matchesPattern(subject, payload.sub ?? '')) return 'sub';
  return claims.find(({ name, pattern }) => !valuesAt(payload, name).some((value) => matchesPattern(pattern, value)))
    ?.name;
}

function valuesAt(payload: JWTPayload, name: string): string[] {
  const value = claimAt(payload, name);
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.flatMap((one) => (['string', 'number', 'boolean'].includes(typeof one) ? String(one) : []));
}
