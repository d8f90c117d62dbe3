import { ApiError } from '../client/apiError';
import { lost } from '../client/client';

/** `slipway schema`: the JSON Schema of documents, as the server has it. It needs no key. */
export async function printSchema(server: string): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  const response = await fetch(`${server}/schemas/definitions.json`, { signal }).catch((error: unknown) => {
    throw lost(server, error);
  });
  if (!response.ok) throw ApiError.unreachable(server, `HTTP ${response.status} from a server that is not Slipway`);
  process.stdout.write(await response.text());
}
