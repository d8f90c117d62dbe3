import { request } from 'undici';
import type { App } from '../app';
import type { Firing } from './firings.table';

const TIMEOUT_MS = 5000;

/** Address at which Docker Hub accepts the result of a webhook; null for any other address. */
export function dockerHubCallback(payload: unknown): string | null {
  const url =
    typeof payload === 'object' && payload !== null && 'callback_url' in payload ? payload.callback_url : undefined;
  if (typeof url !== 'string' || url.length > 500 || !URL.canParse(url)) return null;
  const { protocol, hostname, port, username } = new URL(url);
  const isHub = hostname === 'registry.hub.docker.com' && protocol === 'https:' && port === '' && username === '';
  return isHub ? url : null;
}

/**
 * Docker Hub calls the next webhook of a chain once this one is validated. Nothing else depends on the answer, so nobody
 * waits for it, and a failure is only logged.
 */
export async function tellDockerHub(
  app: App,
  { id, facts }: Firing,
  state: 'success' | 'failure',
  executionId: string | null,
): Promise<void> {
  const callback = facts?.callback;
  if (callback === undefined) return;
  const description = executionId === null ? `Firing ${id} started nothing` : `Execution ${executionId} was started`;
  try {
    const { body } = await request(callback, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ state, description, context: 'Slipway' }),
      ...{ headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS, signal: AbortSignal.timeout(TIMEOUT_MS) },
    });
    await body.dump();
  } catch (error) {
    app.log.warn({ err: error, firingId: id }, 'the result of a webhook could not be reported to Docker Hub');
  }
}
