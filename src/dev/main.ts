import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import pc from 'picocolors';
import { ConfigError, demoKeyFile, inheritedEnvironment, readServerConfig, unknownVariables } from '../kernel/config';
import { newSecret } from '../kernel/ids';
import { onStopSignal } from '../kernel/signals';
import { Client } from '../client/client';
import { CreateAgentTokenDocument } from '../client/generated';
import type { Place } from './place';
import { isFree } from './ports';
import { startProgram } from './programs';
import { releaseShop } from './releaseShop';
import { restoreShop } from './restoreShop';
import { resumeOrders } from './resumeOrders';

/**
 * Runs the examples from end to end with a server, an embedded database and two agents, each in its own process.
 * examples/shop is built, tested, deployed to staging, approved, deployed to production, broken and restored;
 * examples/resume fails and is resumed. The demo uses only the public API, so any client can do the same.
 */
const print = (line = ''): void => {
  process.stdout.write(`${line}\n`);
};
const root = resolve(__dirname, '../../..');

async function main(): Promise<void> {
  const { exit } = new Command('slipway demo')
    .description('Runs the examples from end to end, then keeps serving.')
    .option('--exit', 'exit at the end instead of serving')
    .parse()
    .opts<{ exit?: boolean }>();
  const config = await demoConfig();
  for (const line of unknownVariables()) print(pc.yellow(line));

  print(`\n${pc.bold('Slipway')}: a pipeline from its sources to production, on this machine\n`);
  print(pc.dim(`  data folder ${config.dataDir}`));
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (let next = stops.pop(); next !== undefined; next = stops.pop()) await next();
  };
  const interrupted = new Promise<never>((_resolve, reject) => {
    onStopSignal((count, signal) => {
      if (count > 1) process.exit(1);
      reject(new Interrupted(signal));
    });
  });
  interrupted.catch(() => undefined);
  try {
    const { dataDir, adminKey } = config;
    const server = startProgram({ name: 'server', program: 'main.js', dataDir, environment: config.environment });
    stops.push(() => server.stop());
    const url = await Promise.race([server.prints(/http:\S+(?=\/graphql)/), interrupted]);
    print(`  ${pc.bold('Console')}    ${pc.cyan(`${url}/`)} ${pc.dim('watch there what happens here')}`);
    print(`  sign in    ${pc.green(adminKey)} ${pc.dim('as API key')}\n`);
    print(`${pc.green('✓')} server with ${config.database} at ${pc.cyan(url)} ${pc.dim(`pid ${server.pid}`)}`);

    const client = new Client(url, adminKey);
    const { createAgentToken } = await client.ask(CreateAgentTokenDocument, { name: 'demo' });
    const agents = ['agent-1', 'agent-2'].map((name, index) => {
      const environment = {
        SLIPWAY_URL: url,
        SLIPWAY_AGENT_TOKEN: createAgentToken.value,
        SLIPWAY_AGENT_NAME: name,
        SLIPWAY_AGENT_LABELS: `demo=true,zone=${index === 0 ? 'a' : 'b'}`,
        SLIPWAY_AGENT_SLOTS: '2',
        SLIPWAY_AGENT_DIR: join(dataDir, 'demo', name),
        LOG_FORMAT: 'json',
      };
      return startProgram({ name, program: 'agent/main.js', dataDir, environment });
    });
    for (const agent of agents) stops.push(() => agent.stop());
    print(`${pc.green('✓')} two agents ${pc.dim(agents.map((agent) => `${agent.name}: pid ${agent.pid}`).join(', '))}`);

    const target = join(dataDir, 'demo', 'target');
    const failed = [...[server, ...agents].map((program) => program.failed), interrupted];
    const atEnd: Place['atEnd'] = (work) => void stops.push(work);
    await Promise.race([runSteps(client, { root, url, target, print, atEnd }), ...failed]);

    const logs = [server, ...agents].map(({ logFile }) => logFile).join(', ');
    const toStop = pc.dim(
      `  deployed services keep running; to stop them: node ${shown('examples/shop/scripts/stop.mjs')} ${shown(target)}`,
    );
    if (exit)
      print(
        `\n${pc.bold('Done')}: the server and the agents stop; without --exit, the demo keeps them.\n  logs       ${logs}\n${toStop}`,
      );
    else {
      print(`\n${pc.bold('Look around')}`);
      print(`  console    ${pc.cyan(`${url}/`)}`);
      print(`  GraphiQL   ${pc.cyan(`${url}/graphql`)}`);
      print(`  API key    ${pc.green(adminKey)}`);
      const slipway = `npx slipway runs${url === 'http://127.0.0.1:4000' ? '' : ` --url ${url}`}`;
      print(`  terminal   ${pc.cyan(slipway)} ${pc.dim('in another terminal; it finds the key on its own')}`);
      print(`  logs       ${logs}`);
      print(toStop);
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

/** Quotes a path for a shell if necessary. */
const shown = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);

class Interrupted extends Error {}

/** The parts of the demo, in order. */
async function runSteps(client: Client, place: Place): Promise<void> {
  for (const step of [releaseShop, restoreShop, resumeOrders]) await step(client, place);
}

interface DemoConfig {
  readonly dataDir: string;
  readonly adminKey: string;
  readonly database: string;
  /** Environment of the server. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The server's configuration with the demo's defaults: a stable key, a free port, and a short log. */
async function demoConfig(): Promise<DemoConfig> {
  const environment = inheritedEnvironment();
  const config = readServerConfig(environment);
  const port = environment.PORT === undefined && !(await isFree(config.PORT, config.HOST)) ? 0 : config.PORT;
  if (port === 0 && config.PORT !== 0) print(pc.yellow(`  port ${config.PORT} is in use; using a free port`));
  const adminKey = config.SLIPWAY_ADMIN_KEY ?? keptKey(config.SLIPWAY_DATA_DIR);
  return {
    dataDir: config.SLIPWAY_DATA_DIR,
    adminKey,
    database: config.DATABASE_URL ? 'the database of DATABASE_URL' : 'an embedded PostgreSQL',
    environment: {
      LOG_LEVEL: environment.LOG_LEVEL ?? 'warn',
      PORT: String(port),
      SLIPWAY_ADMIN_KEY: adminKey,
      SLIPWAY_DATA_DIR: config.SLIPWAY_DATA_DIR,
    },
  };
}

function keptKey(dataDir: string): string {
  const file = demoKeyFile(dataDir);
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  mkdirSync(dirname(file), { recursive: true });
  const key = `demo-${newSecret()}`;
  writeFileSync(file, `${key}\n`, { mode: 0o600 });
  return key;
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
