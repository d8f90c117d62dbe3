import { existsSync, readFileSync } from 'node:fs';
import { type CliConfig, ConfigError, demoKeyFile, readCliConfig } from '../kernel/config';
import type { ApiError } from '../client/apiError';
import { Client } from '../client/client';
import { exchangeToken } from '../client/exchange';
import { ciToken, ciTokenOrigin, hasCiToken } from './ciToken';
import { usage } from './failure';
import { type Terminal, Ui } from './ui';

export interface GlobalOptions {
  readonly url?: string;
  readonly key?: string;
  readonly json?: boolean;
}

/** The server and the terminal of a command. */
export interface Session {
  readonly api: Client;
  readonly ui: Ui;
}

/** URL of the server. */
export function serverOf({ url }: GlobalOptions, env: NodeJS.ProcessEnv, config = configured(env)): string {
  if (url !== undefined && !/^https?:/.test(URL.canParse(url) ? new URL(url).protocol : '')) {
    throw usage(`--url must be a URL that begins with http:// or https://, not "${url}".`);
  }
  // People paste the address of the API.
  return (url ?? config.SLIPWAY_URL).replace(/\/+(graphql\/*)?$/, '');
}

export async function openSession(options: GlobalOptions, terminal: Terminal): Promise<Session> {
  const { json = false } = options;
  const config = configured(terminal.env);
  const server = serverOf(options, terminal.env, config);
  const ui = new Ui(json, terminal);
  let away = false;
  const onOutage = (problem: ApiError | null) => {
    if (away !== (problem !== null))
      terminal.stderr.write(away ? 'Connected again.\n' : `Connection lost: ${problem?.message}. Trying again …\n`);
    away = problem !== null;
  };
  const key = usesCiToken(options, config)
    ? (await exchangeToken(server, await ciToken(server, config))).apiKey
    : keyOf(options, server, config).key;
  return { ui, api: new Client(server, key, { onOutage, retryQueriesMs: 0 }) };
}

/** A CI job without a stored key signs in with its own token. */
const usesCiToken = ({ key }: GlobalOptions, config: CliConfig): boolean =>
  key === undefined && config.SLIPWAY_API_KEY === undefined && hasCiToken(config);

export function configured(env: NodeJS.ProcessEnv): CliConfig {
  try {
    return readCliConfig(env);
  } catch (error) {
    throw error instanceof ConfigError ? usage(error.message) : error;
  }
}

interface Key {
  readonly key: string;
  /** Place where it was found. */
  readonly origin: string;
}

function keyOf({ key }: GlobalOptions, server: string, config: CliConfig): Key {
  if (key !== undefined) return { key, origin: '--key' };
  if (config.SLIPWAY_API_KEY !== undefined) return { key: config.SLIPWAY_API_KEY, origin: 'SLIPWAY_API_KEY' };
  return localKey(server, config);
}

/** Source of the key that the server refused. */
export function keyOrigin(options: GlobalOptions, { env }: Terminal): string {
  const config = configured(env);
  if (usesCiToken(options, config)) return ciTokenOrigin(config);
  return keyOf(options, serverOf(options, env, config), config).origin;
}

/**
 * Administrator's key of a server on this machine: from the server's environment, or from the file of the demo, which
 * only its user can read. It is never sent to another machine. Keys that the server generated are stored only as
 * hashes, so they can't be found.
 */
function localKey(url: string, config: CliConfig): Key {
  const { hostname } = new URL(url);
  if (/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) {
    if (config.SLIPWAY_ADMIN_KEY !== undefined) return { key: config.SLIPWAY_ADMIN_KEY, origin: 'SLIPWAY_ADMIN_KEY' };
    const file = demoKeyFile(config.SLIPWAY_DATA_DIR);
    if (existsSync(file)) return { key: readFileSync(file, 'utf8').trim(), origin: `the demo’s file ${file}` };
  }
  throw usage(
    `No API key for ${url}.`,
    'Set SLIPWAY_API_KEY, or pass --key. The server prints the administrator’s key at its first start; on its machine, "slipway admin create-key" creates another.',
  );
}
