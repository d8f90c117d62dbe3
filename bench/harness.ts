import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAgentConfig, readServerConfig } from '../src/kernel/config';
import { startEmbeddedPostgres } from '../src/kernel/embedded/embeddedPostgres';
import { Client } from '../src/client/client';
import {
  ApplicationIdDocument,
  ApplyDefinitionsDocument,
  PipelineIdDocument,
  RunStatusDocument,
  StartExecutionDocument,
  WorkflowIdDocument,
} from '../src/client/generated';
import { createLog } from '../src/kernel/log';
import { type RunningServer, startServer } from '../src/composition/server';

export const KEY = 'bench-administrator-key';
export const TOKEN = 'bench-registration-token';

export interface Bench {
  readonly server: RunningServer;
  readonly client: Client;
  agentConfig(slots: number): ReturnType<typeof readAgentConfig>;
  close(): Promise<void>;
}

/** Starts a server on its own durable embedded PostgreSQL (fsync on), or on BENCH_DATABASE_URL. */
export async function openBench(databaseUrl: string | undefined): Promise<Bench> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  const log = createLog({ level: 'error', pretty: false });
  const postgres =
    databaseUrl === undefined ? await startEmbeddedPostgres({ dataDir: join(dir, 'postgres'), log }) : undefined;
  const config = readServerConfig({
    PORT: '0',
    DATABASE_URL: databaseUrl ?? postgres?.url,
    SLIPWAY_DATA_DIR: dir,
    SLIPWAY_ADMIN_KEY: KEY,
    SLIPWAY_AGENT_TOKEN: TOKEN,
    // One key sends requests as fast as it can; with a limit, the limit would be measured.
    SLIPWAY_RATE_PER_SECOND: '0',
    SLIPWAY_MAX_SUBSCRIPTIONS: '10000',
    SLIPWAY_AGENT_RATE_PER_SECOND: '0',
    LOG_LEVEL: 'error',
  });
  const server = await startServer(config, log);
  const client = new Client(server.url, KEY);
  return {
    server,
    client,
    agentConfig: (slots) =>
      readAgentConfig({
        SLIPWAY_URL: server.url,
        SLIPWAY_AGENT_TOKEN: TOKEN,
        SLIPWAY_AGENT_NAME: 'bench',
        SLIPWAY_AGENT_SLOTS: String(slots),
        SLIPWAY_AGENT_DIR: join(dir, 'agent'),
        LOG_LEVEL: 'error',
      }),
    async close() {
      await server.stop();
      await postgres?.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export async function apply(client: Client, source: string): Promise<string> {
  await client.ask(ApplyDefinitionsDocument, { input: { source } });
  return (await client.ask(ApplicationIdDocument, { name: 'bench' })).applicationByName.id;
}

export async function start(
  client: Client,
  applicationId: string,
  kind: 'pipeline' | 'workflow',
  name: string,
): Promise<string> {
  const { id: entityId } =
    kind === 'pipeline'
      ? (await client.ask(PipelineIdDocument, { applicationId, name })).pipelineByName
      : (await client.ask(WorkflowIdDocument, { applicationId, name })).workflowByName;
  const executionType = kind === 'pipeline' ? 'PIPELINE' : 'WORKFLOW';
  const input = { applicationId, entityId, executionType } as const;
  return (await client.ask(StartExecutionDocument, { input })).startExecution.execution.id;
}

export async function untilFinal({ client }: Bench, id: string): Promise<void> {
  for await (const _ of client.stream(RunStatusDocument, { id }));
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const row = (name: string, value: string): void => {
  process.stdout.write(`${name.padEnd(58)} ${value}\n`);
};
