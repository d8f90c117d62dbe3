import { existsSync, readFileSync } from 'node:fs';
import { type CliConfig, ConfigError, demoKeyFile, readCliConfig } from '../kernel/config';
import { Api } from './api';
import { usage } from './failure';
import { Ui } from './ui';

export interface GlobalOptions {
  readonly url?: string;
  readonly key?: string;
  readonly json?: boolean;
}

/** What every command works with. */
export interface Session {
  readonly api: Api;
  readonly ui: Ui;
}

export function openSession({ url, key, json = false }: GlobalOptions): Session {
  const config = configured();
  if (url !== undefined && !/^https?:/.test(URL.canParse(url) ? new URL(url).protocol : '')) {
    throw usage(`--url must be a URL that begins with http:// or https://; it is "${url}".`);
  }
  const server = (url ?? config.SLIPWAY_URL).replace(/\/+$/, '');
  const ui = new Ui(json);
  let away = false;
  const onOutage = (problem: string | null) => {
    if (away !== (problem !== null))
      process.stderr.write(away ? 'The connection is back.\n' : `${problem} Trying again …\n`);
    away = problem !== null;
  };
  return { ui, api: new Api(server, key ?? config.SLIPWAY_API_KEY ?? localKey(server, config), onOutage) };
}

function configured(): CliConfig {
  try {
    return readCliConfig();
  } catch (error) {
    throw error instanceof ConfigError ? usage(error.message) : error;
  }
}

/**
 * On the server’s machine its administrator needs no key of its own: the one that the server was given in its environment, or the one that the
 * demo keeps in a file that only its user can read. Neither is ever sent to another machine. A key that the server made is nowhere but
 * in its first output.
 */
function localKey(url: string, config: CliConfig): string {
  const { hostname } = new URL(url);
  if (/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) {
    if (config.SLIPWAY_ADMIN_KEY !== undefined) return config.SLIPWAY_ADMIN_KEY;
    const file = demoKeyFile(config.SLIPWAY_DATA_DIR);
    if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  }
  throw usage(
    `There is no key to send to ${url}.`,
    'Set SLIPWAY_API_KEY (or --key). The server prints the administrator’s key at its first start; createApiKey makes others.',
  );
}
