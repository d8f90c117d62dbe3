import { createHmac } from 'node:crypto';
import { RotateTriggerWebhookDocument, ShowTriggerDocument } from '../../../src/client/generated';
import { APP } from '../../support/runs';
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
});
