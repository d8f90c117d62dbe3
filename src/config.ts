import { resolve } from 'node:path';
import { z } from 'zod';

/**
 * The only reader of process.env. Everything is validated at once, so that a start with three bad values names all three.
 * The README's table lists the same variables; a test compares the two.
 */
const flag = z.enum(['true', 'false', '1', '0']).transform((value) => value === 'true' || value === '1');
const integer = (minimum: number, maximum: number) => z.coerce.number().int().min(minimum).max(maximum);
const url = (...protocols: string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
    message: `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  });

const terminal = () => process.stderr.isTTY === true;

export const serverVariables = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: integer(0, 65535).default(4000),
  DATABASE_URL: url('postgres:', 'postgresql:').optional(),
  DATABASE_POOL: integer(3, 500).default(20),
  SLIPWAY_DATA_DIR: z
    .string()
    .min(1)
    .default('.slipway')
    .transform((path) => resolve(path)),
  SLIPWAY_ADMIN_KEY: z.string().min(16, 'must have at least 16 characters').optional(),
  SLIPWAY_AGENT_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  SLIPWAY_OIDC_ISSUER: url('http:', 'https:').optional(),
  SLIPWAY_OIDC_AUDIENCE: z.string().min(1).optional(),
  SLIPWAY_OIDC_JWKS_URL: url('http:', 'https:').optional(),
  SLIPWAY_OIDC_GROUPS_CLAIM: z.string().min(1).optional(),
  SLIPWAY_OIDC_CLOCK_TOLERANCE_SECONDS: integer(0, 600).default(30),
  SLIPWAY_LEASE_SECONDS: integer(2, 3600).default(60),
  SLIPWAY_NOTIFY: flag.default(true),
  SLIPWAY_POLL_MS: integer(50, 60000).default(2000),
  SLIPWAY_EVENT_RETENTION_DAYS: integer(1, 36500).default(400),
  EVENTS_URL: url('nats:', 'tls:').optional(),
  SLIPWAY_MAX_ARTIFACT_BYTES: integer(1, Number.MAX_SAFE_INTEGER).default(10 * 1024 ** 3),
  SLIPWAY_MAX_LOG_BYTES: integer(1024, Number.MAX_SAFE_INTEGER).default(1024 ** 3),
  SLIPWAY_DRAIN_SECONDS: integer(0, 600).default(10),
  SLIPWAY_INTROSPECTION: flag.default(true),
  SLIPWAY_MAX_QUERY_DEPTH: integer(3, 1000).default(15),
  SLIPWAY_MAX_QUERY_COST: integer(100, Number.MAX_SAFE_INTEGER).default(500_000),
  SLIPWAY_RATE_PER_SECOND: integer(0, 1_000_000).default(50),
  SLIPWAY_RATE_BURST: integer(1, 1_000_000).default(200),
  SLIPWAY_MAX_SUBSCRIPTIONS: integer(1, 1_000_000).default(1_000),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  LOG_FORMAT: z.enum(['json', 'pretty']).default(() => (terminal() ? 'pretty' : 'json')),
});

export const agentVariables = z.object({
  SLIPWAY_URL: url('http:', 'https:').default('http://127.0.0.1:4000'),
  SLIPWAY_AGENT_TOKEN: z.string().min(16, 'must have at least 16 characters'),
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
  LOG_LEVEL: serverVariables.shape.LOG_LEVEL,
  LOG_FORMAT: serverVariables.shape.LOG_FORMAT,
});

export type ServerConfig = Readonly<z.infer<typeof serverVariables>>;
export type AgentConfig = Readonly<z.infer<typeof agentVariables>>;
type Environment = Readonly<Record<string, string | undefined>>;

/** Thrown with one line for each bad value. */
export class ConfigError extends Error {}

export const readServerConfig = (environment: Environment = process.env): ServerConfig =>
  read(serverVariables, environment);

export const readAgentConfig = (environment: Environment = process.env): AgentConfig =>
  read(agentVariables, environment);

/** What the programs that they start inherit: PATH, HOME and the like. */
export const inheritedEnvironment = (): Readonly<NodeJS.ProcessEnv> => process.env;

function read<T extends z.ZodObject>(variables: T, environment: Environment): Readonly<z.infer<T>> {
  // An empty variable means "not set": that is how compose files and CI systems pass what they do not have.
  const given = Object.fromEntries(Object.keys(variables.shape).map((name) => [name, environment[name] || undefined]));
  const result = variables.safeParse(given);
  const alone = given.SLIPWAY_OIDC_ISSUER !== undefined && given.SLIPWAY_OIDC_AUDIENCE === undefined;
  if (result.success && !alone) return Object.freeze(result.data);
  const lines = (result.error?.issues ?? []).map((issue) => {
    const name = String(issue.path[0]);
    const shown =
      given[name] === undefined
        ? 'is not set'
        : /KEY|TOKEN|DATABASE_URL|EVENTS_URL/.test(name)
          ? 'is refused'
          : `is "${given[name]}"`;
    return `  ${name} ${shown}: ${issue.message}`;
  });
  if (alone)
    lines.push(
      '  SLIPWAY_OIDC_AUDIENCE is not set: an issuer without it would let in tokens that were made for other programs',
    );
  throw new ConfigError(
    `The configuration has ${lines.length === 1 ? 'an error' : `${lines.length} errors`}:\n${lines.join('\n')}`,
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
