import 'reflect-metadata';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import pc from 'picocolors';
import {
  ConfigError,
  demoKeyFile,
  inheritedEnvironment,
  readServerConfig,
  type ServerConfig,
  unknownVariables,
} from '../kernel/config';
import { newSecret } from '../kernel/ids';
import { createLog } from '../kernel/log';
import { startServer } from '../composition/server';
import { startAgent } from './agentProcess';
import { GraphqlClient } from './graphqlClient';
import type { Place } from './place';
import { isFree } from './ports';
import { releaseShop } from './releaseShop';
import { restoreShop } from './restoreShop';
import { resumeOrders } from './resumeOrders';

/**
 * The main job on real input: a server with its own database, two agents as processes of their own, and the application in examples/shop that is built, tested,
 * deployed to staging, approved and deployed to production; then the one in examples/resume, which fails and goes on. All of it goes through the public API; what you see here any client can do.
 */
const print = (line = ''): void => {
  process.stdout.write(`${line}\n`);
};
const root = resolve(__dirname, '../../..');

async function main(): Promise<void> {
  const { exit } = new Command('npm run demo --')
    .description('Runs the example application from end to end, then keeps serving.')
    .option('--exit', 'end when the release is done, instead of serving')
    .parse()
    .opts<{ exit?: boolean }>();
  const config = await demoConfig();
  const log = createLog({ level: config.LOG_LEVEL, pretty: config.LOG_FORMAT === 'pretty' });
  for (const line of unknownVariables()) log.warn(line);

  print(`\n${pc.bold('Slipway')}: a pipeline from its sources to production, on this machine\n`);
  print(pc.dim(`  data folder ${config.SLIPWAY_DATA_DIR}`));
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (let next = stops.pop(); next !== undefined; next = stops.pop()) await next();
  };
  const interrupted = new Promise<never>((_resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => reject(new Interrupted(signal)));
  });
  interrupted.catch(() => undefined);
  try {
    const server = await startServer(config, log);
    stops.push(() => server.stop());
    print(
      `${pc.green('✓')} server with ${config.DATABASE_URL ? 'the database of DATABASE_URL' : 'an embedded PostgreSQL'} at ${pc.cyan(server.url)}`,
    );

    const apiKey = config.SLIPWAY_ADMIN_KEY ?? '';
    const client = new GraphqlClient(server.url, apiKey);
    stops.push(() => client.close());
    const token = await agentToken(client);
    const agents = ['agent-1', 'agent-2'].map((name, index) =>
      startAgent({
        name,
        url: server.url,
        token,
        labels: `demo=true,zone=${index === 0 ? 'a' : 'b'}`,
        dataDir: config.SLIPWAY_DATA_DIR,
      }),
    );
    for (const agent of agents) stops.push(() => agent.stop());
    print(
      `${pc.green('✓')} two agents as processes of their own ${pc.dim(agents.map((agent) => `${agent.name}: pid ${agent.pid}`).join(', '))}`,
    );

    const target = join(config.SLIPWAY_DATA_DIR, 'demo', 'target');
    const failed = [
      server.failed.then(() => new Promise<never>(() => undefined)),
      ...agents.map((agent) => agent.failed),
      interrupted,
    ];
    const atEnd: Place['atEnd'] = (work) => void stops.push(work);
    await Promise.race([runSteps(client, { root, url: server.url, target, print, atEnd }), ...failed]);

    print(`\n${pc.bold('Look around')}`);
    print(`  GraphiQL   ${pc.cyan(`${server.url}/graphql`)}`);
    print(`  API key    ${pc.green(apiKey)}`);
    const slipway = `npx slipway runs${server.url === 'http://127.0.0.1:4000' ? '' : ` --url ${server.url}`}`;
    print(`  terminal   ${pc.cyan(slipway)} ${pc.dim('in another one; it finds the key by itself')}`);
    print(`  agent logs ${agents.map((agent) => agent.logFile).join(', ')}`);
    print(pc.dim(`  what was deployed stays up; to stop it: node examples/shop/scripts/stop.mjs ${target}`));
    if (!exit) {
      print(`\nServing. ${pc.dim('Ctrl-C stops the server and the agents.')}`);
      await Promise.race(failed);
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    print(`\n${error.message}: stopping`);
  } finally {
    await stop();
  }
}

class Interrupted extends Error {}

/** What the demo shows, one after the other. */
async function runSteps(client: GraphqlClient, place: Place): Promise<void> {
  for (const step of [releaseShop, restoreShop, resumeOrders]) await step(client, place);
}

/** The server's configuration, with what a demo may choose by itself: a key that stays the same, a free port, and little log. */
async function demoConfig(): Promise<ServerConfig> {
  const environment = inheritedEnvironment();
  const config = readServerConfig({ ...environment, LOG_LEVEL: environment.LOG_LEVEL ?? 'warn' });
  const port = environment.PORT === undefined && !(await isFree(config.PORT, config.HOST)) ? 0 : config.PORT;
  if (port === 0 && config.PORT !== 0) print(pc.yellow(`  port ${config.PORT} is taken; using a free one`));
  return { ...config, PORT: port, SLIPWAY_ADMIN_KEY: config.SLIPWAY_ADMIN_KEY ?? keptKey(config.SLIPWAY_DATA_DIR) };
}

function keptKey(dataDir: string): string {
  const file = demoKeyFile(dataDir);
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  mkdirSync(dirname(file), { recursive: true });
  const key = `demo-${newSecret()}`;
  writeFileSync(file, `${key}\n`, { mode: 0o600 });
  return key;
}

async function agentToken(client: GraphqlClient): Promise<string> {
  const { createAgentToken } = await client.ask<{ createAgentToken: { value: string } }>(
    'mutation { createAgentToken(input: {name: "demo"}) { value } }',
  );
  return createAgentToken.value;
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    const known = error instanceof ConfigError;
    process.stderr.write(
      `\n${pc.red('The demo failed.')} ${known ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exit(1);
  },
);
