import type { RefusalCode } from '../kernel/errors';

/** Codes of the server's catalog, GraphQL's own codes, and UNREACHABLE, which only the client uses. */
export type ErrorCode =
  | RefusalCode
  | 'UNREACHABLE'
  | 'BAD_REQUEST'
  | 'BAD_USER_INPUT'
  | 'GRAPHQL_PARSE_FAILED'
  | 'GRAPHQL_VALIDATION_FAILED'
  | 'OPERATION_RESOLUTION_FAILURE'
  | 'PERSISTED_QUERY_NOT_SUPPORTED';

/** A GraphQL error as it arrives. */
export interface WireError {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** Reason for missing data: an error from the server, or the lack of a response. */
export class ApiError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    /** True if the same request may succeed later. */
    readonly retryable: boolean,
    /** Id of the request in the server's log; null if the request never reached the server. */
    readonly requestId: string | null = null,
    /** Further details of the error, under the names that its code defines. */
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = 'ApiError';
  }

  /** Builds an error from the first one: the server stops at the first that matters. */
  static of(errors: readonly WireError[] | undefined, requestId: string | null): ApiError {
    const [first] = errors ?? [];
    if (first === undefined) return new ApiError('INTERNAL', 'The server responded without data.', true, requestId);
    const { code, retryable, ...details } = first.extensions ?? {};
    return new ApiError((code ?? 'INTERNAL') as ErrorCode, first.message, retryable === true, requestId, details);
  }

  static unreachable(url: string, problem: string, hint = ''): ApiError {
    return new ApiError('UNREACHABLE', `${problem} at ${url}${hint}`, true);
  }
}
