import { ApiError } from '../client/apiError';
import { lost } from '../client/requestErrors';

/** The JSON Schema of documents from the server. It needs no key. */
export async function readSchema(server: string): Promise<string> {
  const signal = AbortSignal.timeout(60_000);
  const response = await fetch(`${server}/schemas/definitions.json`, { signal }).catch((error: unknown) => {
    throw lost(server, error);
  });
  if (!response.ok) throw ApiError.unreachable(server, `HTTP ${response.status} from a server that is not Slipway`);
  return response.text();
}
