import type { JWTPayload } from 'jose';
import { claimAt } from '../tokenVerifier';
import type { TrustClaim, TrustRule } from './trustRules';

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

/** Claims of public CI systems that jobs of any tenant can have with any value. */
const ofEverybody: ReadonlySet<string> = new Set([
  ...['iss', 'aud', 'ref', 'ref_type', 'ref_path', 'ref_protected', 'head_ref', 'base_ref', 'event_name', 'workflow'],
  ...['job_workflow_ref', 'environment', 'environment_protected', 'deployment_tier', 'runner_environment'],
  ...['pipeline_source', 'repository_visibility', 'project_visibility'],
]);

/** True if a claim of a rule names the tenant, such as `repository_owner`. A reusable workflow runs for everybody. */
export const claimNamesTenant = ({ name, pattern }: TrustClaim): boolean =>
  !pattern.includes('*') && !ofEverybody.has(name);

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
