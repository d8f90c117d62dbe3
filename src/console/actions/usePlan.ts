import { useCallback, useEffect, useRef, useState } from 'react';
import type { ApiError } from '../../client/apiError';
import type { TypedDocumentString } from '../../client/generated';
import type { Given } from '../../client/requests';
import { asApiError, server } from '../data/server';

export interface Plan {
  readonly allowed: boolean;
  readonly planToken: string | null;
  readonly refusals: readonly { readonly code: string; readonly message: string }[];
}

export interface PlanChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

interface PlanOptions<Data, Variables, Of> {
  readonly document: TypedDocumentString<Data, Variables>;
  /** Undefined asks for nothing yet. */
  readonly variables: Variables | undefined;
  readonly planOf: (data: Given<Data>) => Of;
  /** The plan as lines, with which two plans are compared. */
  readonly linesOf: (plan: Of) => readonly string[];
}

export interface Planned<Of> {
  /** The newest plan. While another is asked for, the one before. */
  readonly plan: Of | undefined;
  readonly error: ApiError | undefined;
  readonly loading: boolean;
  /** What is different since the plan that the server no longer accepted. */
  readonly change: PlanChange | undefined;
  /** Asks again. With `compare`, tells what is different from the plan that was shown. */
  readonly renew: (compare?: boolean) => void;
}

const TYPING_MS = 250;

/** Asks for a plan, past the cache, and again when its variables change. A newer request ends the one before. */
export function usePlan<Data, Variables, Of>(options: PlanOptions<Data, Variables, Of>): Planned<Of> {
  const latest = useRef(options);
  const [state, setState] = useState<Omit<Planned<Of>, 'renew'>>(empty);
  const [turn, setTurn] = useState({ number: 0, compare: false });
  const shown = useRef<Of>(undefined);
  useEffect(() => {
    latest.current = options;
  });
  const key = options.variables === undefined ? '' : JSON.stringify(options.variables);
  useEffect(() => {
    if (key === '') return;
    const end = new AbortController();
    setState((before) => ({ ...before, loading: true }));
    const ask = async () => {
      const { document, planOf, linesOf } = latest.current;
      try {
        const ask = server.ask as (
          of: typeof document,
          variables: unknown,
          options: { signal: AbortSignal },
        ) => Promise<Given<Data>>;
        const plan = planOf(await ask.call(server, document, JSON.parse(key), { signal: end.signal }));
        const before = shown.current;
        shown.current = plan;
        const change = turn.compare && before !== undefined ? changeOf(linesOf(before), linesOf(plan)) : undefined;
        setState({ plan, error: undefined, loading: false, change });
      } catch (error) {
        if (end.signal.aborted) return;
        setState({ plan: undefined, error: asApiError(error), loading: false, change: undefined });
      }
    };
    const timer = setTimeout(() => void ask(), shown.current === undefined || turn.compare ? 0 : TYPING_MS);
    return () => {
      clearTimeout(timer);
      end.abort();
    };
  }, [key, turn]);
  const renew = useCallback((compare = false) => setTurn(({ number }) => ({ number: number + 1, compare })), []);
  return { ...state, renew };
}

const empty = { plan: undefined, error: undefined, loading: true, change: undefined };

const changeOf = (before: readonly string[], now: readonly string[]): PlanChange => ({
  added: now.filter((line) => !before.includes(line)),
  removed: before.filter((line) => !now.includes(line)),
});
