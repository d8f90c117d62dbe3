import { useCallback, useMemo, useState } from 'react';
import { createRequest, useClient, useQuery } from 'urql';
import type { ApiError } from '../../client/apiError';
import type { TypedDocumentString } from '../../client/generated';
import type { Given } from '../../client/requests';
import { asRequest } from './api';
import { asApiError } from './server';

export interface Loaded<Data> {
  /** Undefined until the first answer. A failed repetition keeps the data of the last answer. */
  readonly data: Given<Data> | undefined;
  readonly error: ApiError | undefined;
  /** True until the first answer. */
  readonly loading: boolean;
  /** Asks the server again. */
  readonly refresh: () => void;
}

/** Data of a query: from the cache at once, then from the server. Follows every change of the cache. */
export function useData<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  { pause = false }: { readonly pause?: boolean } = {},
): Loaded<Data> {
  const query = asRequest(document);
  const { key } = createRequest(query, variables as Variables & object);
  const [result, execute] = useQuery({ query, variables: variables as Variables & object, pause });
  // Until the first answer for other variables, urql keeps the data of those before.
  const isOwn = result.operation?.key === key;
  const { data, error, fetching } = isOwn ? result : { data: undefined, error: undefined, fetching: !pause };
  const refresh = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute]);
  const given = (data ?? undefined) as Given<Data> | undefined;
  const known = useMemo(() => (error === undefined ? undefined : asApiError(error.networkError ?? error)), [error]);
  return { data: given, error: known, loading: fetching && given === undefined, refresh };
}

/** Asks the server once, past the cache, and keeps what it returns in the cache. Throws an `ApiError`. */
export function useAsk() {
  const client = useClient();
  return useCallback(
    async <Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables) => {
      const options = { requestPolicy: 'network-only' as const };
      const { data, error } = await client
        .query(asRequest(document), variables as Variables & object, options)
        .toPromise();
      if (error !== undefined) throw asApiError(error.networkError ?? error);
      return data as Given<Data>;
    },
    [client],
  );
}

export interface Action<Data, Variables> {
  /** Runs the mutation. Resolves to undefined after an error, which `error` then holds. */
  readonly run: (variables: Variables) => Promise<Given<Data> | undefined>;
  readonly running: boolean;
  readonly error: ApiError | undefined;
  /** Forgets the error. */
  readonly reset: () => void;
}

interface ActionOptions {
  /** False for a mutation whose input has no `idempotencyKey`: it is never repeated. Defaults to true. */
  readonly keyed?: boolean;
}

/** A mutation. With an idempotency key, a request without an answer is repeated and still takes effect once. */
export function useAction<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  { keyed = true }: ActionOptions = {},
): Action<Data, Variables> {
  const client = useClient();
  const [state, setState] = useState<{ running: boolean; error?: ApiError }>({ running: false });
  const run = useCallback(
    async (variables: Variables) => {
      setState({ running: true });
      const { data, error } = await client
        .mutation(asRequest(document), variables as Variables & object, { keyed })
        .toPromise();
      const known = error === undefined ? undefined : asApiError(error.networkError ?? error);
      setState({ running: false, error: known });
      return known === undefined ? (data as Given<Data>) : undefined;
    },
    [client, document, keyed],
  );
  const reset = useCallback(() => setState({ running: false }), []);
  return { run, running: state.running, error: state.error, reset };
}
