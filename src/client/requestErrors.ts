import { ApiError } from './apiError';

/** Time in which the server must respond to a query or mutation. */
export const ANSWER_WITHIN_MS = 60_000;

/** Error of a request without a response. */
export function lost(url: string, error: unknown): ApiError {
  if (!isError(error)) return ApiError.unreachable(url, String(error));
  if (error.name === 'TimeoutError')
    return ApiError.unreachable(url, `no response within ${ANSWER_WITHIN_MS / 1000} s`);
  const { code, message } = (isError(error.cause) ? error.cause : error) as Error & { readonly code?: unknown };
  if (code === 'ECONNREFUSED') return ApiError.unreachable(url, 'connection refused', ' (is the server running?)');
  return ApiError.unreachable(url, message || (typeof code === 'string' ? code : error.message));
}

/** Errors of another realm are not instances of this realm's `Error`. */
const isError = (value: unknown): value is Error =>
  typeof value === 'object' && value !== null && 'message' in value && 'name' in value;

/** True if the server or its database is down. The request may still have taken effect. */
export const isAway = ({ code }: ApiError): boolean => code === 'UNREACHABLE' || code === 'UNAVAILABLE';

/** Errors that a repeated request can't resolve: the caller must decide again, or somebody else must act first. */
const decided: ReadonlySet<string> = new Set([
  'CONFLICT',
  'CONCURRENCY_LIMIT',
  'ENVIRONMENT_FROZEN',
  'NOT_OBSERVABLE',
  'STORAGE_FULL',
]);
/** Maximum tries of a request that fails with an internal error of the server. */
const MOST_TRIES = 3;

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2_000;

/** Pauses between tries: they double, and are random so that clients don't all return to a restarted server at once. */
export class Pauses {
  private nextMs = FIRST_PAUSE_MS;
  private tries = 1;
  private readonly since = performance.now();

  /** `forMs` limits the time in which a request is repeated. */
  constructor(private readonly forMs: number) {}

  /** Milliseconds to wait before the request is repeated; undefined if it must not be repeated. */
  after(error: ApiError): number | undefined {
    if (!error.retryable || decided.has(error.code)) return undefined;
    if (!isAway(error) && this.tries++ >= MOST_TRIES) return undefined;
    const { retryAfterSeconds } = error.details;
    const asked = typeof retryAfterSeconds === 'number' ? retryAfterSeconds * 1_000 : 0;
    const pauseMs = Math.max(asked, this.nextMs * (0.5 + Math.random() / 2));
    if (performance.now() - this.since + asked > this.forMs) return undefined;
    this.nextMs = Math.min(LONGEST_PAUSE_MS, this.nextMs * 2);
    return pauseMs;
  }
}

/** Rejects with the signal's reason if it aborts first. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Works where `crypto.randomUUID` is missing: in pages that are not served over HTTPS. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
