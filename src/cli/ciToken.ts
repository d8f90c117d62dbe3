import { ApiError } from '../client/apiError';
import type { CliConfig } from '../kernel/config';

/** Token with which a CI job proves its identity, and the variable that it came from. */
export interface CiToken {
  readonly token: string;
  readonly origin: string;
}

/** True if the job can get a token. */
export const hasCiToken = (config: CliConfig): boolean =>
  config.SLIPWAY_ID_TOKEN !== undefined ||
  (config.ACTIONS_ID_TOKEN_REQUEST_URL !== undefined && config.ACTIONS_ID_TOKEN_REQUEST_TOKEN !== undefined);

export const ciTokenOrigin = (config: CliConfig): string =>
  config.SLIPWAY_ID_TOKEN === undefined ? 'the OpenID Connect token of this GitHub job' : 'SLIPWAY_ID_TOKEN';

/** The job's token: from SLIPWAY_ID_TOKEN, or in GitHub Actions a new one for this server. */
export async function ciToken(server: string, config: CliConfig): Promise<string> {
  const { SLIPWAY_ID_TOKEN, ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = config;
  if (SLIPWAY_ID_TOKEN !== undefined) return SLIPWAY_ID_TOKEN;
  const audience = config.SLIPWAY_ID_TOKEN_AUDIENCE ?? server;
  const request = new URL(url ?? '');
  request.searchParams.set('audience', audience);
  const failed = (problem: string) => ApiError.unreachable(request.origin, problem);
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
  const response = await fetch(request, { headers, signal: AbortSignal.timeout(30_000) }).catch((error: unknown) => {
    throw failed(error instanceof Error ? error.message : String(error));
  });
  const { value } = (await response.json().catch(() => ({}))) as { readonly value?: unknown };
  if (!response.ok || typeof value !== 'string') throw failed(`HTTP ${response.status} instead of a token`);
  return value;
}
