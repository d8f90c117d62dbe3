import { backoffMs, persist } from '../../src/agent/backoff';
import { ServerRefusal, ServerUnavailable } from '../../src/agent/httpClient';

describe('backoff', () => {
  it('doubles from 0.2 s to 2 s, half of it random', () => {
    const longest = [1, 2, 3, 4, 5, 6, 7, 8, 100].map((failures) => backoffMs(failures, () => 1));
    expect(longest).toEqual([200, 400, 800, 1600, 2000, 2000, 2000, 2000, 2000]);
    expect(backoffMs(1, () => 0)).toBe(100);
  });

  it('repeats only calls without a response', async () => {
    const { signal } = new AbortController();
    let calls = 0;
    const answer = await persist(signal, async () => {
      calls++;
      if (calls === 1) throw new ServerUnavailable('down');
      return calls;
    });
    expect(answer).toBe(2);
    const refused = new ServerRefusal(400, 'INVALID_INPUT', 'no', undefined);
    await expect(persist(signal, () => Promise.reject(refused))).rejects.toBe(refused);
  });

  it('stops waiting on an abort, with its reason', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const waiting = persist(stop.signal, () => {
      setImmediate(() => stop.abort(reason));
      return Promise.reject(new ServerUnavailable('down'));
    });
    await expect(waiting).rejects.toBe(reason);
  });
});
