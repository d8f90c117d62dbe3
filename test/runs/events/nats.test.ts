import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { createTestDatabase } from '../../support/database';
import { eventually } from '../../support/eventually';
import { freePort } from '../../support/ports';
import { ProtocolAgent } from '../../support/protocolAgent';
import { APP, Runs } from '../../support/runs';
import { startTestServer, type TestServer } from '../../support/server';

/** Debian's package is nats-server; if it is missing, these tests report that they were skipped. */
const installed = spawnSync('nats-server', ['--version']).status === 0;
if (!installed) console.warn('nats-server is not installed: the tests of EVENTS_URL=nats://… are skipped');

(installed ? describe : describe.skip)('wake-ups through NATS', () => {
  let nats: ChildProcess;
  const servers: TestServer[] = [];
  let url: string;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    url = `nats://127.0.0.1:${port}/test`;
    nats = await startNats(port);
  });
  afterAll(async () => {
    for (const server of servers) await server.stop();
    nats.kill();
  });

  it('reach a watcher on another server long before its poll, even after a NATS outage', async () => {
    const database = await createTestDatabase();
    // Polls too rarely to help this test.
    const environment = { EVENTS_URL: url, SLIPWAY_POLL_MS: '60000' };
    const one = await startTestServer(environment, database.url);
    servers.push(one);
    const two = await startTestServer(environment, database.url);
    servers.push(two);
    await new Runs(one).apply(`${APP}
---
kind: Workflow
application: app
name: one
tasks: { only: { run: "true" } }
`);
    await watchedRun(one, two);
    nats.kill();
    await eventually(
      () => isOpen(port),
      (open) => !open,
    );
    nats = await startNats(port);
    await reconnected(one, two);
    await watchedRun(one, two);
    await Promise.all(servers.splice(0).map((server) => server.stop()));
    await database.drop();
  });
});

/** Waits until wake-ups pass again: the first one may be the one that a reconnect sends to everyone. */
async function reconnected(from: TestServer, to: TestServer): Promise<void> {
  const { wakeups } = to.app.database;
  const listener = wakeups.listen(['ping']);
  let heard = 0;
  const counting = (async () => {
    while (heard < 5) {
      await listener.wait(60_000);
      heard++;
    }
  })();
  await eventually(
    () => {
      from.app.database.wakeups.signal(['ping']);
      return heard;
    },
    (times) => times >= 5,
    { withinMs: 90_000, what: 'that wake-ups pass again' },
  );
  await counting;
  listener.close();
}

/** A run that one server starts and works on, watched to its end on the other. */
async function watchedRun(here: TestServer, there: TestServer): Promise<void> {
  const id = await new Runs(here).start('workflow', 'one');
  const watched = (async () => {
    const updates = there.client.watch<{ executionUpdated: { status: string } }>(
      'subscription ($id: ID!) { executionUpdated(executionId: $id) { status } }',
      { id },
    );
    let last = '';
    for await (const { executionUpdated } of updates) last = executionUpdated.status;
    return last;
  })();
  const agent = await ProtocolAgent.register(here.url);
  await agent.runOne();
  expect(await watched).toBe('SUCCESS');
}

async function startNats(port: number): Promise<ChildProcess> {
  const server = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  await eventually(
    () => isOpen(port),
    (open) => open,
    { what: 'nats-server' },
  );
  return server;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
