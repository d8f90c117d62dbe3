import { RateLimit } from '../../../src/api/http/rateLimit';
import { type SharedCounts, localCounts } from '../../../src/kernel/database/sharedCounts';
import { Refusal } from '../../../src/kernel/errors';
import { ADMIN_KEY, startTestServer, type TestServer } from '../../support/server';

describe('RateLimit', () => {
  const clock = { at: 0, now: () => new Date(clock.at) };
  /** Servers that share their counts, as on one database. */
  const servers = (count: number, rate: { perSecond: number; burst: number }) => {
    const together = localCounts('together', 3600);
    const reports: number[] = [];
    const counts: SharedCounts = () => ({
      penalty: (key, points = 1) => {
        reports.push(points);
        return together.penalty(key, points);
      },
    });
    return { reports, limits: Array.from({ length: count }, () => new RateLimit('test', rate, clock, counts)) };
  };
  const took = (limit: RateLimit | undefined): boolean => {
    try {
      limit?.take('caller');
      return true;
    } catch (error) {
      if (error instanceof Refusal && error.code === 'RATE_LIMITED') return false;
      throw error;
    }
  };
  /** Sends a request to each server in turn, with time for their reports. */
  const inTurn = async (limits: readonly RateLimit[], rounds: number): Promise<number> => {
    let taken = 0;
    for (let n = 0; n < rounds; n++) {
      for (const limit of limits) if (took(limit)) taken += 1;
      await new Promise(setImmediate);
    }
    return taken;
  };

  it('allows a burst, then the rate, and returns how long to wait', async () => {
    const { limits } = servers(1, { perSecond: 2, burst: 10 });
    expect(await inTurn(limits, 30)).toBe(10);
    expect(() => limits[0]?.take('caller')).toThrow('Try again in 1 s.');
    clock.at += 1_000;
    expect(await inTurn(limits, 30)).toBe(2);
    clock.at += 60_000;
    expect(await inTurn(limits, 30)).toBe(10);
  });

  it('counts a caller across servers, within a tenth of a burst per server', async () => {
    const { limits } = servers(3, { perSecond: 10, burst: 100 });
    const burst = await inTurn(limits, 100);
    expect(burst).toBeGreaterThanOrEqual(100);
    expect(burst).toBeLessThanOrEqual(130);
    let more = 0;
    for (let second = 0; second < 20; second++) {
      clock.at += 1_000;
      more += await inTurn(limits, 20);
    }
    expect(burst + more).toBeLessThanOrEqual(100 + 20 * 10 + 30);
    expect(burst + more).toBeGreaterThanOrEqual(100 + 20 * 10 - 30);
  });

  it('reports nothing for a slow caller, and a tenth of a burst at a time for a fast one', async () => {
    const { limits, reports } = servers(1, { perSecond: 50, burst: 200 });
    await inTurn(limits, 19);
    expect(reports).toEqual([]);
    await inTurn(limits, 181);
    expect(reports).toEqual(Array.from({ length: 10 }, () => 20));
  });
});

describe('two servers on one database', () => {
  let one: TestServer;
  let two: TestServer;
  const rate = { SLIPWAY_RATE_PER_SECOND: '1', SLIPWAY_RATE_BURST: '60' };
  beforeAll(async () => {
    one = await startTestServer(rate);
    two = await startTestServer(rate, one.databaseUrl);
  });
  afterAll(async () => {
    await two?.stop();
    await one?.stop();
  });

  const ask = async ({ url }: TestServer) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': ADMIN_KEY },
      body: JSON.stringify({ query: '{ version }' }),
    });
    await response.text();
    return response.status;
  };

  it('share the limit of a caller', async () => {
    const started = performance.now();
    let answered = 0;
    for (let n = 0; n < 120; n++) if ((await ask(n % 2 === 0 ? one : two)) === 200) answered += 1;
    const refilled = (performance.now() - started) / 1000;
    expect(answered).toBeGreaterThanOrEqual(60);
    // Each server may keep a tenth unreported, plus another tenth while its report is on the way.
    expect(answered).toBeLessThanOrEqual(60 + 4 * 6 + refilled);
    const [row] = await one.app.database.rows<{ points: number }>(
      `SELECT points FROM shared_count WHERE key LIKE 'callers:%'`,
    );
    expect(row?.points).toBeGreaterThanOrEqual(48);
  });
});

describe('a server whose database can’t count', () => {
  it('limits callers on its own', async () => {
    const alone = await startTestServer({ SLIPWAY_RATE_PER_SECOND: '1', SLIPWAY_RATE_BURST: '10' });
    try {
      await alone.app.database.write('DROP TABLE shared_count');
      const key = { 'content-type': 'application/json', 'x-api-key': ADMIN_KEY };
      const statuses: number[] = [];
      for (let n = 0; n < 30; n++) {
        const request = { method: 'POST', headers: key, body: JSON.stringify({ query: '{ version }' }) };
        const response = await fetch(`${alone.url}/graphql`, request);
        await response.text();
        statuses.push(response.status);
      }
      expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 200));
      expect(statuses).toContain(429);
    } finally {
      await alone.stop();
    }
  });
});
