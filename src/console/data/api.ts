import {
  createClient,
  createRequest,
  type DocumentInput,
  type Exchange,
  getOperationName,
  makeErrorResult,
  makeResult,
  type Operation,
  type OperationResult,
} from '@urql/core';
import { cacheExchange, type KeyingConfig, type UpdateResolver, type UpdatesConfig } from '@urql/exchange-graphcache';
import { filter, fromPromise, mergeMap, pipe, takeUntil } from 'wonka';
import type { TypedDocumentString } from '../../client/generated';
import { asApiError, server, serverUrl } from './server';
import { possibleTypes } from './possibleTypes';

type AnyDocument = TypedDocumentString<unknown, unknown>;

/** Documents by the name of their operation, because the texts that are sent must be those that are registered. */
const documents = new Map<string, AnyDocument>();
const parsed = new WeakMap<object, DocumentInput<never, never>>();

/** A typed document as urql needs it. */
export function asRequest<Data, Variables>(document: TypedDocumentString<Data, Variables>) {
  let query = parsed.get(document) as DocumentInput<Data, Variables & object> | undefined;
  if (query === undefined) {
    query = createRequest(document.toString(), {}).query as DocumentInput<Data, Variables & object>;
    parsed.set(document, query as DocumentInput<never, never>);
    documents.set(getOperationName(query as Parameters<typeof getOperationName>[0]) ?? '', document as AnyDocument);
  }
  return query;
}

/** Sends operations with the typed client, which repeats what may be repeated and knows the API's errors. */
const transport: Exchange = () => (operations) => {
  const isSent = ({ kind }: Operation) => kind === 'query' || kind === 'mutation';
  return pipe(
    operations,
    filter(isSent),
    mergeMap((operation) =>
      pipe(
        fromPromise(answer(operation)),
        takeUntil(
          pipe(
            operations,
            filter(({ kind, key }) => kind === 'teardown' && key === operation.key),
          ),
        ),
      ),
    ),
  );
};

async function answer(operation: Operation): Promise<OperationResult> {
  const document = documents.get(getOperationName(operation.query) ?? '');
  try {
    if (document === undefined) throw new Error('an operation was sent without its document');
    const variables = operation.variables as { input: { idempotencyKey?: string } };
    const keyed = operation.context.keyed === true;
    const data = keyed
      ? await server.change(document as never, variables as never)
      : await server.ask(document, variables);
    return makeResult(operation, { data, hasNext: false });
  } catch (error) {
    return makeErrorResult(operation, asApiError(error));
  }
}

/** A client for one session: what one person may see must not be shown to the next. */
export const createApi = () =>
  createClient({
    url: `${serverUrl}/graphql`,
    requestPolicy: 'cache-and-network',
    preferGetMethod: false,
    exchanges: [cacheExchange({ possibleTypes, keys, updates }), transport],
  });

/** A vote may decide nothing yet, and no event tells of it: all lists of approvals are read again. */
const readApprovalsAgain: UpdateResolver = (_result, _args, cache) => {
  for (const { fieldName, fieldKey } of cache.inspectFields('Query'))
    if (fieldName === 'approvals') cache.invalidate('Query', fieldKey);
};

const updates: UpdatesConfig = {
  Mutation: { decideApprovals: readApprovalsAgain, approveOrRejectApprovals: readApprovalsAgain },
};

/** Objects with an `id` are kept once, wherever they appear; objects without one belong to the object that has them. */
const keys: KeyingConfig = {
  ApprovalDetails: ({ approvalId }) => (typeof approvalId === 'string' ? approvalId : null),
  // An actor has the name that it had when it acted.
  EventActor: () => null,
};
