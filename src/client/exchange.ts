import { ApiError } from './apiError';
import { ANSWER_WITHIN_MS, lost } from './requestErrors';

/** Key of a CI job, by a trust rule. */
export interface JobKey {
  readonly apiKey: string;
  readonly apiKeyId: string;
  readonly expiresAt: string;
  /** Name of the trust rule. */
  readonly rule: string;
  readonly subject: string;
}

/** Exchanges the OpenID Connect token of a CI job for an API key. A token counts once. Throws an `ApiError`. */
export async function exchangeToken(url: string, token: string): Promise<JobKey> {
  const headers = { authorization: `Bearer ${token}` };
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  let response: Response;
  let body: (JobKey & { readonly error?: { readonly message: string } }) | undefined;
  try {
    response = await fetch(`${url}/auth/exchange`, { method: 'POST', headers, signal });
    body = (await response.json().catch(() => undefined)) as typeof body;
  } catch (error) {
    throw lost(url, error);
  }
  if (response.ok && body !== undefined) return body;
  const { message = `HTTP ${response.status} from a server that is not Slipway`, ...extensions } = body?.error ?? {};
  throw ApiError.of([{ message, extensions }], response.headers.get('x-request-id'));
}
