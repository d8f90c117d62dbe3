import type { Refusal } from '../../kernel/errors';

/** How the preview of a plan says whether it would be accepted. Error objects in a result would be errors of its field. */
export function previewed({ refusals, token }: { readonly refusals: readonly Refusal[]; readonly token: string }) {
  const allowed = refusals.length === 0;
  const shown = refusals.map(({ code, message }) => ({ code, message }));
  return { allowed, refusals: shown, planToken: allowed ? token : null };
}
