import { exit, Failure } from './failure';

/** `slipway schema`: the JSON Schema of documents, as the server has it. It needs no key. */
export async function printSchema(server: string): Promise<void> {
  const url = `${server}/schemas/definitions.json`;
  const advice = ['To use another server, set SLIPWAY_URL or pass --url.'];
  const unreachable = (problem: string) => new Failure(exit.unreachable, 'UNREACHABLE', `${url}: ${problem}.`, {}, advice);
  const response = await fetch(url, { signal: AbortSignal.timeout(60_000) }).catch((error: Error) => {
    throw unreachable(`${(error.cause as Error | undefined)?.message ?? error.message} (is the server running?)`);
  });
  if (!response.ok) throw unreachable(`HTTP ${response.status} (is it a Slipway server?)`);
  process.stdout.write(`${(await response.text()).trimEnd()}\n`);
}
