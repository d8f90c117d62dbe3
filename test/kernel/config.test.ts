import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  agentVariables,
  ConfigError,
  cliVariables,
  podVariables,
  readAgentConfig,
  readServerConfig,
  serverVariables,
  unknownVariables,
} from '../../src/kernel/config';
import { eventually } from '../support/eventually';
import { startProcess } from '../support/processes';

const root = join(__dirname, '../..');
const token = 'a-registration-token';

function problemsOf(readConfig: () => unknown): string {
  try {
    readConfig();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

describe('the configuration', () => {
  it('has defaults for everything that a server needs', () => {
    expect(readServerConfig({})).toMatchObject({
      HOST: '127.0.0.1',
      PORT: 4000,
      SLIPWAY_DATA_DIR: resolve('.slipway'),
      SLIPWAY_NOTIFY: true,
    });
    expect(readServerConfig({ PORT: '', DATABASE_URL: '' })).toEqual(readServerConfig({}));
  });

  it('can’t be changed once it is read', () => {
    expect(Object.isFrozen(readServerConfig({}))).toBe(true);
    expect(Object.isFrozen(readAgentConfig({ SLIPWAY_AGENT_TOKEN: token }))).toBe(true);
  });

  it('is rejected with all invalid values named together', () => {
    const bad = {
      PORT: '70000',
      DATABASE_URL: 'mysql://root:hunter2@localhost',
      DATABASE_POOL: 'many',
      SLIPWAY_ADMIN_KEY: 'hunter2',
      SLIPWAY_AGENT_TOKEN: 'short',
      SLIPWAY_SECRET_KEY: 'hunter2',
      SLIPWAY_LEASE_SECONDS: '0',
      SLIPWAY_NOTIFY: 'maybe',
      SLIPWAY_POLL_MS: '1',
      SLIPWAY_MAX_ARTIFACT_BYTES: '-1',
      SLIPWAY_MAX_LOG_BYTES: '1.5',
      SLIPWAY_DRAIN_SECONDS: 'x',
      LOG_LEVEL: 'loud',
      LOG_FORMAT: 'xml',
    };
    const message = problemsOf(() => readServerConfig(bad));
    expect(message).toContain(`has ${Object.keys(bad).length} errors`);
    expect(
      message
        .split('\n')
        .slice(1)
        .map((line) => line.trim().split(' ')[0]),
    ).toEqual(Object.keys(bad));
    expect(message).toContain('PORT is "70000"');
    // Errors go to logs and screens.
    expect(message).not.toContain('hunter2');
  });

  it('of an agent is rejected in the same way', () => {
    const bad = { SLIPWAY_URL: 'ftp://x', SLIPWAY_AGENT_LABELS: 'os=linux,zone', SLIPWAY_AGENT_SLOTS: '0' };
    const message = problemsOf(() => readAgentConfig(bad));
    for (const name of Object.keys(bad)) expect(message).toContain(`${name} is "`);
    expect(message).toContain('SLIPWAY_AGENT_TOKEN is not set');
    expect(message).toContain('"zone" is not key=value');
  });

  it('explains in words what a value must be', () => {
    const bad = {
      PORT: 'abc',
      DATABASE_POOL: '1',
      SLIPWAY_MAX_LOG_BYTES: '-1.5',
      SLIPWAY_NOTIFY: 'yes',
      LOG_LEVEL: 'loud',
    };
    const lines = problemsOf(() => readServerConfig(bad)).split('\n');
    expect(lines.slice(1).map((line) => line.trim())).toEqual([
      'PORT is "abc": must be a whole number, 0 to 65535',
      'DATABASE_POOL is "1": must be a whole number, 3 to 500',
      'SLIPWAY_NOTIFY is "yes": must be true or false',
      'SLIPWAY_MAX_LOG_BYTES is "-1.5": must be a whole number, 1024 or more',
      'LOG_LEVEL is "loud": must be one of trace, debug, info, warn, error, fatal and silent',
    ]);
    expect(problemsOf(() => readAgentConfig({}))).toContain('SLIPWAY_AGENT_TOKEN is not set: must be given');
  });

  it('suggests the variable that was probably meant', () => {
    const odd = { SLIPWAY_ADMN_KEY: 'x', SLIPWAY_FOO: '1', SLIPWAY_EMPTY: '', SLIPWAY_AGENT_SLOTS: '1', OTHER: '1' };
    expect(unknownVariables(odd)).toEqual([
      'SLIPWAY_ADMN_KEY is set, but Slipway has no such variable; did you mean SLIPWAY_ADMIN_KEY?',
      'SLIPWAY_FOO is set, but Slipway has no such variable',
    ]);
    expect(problemsOf(() => readAgentConfig({ SLIPWAY_AGENT_TOKN: token }))).toContain(
      'did you mean SLIPWAY_AGENT_TOKEN?',
    );
  });

  it('starts with a misspelled variable, and warns', async () => {
    const agent = startProcess('agent/main.js', {
      SLIPWAY_URL: 'http://127.0.0.1:9',
      SLIPWAY_AGENT_TOKEN: token,
      SLIPWAY_AGENT_SLOT: '1',
      LOG_FORMAT: 'json',
    });
    await eventually(agent.output, (text) => text.includes('did you mean SLIPWAY_AGENT_SLOTS?'));
    await agent.end('SIGKILL');
  });

  it('accepts labels as key=value', () => {
    const labels = (text: string) =>
      readAgentConfig({ SLIPWAY_AGENT_TOKEN: token, SLIPWAY_AGENT_LABELS: text }).SLIPWAY_AGENT_LABELS;
    expect(labels('os=linux, zone=a,')).toEqual({ os: 'linux', zone: 'a' });
    expect(labels('')).toEqual({});
  });
});

/** Kubernetes sets the others. */
const clusterVariables = podVariables.omit({
  KUBERNETES_SERVICE_HOST: true,
  KUBERNETES_SERVICE_PORT: true,
  HOSTNAME: true,
});

describe('docs/configuration.md', () => {
  const text = readFileSync(join(root, 'docs/configuration.md'), 'utf8');

  it.each([
    ['Server', serverVariables],
    ['Agent', agentVariables],
    ['Agent in a cluster', clusterVariables],
    ['Command line', cliVariables],
  ] as const)('lists the variables of the %s with their defaults', (title, variables) => {
    const table = text.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';
    const rows = [...table.matchAll(/^\| `(\w+)` \| (.+?) \| (.+?) \|$/gm)];
    expect(rows.map(([, name, given]) => [name, given])).toEqual(defaultsOf(variables));
  });
});

describe('docker/', () => {
  const read = (name: string) => readFileSync(join(root, 'docker', name), 'utf8');
  const { services } = parse(read('compose.yaml')) as {
    services: Record<string, { environment: Record<string, string> }>;
  };

  it.each([
    ['server', serverVariables],
    ['agent', agentVariables],
  ] as const)('sets only variables that the %s reads', (service, variables) => {
    const inImage = [...read(`${service}.Dockerfile`).matchAll(/^(?:ENV| {4}) ?([A-Z_]+)=/gm)].map(
      ([, name]) => name ?? '',
    );
    const set = [...inImage, ...Object.keys(services[service]?.environment ?? {})];
    expect(inImage).toContain(service === 'server' ? 'SLIPWAY_DATA_DIR' : 'SLIPWAY_AGENT_DIR');
    expect(set.filter((name) => !(name in variables.shape) && !name.startsWith('NODE_'))).toEqual([]);
  });

  it.each([
    ['server', serverVariables],
    ['agent', agentVariables],
  ] as const)('passes on everything that the %s can be told', (service, variables) => {
    // Set in the image, or the address of another service.
    const own = ['HOST', 'PORT', 'SLIPWAY_DATA_DIR', 'DATABASE_URL', 'SLIPWAY_AGENT_DIR', 'SLIPWAY_URL'];
    const { environment = {} } = services[service] ?? {};
    const told = Object.keys(variables.shape).filter((name) => !own.includes(name));
    expect(told.filter((name) => !environment[name]?.startsWith(`\${${name}:`))).toEqual([]);
  });

  it('contains no secret', () => {
    const secrets = Object.values(services).flatMap(({ environment }) =>
      Object.entries(environment).filter(([name]) => /PASSWORD|KEY|TOKEN|DATABASE_URL/.test(name)),
    );
    expect(secrets.length).toBe(9);
    for (const [name, value] of secrets) {
      expect([name, value]).toEqual([
        name,
        expect.stringMatching(/^(postgres:\/\/slipway:)?\$\{SLIPWAY_\w+:(\?[^}]+|-)\}(@|$)/),
      ]);
    }
  });
});

/** As the page writes them. The default that depends on the terminal is described instead. */
function defaultsOf(variables: z.ZodObject): [string, string][] {
  const { properties = {}, required = [] } = z.toJSONSchema(variables, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).map(([name, property]) => {
    // As written in the environment; where the schema can't express that, as the program sees it.
    const input = typeof property === 'object' ? property.default : undefined;
    const given = input ?? variables.shape[name]?.safeParse(undefined).data;
    if (name === 'LOG_FORMAT') return [name, '`pretty` on a terminal, else `json`'];
    if (required.includes(name)) return [name, 'required'];
    return [name, given === undefined || given === null || given === '' ? '–' : `\`${given}\``];
  });
}
