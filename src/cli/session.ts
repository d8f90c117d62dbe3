import { existsSync, readFileSync } from 'node:fs';
import { type CliConfig, ConfigError, demoKeyFile, readCliConfig } from '../kernel/config';
import type { ApiError } from '../client/apiError';
import { Client } from '../client/client';
import { usage } from './failure';
import { Ui } from './ui';

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
export function serverOf({ url }: GlobalOptions, config = configured()): string {
  if (url !== undefined && !/^https?:/.test(URL.canParse(url) ? new URL(url).protocol : '')) {
    throw usage(`--url must be a URL that begins with http:// or https://, not "${url}".`);
  }
  return (url ?? config.SLIPWAY_URL).replace(/\/+$/, '');
}

export function openSession(options: GlobalOptions): Session {
  const { key, json = false } = options;
  const config = configured();
  const server = serverOf(options, config);
  const ui = new Ui(json);
  let away = false;
  const onOutage = (problem: ApiError | null) => {
    if (away !== (problem !== null))
      process.stderr.write(away ? 'Connected again.\n' : `Connection lost: ${problem?.message}. Trying again …\n`);
    away = problem !== null;
  };
  return { ui, api: new Client(server, key ?? config.SLIPWAY_API_KEY ?? localKey(server, config), { onOutage }) };
}

function configured(): CliConfig {
  try {
    return readCliConfig();
  } catch (error) {
    throw error instanceof ConfigError ? usage(error.message) : error;
  }
}

/**
 * The administrator’s key of a server on this machine: from the server’s environment, or from the file that the demo keeps, which only its user
 * can read. It is never sent to another machine. A key that the server generated is stored as a hash only, so it can’t be found.
 */
function localKey(url: string, config: CliConfig): string {
  const { hostname } = new URL(url);
  if (/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) {
    if (config.SLIPWAY_ADMIN_KEY !== undefined) return config.SLIPWAY_ADMIN_KEY;
    const file = demoKeyFile(config.SLIPWAY_DATA_DIR);
    if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  }
  throw usage(
    `No API key for ${url}.`,
    'Set SLIPWAY_API_KEY, or pass --key. The server prints the administrator’s key at its first start; createApiKey creates others.',
  );
}
