import { isError, isOutage, isStorageFull } from '../../kernel/database/outage';
import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLErrorExtensions, type GraphQLFormattedError, Kind } from 'graphql';
import type { Log } from '../../kernel/log';
import { Refusal, refusalCodes } from '../../kernel/errors';

/**
 * Decides which part of an exception may leave the process. A Refusal leaves unchanged, an outage of the database as
 * UNAVAILABLE. Anything else is a defect: its message may contain SQL, constraint names or secrets, so it is logged
 * under an id, and only the id leaves. All HTTP responses, GraphQL results and streams use this function.
 */
export function toRefusal(error: unknown, log: Log, scope: Readonly<Record<string, unknown>> = {}): Refusal {
  const root = rootOf(error);
  if (root instanceof Refusal) return root;
  if (isOutage(root)) {
    log.warn({ ...scope, error: describe(root) }, 'the database is not responding');
    return new Refusal('UNAVAILABLE', 'The server can’t reach its database at the moment. Try again.');
  }
  if (isStorageFull(root)) {
    log.error({ ...scope, error: describe(root) }, 'no space left');
    return new Refusal('STORAGE_FULL', STORAGE_FULL);
  }
  const errorId = randomUUID();
  log.error({ ...scope, errorId, error: describe(root) }, 'unexpected error');
  return new Refusal(
    'INTERNAL',
    `An unexpected error occurred. The server’s log has the details under the id ${errorId}.`,
    {
      errorId,
    },
  );
}

export const STORAGE_FULL =
  'The disk of the database or of the server is full, so nothing was changed. An operator has to free space; then try again.';

/** Fields that clients see, in an HTTP body's `error` and in a GraphQL error's `extensions`. */
export function refusalFields(refusal: Refusal): Record<string, unknown> {
  return { ...refusal.details, code: refusal.code, retryable: refusalCodes[refusal.code].retryable };
}

/** Errors of GraphQL about a request. Their messages quote only the request and the schema. */
const requestCodes = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

/**
 * Formats every error of a GraphQL response, on each transport. graphql-js throws the same class for an invalid request
 * and for an invalid result of a resolver ("Int cannot represent …", with the value). Only errors from resolving fields
 * have a path; of those, only a bad argument is the caller's fault.
 */
export function toGraphqlError(
  error: unknown,
  log: Log,
  scope: Readonly<Record<string, unknown>> = {},
): GraphQLFormattedError {
  const outer = error instanceof GraphQLError ? error : undefined;
  const code = outer && requestErrorCode(outer);
  if (outer && code) return { ...outer.toJSON(), extensions: { code, retryable: false } };
  const refusal = toRefusal(error, log, { ...scope, ...(outer?.path && { path: outer.path.join('.') }) });
  return {
    message: refusal.message,
    ...(outer?.locations && { locations: outer.locations }),
    ...(outer?.path && { path: outer.path }),
    extensions: refusalFields(refusal),
  };
}

function requestErrorCode(error: GraphQLError): string | undefined {
  // Errors of compiled queries may have no extensions.
  const { code } = (error.extensions as GraphQLErrorExtensions | undefined) ?? {};
  if (typeof code === 'string') return requestCodes.has(code) ? code : undefined;
  if (isVariableError(error)) return 'BAD_USER_INPUT';
  if (!(rootOf(error) instanceof GraphQLError)) return undefined;
  if (error.path) return error.message.startsWith('Argument "') ? 'BAD_USER_INPUT' : undefined;
  return 'BAD_REQUEST';
}

function isVariableError(error: GraphQLError): boolean {
  return !error.path && error.nodes?.length === 1 && error.nodes[0]?.kind === Kind.VARIABLE_DEFINITION;
}

function rootOf(error: unknown): unknown {
  let root = error;
  while (root instanceof GraphQLError && root.originalError) root = root.originalError;
  return root;
}

/**
 * The error as logged, without the parameters of a failed statement: they may contain secrets, and pino's `err`
 * includes them.
 */
function describe(error: unknown): Readonly<Record<string, unknown>> {
  if (!isError(error)) return { type: typeof error, message: String(error) };
  const extra = error as Error & Record<'code' | 'query' | 'table' | 'constraint', unknown>;
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(extra.code !== undefined && { code: extra.code }),
    ...(typeof extra.query === 'string' && { query: extra.query }),
    ...(typeof extra.table === 'string' && { table: extra.table }),
    ...(typeof extra.constraint === 'string' && { constraint: extra.constraint }),
    ...(error.cause !== undefined && { cause: describe(error.cause) }),
  };
}
