import { join, resolve } from 'node:path';
import { compile } from '@fastify/proxy-addr';
import { z } from 'zod';
import { nearest } from './didYouMean';
import { StartError } from './startError';

/**
 * The only reader of process.env. All values are validated together, so that one start reports every bad value.
 * docs/configuration.md describes the same variables; a test compares the two.
 */
const flag = z
  .enum(['true', 'false', '1', '0'], 'must be true or false')
  .transform((value) => value === 'true' || value === '1');
const oneOf = <const T extends readonly string[]>(...words: T) =>
  z.enum(words, `must be one of ${words.slice(0, -1).join(', ')} and ${words.at(-1)}`);
const integer = (minimum: number, maximum: number) => {
  const most = maximum === Number.MAX_SAFE_INTEGER ? 'or more' : `to ${maximum}`;
  const rule = `must be a whole number, ${minimum} ${most}`;
  return z.coerce.number(rule).int(rule).min(minimum, rule).max(maximum, rule);
};
const secret = (length: number) => z.string('must be given').min(length, `must have at least ${length} characters`);
const url = (...protocols: string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
    message: `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  });

/** 32 bytes in base64 (also base64url) or hexadecimal. Undefined for anything else. */
export function parseSecretKey(text: string): Buffer | undefined {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex');
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}

const secretKeys = z.string().transform((text, context) =>
  text.split(',').map((one, index) => {
    const key = parseSecretKey(one.trim());
    if (key === undefined) {
      const message = `key ${index + 1} must be 32 bytes in base64 or hexadecimal, as "openssl rand -base64 32" prints them`;
      context.addIssue({ code: 'custom', message });
    }
    return key ?? Buffer.alloc(0);
  }),
);

/** Returns a function that tests if an address belongs to one of the given addresses, networks and named ranges. */
const addresses = z.string().transform((text, context) => {
  try {
    return compile(text.split(',').map((one) => one.trim()));
  } catch (error) {
    const message = `must list addresses, networks (10.0.0.0/8), loopback, linklocal or uniquelocal: ${(error as Error).message}`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }
});

/** Networks and host names that outgoing requests may reach although they are not public. */
const destinations = z
  .string()
  .default('')
  .transform((text, context) => {
    const all = text.split(/[\s,]+/).filter((one) => one !== '');
    const isNetwork = (one: string) => /[:/]|^[\d.]+$|^(?:loopback|linklocal|uniquelocal)$/.test(one);
    const networks = all.filter(isNetwork);
    const hosts = all.filter((one) => !isNetwork(one)).map((one) => one.toLowerCase());
    try {
      compile(networks);
      return { networks, hosts };
    } catch (error) {
      const message = `must list addresses, networks (10.0.0.0/8), loopback, linklocal, uniquelocal or host names: ${(error as Error).message}`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
  });

const listOfWords = (separator: RegExp, otherwise = '') =>
  z
    .string()
    .default(otherwise)
    .transform((text) => text.split(separator).filter((word) => word !== ''));

/** Standard variables of OpenTelemetry. The SDK reads them itself; they are listed to be described and passed on. */
const otel = {
  OTEL_EXPORTER_OTLP_ENDPOINT: url('http:', 'https:').optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url('http:', 'https:').optional(),
  OTEL_EXPORTER_OTLP_HEADERS: z.string().optional(),
  OTEL_SERVICE_NAME: z.string().optional(),
  OTEL_RESOURCE_ATTRIBUTES: z.string().optional(),
  OTEL_TRACES_SAMPLER: z.string().optional(),
  OTEL_TRACES_SAMPLER_ARG: z.string().optional(),
  OTEL_SDK_DISABLED: flag.default(false),
};

const terminal = () => process.stderr.isTTY === true;

export const serverVariables = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: integer(0, 65535).default(4000),
  SLIPWAY_PUBLIC_URL: url('http:', 'https:')
    .transform((text) => text.replace(/\/+$/, ''))
    .optional(),
  SLIPWAY_TRUSTED_PROXIES: addresses.optional(),
  DATABASE_URL: url('postgres:', 'postgresql:').optional(),
  DATABASE_POOL: integer(3, 500).default(20),
  DATABASE_WAIT_SECONDS: integer(0, 3600).default(60),
  SLIPWAY_DATA_DIR: z
    .string()
    .min(1)
    .default('.slipway')
    .transform((path) => resolve(path)),
  SLIPWAY_ADMIN_KEY: secret(16).optional(),
  SLIPWAY_AGENT_TOKEN: secret(16).optional(),
  SLIPWAY_SECRET_KEY: secretKeys.optional(),
  SLIPWAY_OIDC_ISSUER: url('http:', 'https:').optional(),
  SLIPWAY_OIDC_CLIENT_ID: z.string().min(1).optional(),
  SLIPWAY_OIDC_CLIENT_SECRET: z.string().min(1).optional(),
  SLIPWAY_OIDC_SCOPES: z.string().min(1).default('openid profile email'),
  SLIPWAY_OIDC_AUDIENCE: z.string().min(1).optional(),
  SLIPWAY_OIDC_JWKS_URL: url('http:', 'https:').optional(),
  SLIPWAY_OIDC_GROUPS_CLAIM: z.string().min(1).optional(),
  SLIPWAY_OIDC_CLOCK_TOLERANCE_SECONDS: integer(0, 600).default(30),
  SLIPWAY_SESSION_HOURS: integer(1, 720).default(12),
  SLIPWAY_LEASE_SECONDS: integer(2, 3600).default(60),
  SLIPWAY_PREPARED: flag.default(true),
  SLIPWAY_NOTIFY: flag.default(true),
  SLIPWAY_POLL_MS: integer(50, 60000).default(2000),
  SLIPWAY_RESTORE_SECONDS: integer(1, 7 * 86_400).default(3600),
  SLIPWAY_RESTORE_AGENT_SECONDS: integer(0, 86_400).default(30),
  SLIPWAY_EVENT_RETENTION_DAYS: integer(1, 36500).default(400),
  EVENTS_URL: url('nats:', 'tls:').optional(),
  SLIPWAY_ARTIFACT_RETENTION_DAYS: integer(1, 36500).default(400),
  SLIPWAY_ARTIFACT_RETENTION_RUNS: integer(1, 100_000).optional(),
  SLIPWAY_ARTIFACT_RETENTION_BYTES: integer(1, Number.MAX_SAFE_INTEGER).optional(),
  SLIPWAY_S3_BUCKET: z.string().min(1).optional(),
  SLIPWAY_S3_ENDPOINT: url('http:', 'https:').optional(),
  SLIPWAY_S3_REGION: z.string().min(1).default('us-east-1'),
  SLIPWAY_S3_PREFIX: z.string().default(''),
  SLIPWAY_S3_ACCESS_KEY_ID: z.string().min(1).optional(),
  SLIPWAY_S3_SECRET_ACCESS_KEY: z.string().min(1).optional(),
  SLIPWAY_CACHE_BYTES: integer(0, Number.MAX_SAFE_INTEGER).default(10 * 1024 ** 3),
  SLIPWAY_CACHE_DAYS: integer(1, 36500).default(14),
  SLIPWAY_MAX_ARTIFACT_BYTES: integer(1, Number.MAX_SAFE_INTEGER).default(10 * 1024 ** 3),
  SLIPWAY_MAX_LOG_BYTES: integer(1024, Number.MAX_SAFE_INTEGER).default(1024 ** 3),
  SLIPWAY_LOG_RETENTION_DAYS: integer(1, 36500).default(400),
  SLIPWAY_LOG_MOVE_DAYS: integer(0, 36500).default(7),
  SLIPWAY_LOG_STORAGE_BYTES: integer(1024, Number.MAX_SAFE_INTEGER).optional(),
  SLIPWAY_DRAIN_SECONDS: integer(0, 600).default(10),
  SLIPWAY_OUTGOING_ALLOW: destinations,
  SLIPWAY_RUN_LINK: url('http:', 'https:').optional(),
  SLIPWAY_WEBHOOK_TIMEOUT_SECONDS: integer(1, 300).default(15),
  SLIPWAY_WEBHOOK_BACKOFF_MS: integer(1, 3_600_000).default(5_000),
  SLIPWAY_WEBHOOK_RETRY_HOURS: integer(1, 720).default(24),
  SLIPWAY_WEBHOOK_SWITCH_OFF_HOURS: integer(1, 8760).default(24),
  SLIPWAY_WEBHOOK_RETENTION_DAYS: integer(1, 36500).default(30),
  SLIPWAY_INTROSPECTION: flag.default(true),
  SLIPWAY_MAX_QUERY_DEPTH: integer(3, 1000).default(15),
  SLIPWAY_MAX_QUERY_COST: integer(100, Number.MAX_SAFE_INTEGER).default(500_000),
  SLIPWAY_RATE_PER_SECOND: integer(0, 1_000_000).default(50),
  SLIPWAY_RATE_BURST: integer(1, 1_000_000).default(200),
  SLIPWAY_AGENT_RATE_PER_SECOND: integer(0, 1_000_000).default(500),
  SLIPWAY_MAX_SUBSCRIPTIONS: integer(1, 1_000_000).default(1_000),
  SLIPWAY_HOOK_MAX_BYTES: integer(1024, 25 * 1024 ** 2).default(1024 ** 2),
  SLIPWAY_HOOK_RATE_PER_SECOND: integer(0, 1_000_000).default(10),
  SLIPWAY_HOOK_SECRET_OVERLAP_HOURS: integer(0, 24 * 365).default(24),
  SLIPWAY_FIRING_RETENTION_DAYS: integer(1, 36500).default(30),
  SLIPWAY_OPERATIONS: oneOf('any', 'registered').default('any'),
  SLIPWAY_OPERATIONS_DIR: z.string().min(1).optional(),
  SLIPWAY_TRUST_HTTP_ISSUERS: flag.default(false),
  SLIPWAY_METRICS_PORT: integer(0, 65535).optional(),
  SLIPWAY_METRICS_TOKEN: secret(16).optional(),
  ...otel,
  LOG_LEVEL: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent').default('info'),
  LOG_FORMAT: oneOf('json', 'pretty').default(() => (terminal() ? 'pretty' : 'json')),
});

export const agentVariables = z.object({
  SLIPWAY_URL: url('http:', 'https:').default('http://127.0.0.1:4000'),
  SLIPWAY_AGENT_TOKEN: secret(16),
  SLIPWAY_AGENT_NAME: z.string().min(1).max(100).optional(),
  SLIPWAY_AGENT_LABELS: z
    .string()
    .default('')
    .transform((text, context) => parseLabels(text, (message) => context.addIssue({ code: 'custom', message }))),
  SLIPWAY_AGENT_SLOTS: integer(1, 1000).default(2),
  SLIPWAY_AGENT_DIR: z
    .string()
    .min(1)
    .default('.slipway/agent')
    .transform((path) => resolve(path)),
  SLIPWAY_AGENT_WORKING_DIRS: z
    .string()
    .refine(
      (text) => text === 'none' || text.split(':').every((path) => path.startsWith('/')),
      'must be "none", or absolute paths separated by ":"',
    )
    .transform((text) => (text === 'none' ? [] : text.split(':')))
    .nullable()
    .default(null),
  SLIPWAY_AGENT_CONTAINER_RUNTIME: oneOf('auto', 'podman', 'docker', 'kubernetes', 'none').default('auto'),
  SLIPWAY_AGENT_CONTAINER_COMMAND: listOfWords(/\s+/),
  SLIPWAY_AGENT_CONTAINER_ARGUMENTS: listOfWords(/\s+/),
  SLIPWAY_AGENT_CONTAINER_ALLOW: z
    .string()
    .default('')
    .refine(
      (text) => text === '' || text.split(',').every((one) => /^(?:option|network|mount)=./.test(one.trim())),
      'must be like option=privileged,network=host,mount=/srv/cache',
    )
    .transform((text) => {
      const all = text.split(',').map((one) => one.trim());
      const of = (kind: string) => all.flatMap((one) => (one.startsWith(`${kind}=`) ? one.slice(kind.length + 1) : []));
      return { options: of('option'), networks: of('network'), mounts: of('mount') };
    }),
  SLIPWAY_AGENT_GIT_PROTOCOLS: listOfWords(/[\s,]+/, 'https,ssh'),
  ...otel,
  LOG_LEVEL: serverVariables.shape.LOG_LEVEL,
  LOG_FORMAT: serverVariables.shape.LOG_FORMAT,
});

/** Variables of the program that runs containers as pods. Kubernetes sets those without the prefix in every pod. */
export const podVariables = z.object({
  KUBERNETES_SERVICE_HOST: z.string().optional(),
  KUBERNETES_SERVICE_PORT: z.string().default('443'),
  HOSTNAME: z.string().optional(),
  SLIPWAY_AGENT_KUBERNETES_URL: z.url().optional(),
  SLIPWAY_AGENT_KUBERNETES_ACCOUNT: z.string().default('/var/run/secrets/kubernetes.io/serviceaccount'),
  SLIPWAY_AGENT_POD_NAME: z.string().optional(),
  SLIPWAY_AGENT_POD_NAMESPACE: z.string().optional(),
});

export const cliVariables = z.object({
  SLIPWAY_URL: agentVariables.shape.SLIPWAY_URL,
  SLIPWAY_API_KEY: z.string().min(1).optional(),
  SLIPWAY_ADMIN_KEY: serverVariables.shape.SLIPWAY_ADMIN_KEY,
  SLIPWAY_DATA_DIR: serverVariables.shape.SLIPWAY_DATA_DIR,
  SLIPWAY_ID_TOKEN: z.string().min(1).optional(),
  SLIPWAY_ID_TOKEN_AUDIENCE: z.string().min(1).optional(),
  ACTIONS_ID_TOKEN_REQUEST_URL: url('http:', 'https:').optional(),
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: z.string().min(1).optional(),
  GITHUB_ACTIONS: z.string().optional(),
  GITHUB_ENV: z.string().min(1).optional(),
  GITHUB_OUTPUT: z.string().min(1).optional(),
  GITHUB_STEP_SUMMARY: z.string().min(1).optional(),
});

export type ServerConfig = Readonly<z.infer<typeof serverVariables>>;
export type AgentConfig = Readonly<z.infer<typeof agentVariables>>;
export type PodConfig = Readonly<z.infer<typeof podVariables>>;
export type CliConfig = Readonly<z.infer<typeof cliVariables>>;
type Environment = Readonly<Record<string, string | undefined>>;

/** Thrown with one line for each bad value. */
export class ConfigError extends StartError {}

export const readServerConfig = (environment: Environment = process.env): ServerConfig =>
  read(serverVariables, environment);

export const readAgentConfig = (environment: Environment = process.env): AgentConfig =>
  read(agentVariables, environment);

export const readPodConfig = (environment: Environment = process.env): PodConfig => read(podVariables, environment);

export const readCliConfig = (environment: Environment = process.env): CliConfig => read(cliVariables, environment);

/** File in which the demo keeps the administrator's key of its server, readable by this user only. */
export const demoKeyFile = (dataDir: string): string => join(dataDir, 'demo', 'admin-key');

/** A warning for each variable that has Slipway's prefix, but that no program of Slipway reads. */
export function unknownVariables(environment: Environment = process.env): string[] {
  const prefix = 'SLIPWAY_';
  const known = [serverVariables, agentVariables, podVariables, cliVariables].flatMap(({ shape }) =>
    Object.keys(shape),
  );
  const unknown = Object.keys(environment).filter(
    (name) => name.startsWith(prefix) && environment[name] && !known.includes(name),
  );
  const endings = known.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  return unknown.sort().map((name) => {
    const near = nearest(name.slice(prefix.length), endings);
    return `${name} is set, but Slipway has no such variable${near === undefined ? '' : `; did you mean ${prefix}${near}?`}`;
  });
}

const SECRET = /KEY|TOKEN|SECRET|PASSWORD|HEADERS|^DATABASE_URL$|^EVENTS_URL$/;

/** Variables of a server that are set and not secret, so that another machine can be set up in the same way. */
export function visibleSettings(environment: Environment = process.env): Record<string, string> {
  const names = Object.keys(serverVariables.shape).filter((name) => !SECRET.test(name));
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = environment[name];
      return value === undefined || /\/\/[^/@]*@/.test(value) ? [] : [[name, value]];
    }),
  );
}

/** Environment for child processes, such as PATH and HOME. */
export const inheritedEnvironment = (): Readonly<NodeJS.ProcessEnv> => process.env;

function read<T extends z.ZodObject>(variables: T, environment: Environment): Readonly<z.infer<T>> {
  // An empty variable counts as unset, because compose files and CI systems pass missing values that way.
  const given = Object.fromEntries(Object.keys(variables.shape).map((name) => [name, environment[name] || undefined]));
  const result = variables.safeParse(given);
  const alone =
    given.SLIPWAY_OIDC_ISSUER !== undefined &&
    given.SLIPWAY_OIDC_AUDIENCE === undefined &&
    given.SLIPWAY_OIDC_CLIENT_ID === undefined;
  if (result.success && !alone) return Object.freeze(result.data);
  const lines = (result.error?.issues ?? []).map((issue) => {
    const name = String(issue.path[0]);
    const shown =
      given[name] === undefined
        ? 'is not set'
        : /KEY|TOKEN|SECRET|DATABASE_URL|EVENTS_URL|ENDPOINT/.test(name)
          ? 'is refused'
          : `is "${given[name]}"`;
    return `  ${name} ${shown}: ${issue.message}`;
  });
  if (alone)
    lines.push(
      '  SLIPWAY_OIDC_AUDIENCE is not set: without it or SLIPWAY_OIDC_CLIENT_ID, tokens that the issuer made for other programs would be accepted',
    );
  throw new ConfigError(
    `The configuration has ${lines.length === 1 ? 'an error' : `${lines.length} errors`}:\n${[...lines, ...unknownVariables(environment).map((line) => `  ${line}`)].join('\n')}`,
  );
}

function parseLabels(text: string, refuse: (message: string) => void): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  for (const part of text.split(',').map((item) => item.trim())) {
    if (part === '') continue;
    const [key, value, ...more] = part.split('=');
    if (!key || value === undefined || more.length > 0) refuse(`"${part}" is not key=value`);
    else labels[key] = value;
  }
  return labels;
}
