import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from './ports';

export interface OidcProvider {
  readonly issuer: string;
  /** Token of the CI job with this subject. */
  token(subject: string, audience: string): Promise<string>;
  stop(): Promise<void>;
}

/** A real provider (oidc-provider), in a process of its own because it is an ES module. */
export async function startOidcProvider(subjects: readonly string[]): Promise<OidcProvider> {
  const port = await freePort();
  const args = [
    join(__dirname, 'oidcProviderProcess.mjs'),
    String(port),
    'first',
    ...subjects.map((id) => `${id}=secret`),
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  const issuer = `http://127.0.0.1:${port}`;
  return {
    issuer,
    async token(subject, resource) {
      const credentials = { client_id: subject, client_secret: 'secret' };
      const body = new URLSearchParams({ ...credentials, grant_type: 'client_credentials', resource });
      const response = await fetch(`${issuer}/token`, { method: 'POST', body });
      return ((await response.json()) as { access_token: string }).access_token;
    },
    async stop() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
