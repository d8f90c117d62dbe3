import { ProtocolAgent } from './protocolAgent';
import { Runs } from './runs';
import { startTestServer, type TestServer } from './server';

/** A server with its own database, an agent that the test controls, and helpers for runs. */
export interface World {
  readonly server: TestServer;
  readonly runs: Runs;
  readonly agent: ProtocolAgent;
}

export interface WorldOptions {
  /** Settings of the server. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Null registers no agent. */
  readonly agent?: Parameters<typeof ProtocolAgent.register>[1] | null;
  /** Application whose workflows and pipelines `runs` starts. */
  readonly application?: string;
}

/**
 * A server for a file or a `describe`: starts before the first test and stops after the last. The object exists
 * immediately and is filled at the start, so that helpers can refer to it.
 */
export function testServer(environment: Readonly<Record<string, string>> = {}): TestServer {
  const server = {} as TestServer;
  beforeAll(async () => {
    Object.assign(server, await startTestServer(environment));
  });
  // A failed start leaves nothing to stop.
  afterAll(() => server.stop?.());
  return server;
}

/** A world for a file or a `describe`, with these documents applied. */
export function testWorld(definitions: string, { environment, agent: options, application }: WorldOptions = {}): World {
  const server = testServer(environment);
  const runs = new Runs(server, application);
  const agent: ProtocolAgent = Object.create(ProtocolAgent.prototype);
  beforeAll(async () => {
    await runs.apply(definitions);
    if (options !== null) Object.assign(agent, await ProtocolAgent.register(server.url, options));
  });
  return { server, runs, agent };
}
