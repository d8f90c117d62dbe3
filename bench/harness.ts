import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { readAgentConfig, readServerConfig } from '../src/kernel/config';
import { Client } from '../src/client/client';
import {
  ApplicationIdDocument,
  ApplyDefinitionsDocument,
  PipelineIdDocument,
  RunStatusDocument,
  StartExecutionDocument,
  WorkflowIdDocument,
} from '../src/client/generated';
import { type RunningServer, startServer } from '../src/composition/server';
import { type Place, quietLog } from './place';

export const KEY = 'bench-administrator-key';
export const ONE_TASK =
  'kind: Application\nname: bench\n---\nkind: Workflow\napplication: bench\nname: one\ntasks:\n  one: { run: "true" }\n';
export const TOKEN = 'bench-registration-token';

export interface Bench {
  readonly server: RunningServer;
  readonly client: Client;
  agentConfig(slots: number): ReturnType<typeof readAgentConfig>;
  close(): Promise<void>;
}

/** Settings of a server that is measured. Only rate limits are off. */
export const serverEnvironment = (folder: string, databaseUrl: string, port: number) => ({
  PORT: String(port),
  DATABASE_URL: databaseUrl,
  SLIPWAY_DATA_DIR: folder,
  SLIPWAY_ADMIN_KEY: KEY,
  SLIPWAY_AGENT_TOKEN: TOKEN,
  // One key and one address send requests as fast as they can; with a limit, the limit would be measured.
  SLIPWAY_RATE_PER_SECOND: '0',
  SLIPWAY_AGENT_RATE_PER_SECOND: '0',
  SLIPWAY_MAX_SUBSCRIPTIONS: '20000',
  LOG_LEVEL: 'error',
});

export const agentEnvironment = (url: string, folder: string, slots: number) => ({
  SLIPWAY_URL: url,
  SLIPWAY_AGENT_TOKEN: TOKEN,
  SLIPWAY_AGENT_NAME: 'bench',
  SLIPWAY_AGENT_SLOTS: String(slots),
  SLIPWAY_AGENT_DIR: join(folder, 'agent'),
  LOG_LEVEL: 'error',
});

/** A server in this process. */
export async function openBench(place: Place): Promise<Bench> {
  const dir = await mkdtemp(join(place.folder, 'bench-'));
  const config = readServerConfig(serverEnvironment(dir, await place.newDatabase(), 0));
  const server = await startServer(config, quietLog);
  const client = new Client(server.url, KEY);
  return {
    server,
    client,
    agentConfig: (slots) => readAgentConfig(agentEnvironment(server.url, dir, slots)),
    async close() {
      await server.stop();
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

export async function untilFinal({ client }: { readonly client: Client }, id: string): Promise<void> {
  for await (const _ of client.stream(RunStatusDocument, { id }));
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const row = (name: string, value: string): void => {
  process.stdout.write(`${name.padEnd(58)} ${value}\n`);
};
