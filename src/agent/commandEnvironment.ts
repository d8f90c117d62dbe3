type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Variables that a command inherits from the agent: user, paths, language, and network access. An allow list, because
 * the agent's environment contains its token and anything else that was set where it was started.
 */
const passed = new Set(
  [
    'PATH HOME USER LOGNAME SHELL',
    'LANG LANGUAGE TZ TMPDIR TMP TEMP XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_RUNTIME_DIR',
    'HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY http_proxy https_proxy no_proxy all_proxy',
    'SSL_CERT_FILE SSL_CERT_DIR NODE_EXTRA_CA_CERTS',
  ].flatMap((names) => names.split(' ')),
);

/** Search path for programs if there is no PATH. */
export const FALLBACK_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function commandEnvironment(own: Environment, given: Environment): Record<string, string> {
  const environment: Record<string, string> = { PATH: FALLBACK_PATH };
  for (const [name, value] of Object.entries(own)) {
    if (value !== undefined && (passed.has(name) || name.startsWith('LC_'))) environment[name] = value;
  }
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}
