import { createHmac } from 'node:crypto';
import { request } from 'node:http';
import { RotateTriggerWebhookDocument, ShowTriggerDocument } from '../../../src/client/generated';
import { fireTriggers } from '../../../src/runs/triggers/fireTriggers';
import { startServerProcess } from '../../support/processes';
import { APP } from '../../support/runs';
import { testEnvironment } from '../../support/server';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: check
tasks: { look: { run: "true" } }
---
kind: Trigger
application: app
name: push
on: { webhook: { provider: GITHUB } }
start: { workflow: check }
---
kind: Trigger
application: app
name: tick
on: { schedule: { cron: "0 0 1 1 *", time_zone: UTC } }
start: { workflow: check }
`;

const github = (secret: string, body: string, delivery: string) => ({
  'content-type': 'application/json',
  'x-github-event': 'push',
  'x-github-delivery': delivery,
  'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
});

describe('webhooks', () => {
  const { server, runs } = testWorld(DEFINITIONS, { agent: null });
  let path: string;
  let secret: string;
  let triggerId: string;
  beforeAll(async () => {
    // Firings are carried out when a test asks for it.
    await server.sweeper.pause();
    const { applicationId } = await runs.ids('workflow', 'check');
    const { triggerByName } = await server.client.ask(ShowTriggerDocument, { applicationId, name: 'push', firings: 1 });
    const { condition } = triggerByName;
    triggerId = triggerByName.id;
    path = ('webhookDetails' in condition ? condition.webhookDetails?.webhookURL : undefined) ?? '';
    const rotated = await server.client.ask(RotateTriggerWebhookDocument, { input: { triggerId, secret: true } });
    secret = rotated.rotateTriggerWebhook.webhookSecret ?? '';
  });

  it('limits senders of bad signatures, unless they have sent a good one', async () => {
    const body = '{"ref":"refs/heads/storm"}';
    const bad = github('wrong', body, 's-1');
    const { now } = server.app.clock;
    const at = now();
    const clock = jest.spyOn(server.app.clock, 'now').mockReturnValue(at);
    const post = (to: string, headers: Record<string, string>) =>
      fetch(`${server.url}${to}`, { method: 'POST', body, headers });
    const statuses = async (count: number, next: (index: number) => string) => {
      const found: number[] = [];
      for (let index = 0; index < count; index++) found.push((await post(next(index), bad)).status);
      return found;
    };
    try {
      expect(new Set(await statuses(100, () => path))).toEqual(new Set([401]));
      const limited = await post(path, bad);
      expect(limited.status).toBe(429);
      expect(Object.fromEntries(limited.headers)).toMatchObject({
        ...{ 'retry-after': '1', 'x-request-id': expect.any(String), 'x-content-type-options': 'nosniff' },
      });
      expect(await limited.json()).toMatchObject({
        error: { code: 'RATE_LIMITED', retryable: true, retryAfterSeconds: 1 },
      });
      // With a body of unknown length, it reaches the route, which decides the same.
      const stream = new Blob([body]).stream();
      const streamed = await fetch(`${server.url}${path}`, {
        method: 'POST',
        body: stream,
        headers: bad,
        duplex: 'half',
      } as RequestInit);
      expect(streamed.status).toBe(429);
      // Guesses of addresses count together, and known addresses stay open to their sender.
      const guess = (index: number) => `/hooks/${String(index).padStart(43, 'g')}`;
      expect((await statuses(101, guess)).filter((status) => status === 404)).toHaveLength(100);
      expect((await post(path, bad)).status).toBe(429);
      clock.mockReturnValue(new Date(at.getTime() + 1000));
      expect((await statuses(9, () => path)).includes(429)).toBe(false);
      expect((await post(path, github(secret, body, 's-2'))).status).toBe(202);
      expect(new Set(await statuses(20, () => path))).toEqual(new Set([401]));
    } finally {
      clock.mockRestore();
    }
  });

  const started = (trigger: string) =>
    server.app.database.rows<{ status: string; executions: number }>(
      `SELECT f.status, (SELECT count(*)::int FROM execution e WHERE e.cause ->> 'firingId' = f.id::text) AS executions
       FROM trigger_firing f JOIN start_trigger t ON t.id = f.trigger_id WHERE t.name = $1 ORDER BY f.created_at DESC`,
      [trigger],
    );
  /** Carries out firings as the next server does, once the lease of the killed one has ended. */
  const carryOutLater = async () => {
    const later = new Date(Date.now() + 61_000);
    const clock = jest.spyOn(server.app.clock, 'now').mockReturnValue(later);
    try {
      await fireTriggers(server.app);
    } finally {
      clock.mockRestore();
    }
  };
  const doomed = (TEST_DIES_BEFORE: string) =>
    startServerProcess(
      { ...testEnvironment(server.databaseUrl, server.dataDir), LOG_LEVEL: 'info', TEST_DIES_BEFORE },
      'doomedServer',
    );
  const isKilled = ({ child }: Awaited<ReturnType<typeof doomed>>) =>
    new Promise((resolve) => {
      if (child.signalCode !== null) resolve(child.signalCode);
      else child.once('exit', (_code, signal) => resolve(signal));
    });

  it.each([
    ['before it stores the delivery', 'INSERT INTO trigger_firing', 'lost'],
    ['before it responds', '202', 'stored'],
    ['before it starts the execution', 'INSERT INTO execution_attempt', 'answered'],
    ['before it records the start', 'UPDATE trigger_firing SET status', 'answered'],
  ])(
    'starts one execution if the server is killed %s',
    async (moment, statement, outcome) => {
      const body = JSON.stringify({ ref: 'refs/heads/main', moment });
      const headers = github(secret, body, moment);
      const send = (url: string) => fetch(`${url}${path}`, { method: 'POST', body, headers });
      const killed = await doomed(statement);
      const response = await send(killed.url).catch(() => null);
      expect(response?.status ?? null).toBe(outcome === 'answered' ? 202 : null);
      expect(await isKilled(killed)).toBe('SIGKILL');
      // A sender repeats what was not answered, and may repeat the rest.
      const again = await send(server.url);
      expect(again.status).toBe(202);
      expect(await again.json()).toMatchObject({ duplicate: outcome !== 'lost' });
      await carryOutLater();
      expect((await started('push'))[0]).toEqual({ status: 'STARTED', executions: 1 });
      expect(await (await send(server.url)).json()).toMatchObject({ duplicate: true, status: 'STARTED' });
    },
    60_000,
  );

  it('starts one execution if the server is killed before it moves the schedule on', async () => {
    const killed = await doomed('UPDATE start_trigger SET next_at');
    await server.app.database.write("UPDATE start_trigger SET next_at = now() WHERE name = 'tick'");
    expect(await isKilled(killed)).toBe('SIGKILL');
    expect(await started('tick')).toEqual([]);
    await carryOutLater();
    expect(await started('tick')).toEqual([{ status: 'STARTED', executions: 1 }]);
  }, 60_000);

  // Last: its firings are later than those of the other tests.
  it('limits bad signatures from many addresses together, and lets in whoever has sent a good one', async () => {
    const body = '{"ref":"refs/heads/flood"}';
    const post = (localAddress: string, headers: Record<string, string>) =>
      new Promise<number | undefined>((resolve, reject) => {
        const sent = request(`${server.url}${path}`, { method: 'POST', localAddress, headers }, (response) =>
          response.resume().once('end', () => resolve(response.statusCode)),
        );
        sent.once('error', reject).end(body);
      });
    const at = new Date(Date.now() + 3_600_000);
    const clock = jest.spyOn(server.app.clock, 'now').mockReturnValue(at);
    try {
      expect(await post('127.0.0.2', github(secret, body, 'f-1'))).toBe(202);
      const bad = github('wrong', body, 'f-2');
      const flood = async (address: string) => {
        const found = await Promise.all(Array.from({ length: 90 }, () => post(address, bad)));
        return found.filter((status) => status === 401).length;
      };
      let refused = 0;
      for (let n = 3; n < 10; n++) refused += await flood(`127.0.0.${n}`);
      // Requests that arrive at the same moment are let in before the first of them is counted.
      expect(refused).toBeGreaterThanOrEqual(500);
      expect(refused).toBeLessThan(590);
      expect(await post('127.0.0.10', bad)).toBe(429);
      expect(await post('127.0.0.2', bad)).toBe(401);
      expect(await post('127.0.0.2', github(secret, body, 'f-3'))).toBe(202);
      clock.mockReturnValue(new Date(at.getTime() + 5000));
      expect(await post('127.0.0.10', github(secret, body, 'f-4'))).toBe(202);
    } finally {
      clock.mockRestore();
    }
  });
});
