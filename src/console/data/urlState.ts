import { useCallback, useMemo } from 'react';
import { useLocation, useSearchParams } from 'wouter';

type SetChoices = (
  choices: Readonly<Record<string, string | readonly string[] | undefined>>,
  options?: { push?: boolean },
) => void;

/** Choices of a page that its address holds, so that the address can be sent to somebody. */
export interface UrlState {
  get(name: string): string;
  all(name: string): readonly string[];
  /** Sets choices by name; an empty one leaves the address. Replaces the entry in the history unless `push`. */
  readonly set: SetChoices;
  /** The same, and every other choice leaves the address. */
  readonly reset: SetChoices;
  /** Address of this page with other choices, for a `Link`. */
  href(choices: Readonly<Record<string, string>>): string;
  /** The whole query, such as `status=FAILED`. */
  readonly text: string;
}

export function useUrlState(): UrlState {
  const [params, setParams] = useSearchParams();
  const [path] = useLocation();
  const text = params.toString();
  const set = useCallback<SetChoices>(
    (choices, { push = false } = {}) => setParams((before) => withChoices(before, choices), { replace: !push }),
    [setParams],
  );
  const reset = useCallback<SetChoices>(
    (choices, { push = false } = {}) => setParams(() => withChoices(undefined, choices), { replace: !push }),
    [setParams],
  );
  return useMemo(() => {
    const now = new URLSearchParams(text);
    const href = (choices: Readonly<Record<string, string>>) => {
      const next = new URLSearchParams(text);
      for (const [name, value] of Object.entries(choices)) {
        if (value === '') next.delete(name);
        else next.set(name, value);
      }
      return next.size === 0 ? path : `${path}?${next.toString()}`;
    };
    return { get: (name) => now.get(name) ?? '', all: (name) => now.getAll(name), set, reset, href, text };
  }, [text, path, set, reset]);
}

function withChoices(before: URLSearchParams | undefined, choices: Parameters<SetChoices>[0]): URLSearchParams {
  const next = new URLSearchParams(before);
  for (const [name, value] of Object.entries(choices)) {
    next.delete(name);
    for (const one of typeof value === 'string' ? [value] : (value ?? [])) if (one !== '') next.append(name, one);
  }
  return next;
}
