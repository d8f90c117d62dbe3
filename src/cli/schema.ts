import { ApiError } from '../client/apiError';
import { lost } from '../client/client';

/** `slipway schema`: prints the JSON Schema of documents from the server. It needs no key. */
export async function printSchema(server: string): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  const response = await fetch(`${server}/schemas/definitions.json`, { signal }).catch((error: unknown) => {
    throw lost(server, error);
  });
  if (!response.ok) throw ApiError.unreachable(server, `HTTP ${response.status} from a server that is not Slipway`);
  process.stdout.write(await response.text());
}
