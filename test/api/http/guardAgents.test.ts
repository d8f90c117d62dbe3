import { AgentGuard } from '../../../src/api/http/guards';
import { localCounts } from '../../../src/kernel/database/sharedCounts';
import { Refusal } from '../../../src/kernel/errors';
import { ProtocolAgent } from '../../support/protocolAgent';
import { testServer } from '../../support/world';

describe('limits for agents', () => {
  const clock = { at: 0, now: () => new Date(clock.at) };
  const codeOf = async (work: () => unknown) => {
    try {
      await work();
      return 'OK';
    } catch (error) {
      return error instanceof Refusal ? error.code : String(error);
    }
  };

  it('limits each token, and an address to twenty times as much', async () => {
    const guard = new AgentGuard(2, { clock, counts: localCounts });
    const ask = (token: string, address = '10.0.0.1') => codeOf(() => guard.admit(token, address));
    for (let n = 0; n < 8; n++) expect(await ask('one')).toBe('OK');
    expect(await ask('one')).toBe('RATE_LIMITED');
    for (let n = 0; n < 19 * 8 - 1; n++) expect(await ask(`token ${n}`)).toBe('OK');
    expect(await ask('fresh')).toBe('RATE_LIMITED');
    expect(await ask('fresh', '10.0.0.2')).toBe('OK');
    clock.at += 500;
    expect([await ask('one'), await ask('one')]).toEqual(['OK', 'RATE_LIMITED']);
  });

  it('slows down callers that guess tokens, but not valid tokens', async () => {
    const guard = new AgentGuard(0, { clock, counts: localCounts });
    const ask = (token: string) =>
      codeOf(() =>
        guard.judge(token, '10.0.0.1', async () => {
          if (!token.startsWith('valid')) throw new Refusal('UNAUTHENTICATED', 'no');
        }),
      );
    expect(await ask('valid-1')).toBe('OK');
    for (let n = 0; n < 10; n++) expect(await ask(`guess-${n}`)).toBe('UNAUTHENTICATED');
    expect([await ask('guess'), await ask('valid-1'), await ask('valid-2')]).toEqual([
      'RATE_LIMITED',
      'OK',
      'RATE_LIMITED',
    ]);
  });
});

describe('agents', () => {
  const server = testServer({ SLIPWAY_AGENT_RATE_PER_SECOND: '5' });

  it('are audited when they register, without their tokens', async () => {
    const agent = await ProtocolAgent.register(server.url, { name: 'builder', labels: { os: 'linux' } });
    const records = await server.app.database.rows<{ action: string; name: string; text: string }>(
      `SELECT action, object_name AS name, record::text AS text FROM audit_record record WHERE object_kind = 'agent' AND object_id = $1`,
      [agent.id],
    );
    expect(records).toMatchObject([{ action: 'agent.register', name: 'builder' }]);
    expect(records[0]?.text).toContain('os=linux');
    expect(records[0]?.text).not.toMatch(/swa_|swr_|secretHash/);
  });

  it('must wait if they send too many requests or guess tokens', async () => {
    const agent = await ProtocolAgent.register(server.url);
    const replies = await Promise.all(Array.from({ length: 40 }, () => agent.post('claim', { slots: 1, waitMs: 0 })));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([204, 429]));
    const register = (token: string) =>
      fetch(`${server.url}/agent/v1/register`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'x', slots: 1 }),
      });
    for (let n = 0; n < 10; n++) expect((await register(`swr_guess-${n}`)).status).toBe(401);
    const locked = await register('swr_guess');
    expect(locked.status).toBe(429);
    expect(Number(locked.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});
