import { appendFileSync } from 'node:fs';
import { exchangeToken } from '../client/exchange';
import { ciToken, hasCiToken } from './ciToken';
import { usage } from './failure';
import { configured, type GlobalOptions, serverOf } from './session';
import type { Terminal } from './ui';

/**
 * `slipway ci login`: exchanges the job's token once, for all commands of the job. In GitHub Actions, later steps
 * get the key as SLIPWAY_API_KEY; elsewhere a shell evaluates the line that is printed.
 */
export async function ciLogin(options: GlobalOptions, { env, stdout, stderr }: Terminal): Promise<void> {
  const config = configured(env);
  const server = serverOf(options, env, config);
  if (!hasCiToken(config)) {
    throw usage(
      'This job has no OpenID Connect token.',
      'GitHub Actions: add "permissions: { id-token: write }" to the job. GitLab: declare SLIPWAY_ID_TOKEN under "id_tokens". Elsewhere: set SLIPWAY_ID_TOKEN.',
    );
  }
  const key = await exchangeToken(server, await ciToken(server, config));
  stderr.write(`Signed in by the trust rule "${key.rule}" as ${key.subject}, until ${key.expiresAt}.\n`);
  const file = config.GITHUB_ACTIONS === 'true' ? config.GITHUB_ENV : undefined;
  // The mask comes first: from then on, the log of the job hides the key.
  if (file !== undefined) {
    stderr.write(`::add-mask::${key.apiKey}\n`);
    appendFileSync(file, `SLIPWAY_API_KEY=${key.apiKey}\n`);
  }
  if (options.json) stdout.write(`${JSON.stringify(key, null, 2)}\n`);
  else if (file === undefined) stdout.write(`export SLIPWAY_API_KEY='${key.apiKey}'\n`);
}
