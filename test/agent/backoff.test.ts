import { backoffMs, persist } from '../../src/agent/backoff';
import { ServerRefusal, ServerUnavailable } from '../../src/agent/httpClient';

test('0.2 s, doubling to 2 s, half of it chance', () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 8, 100].map((failures) => backoffMs(failures, () => 1));
  expect(longest).toEqual([200, 400, 800, 1600, 2000, 2000, 2000, 2000, 2000]);
  expect(backoffMs(1, () => 0)).toBe(100);
});

test('repeats what has no answer, and nothing else', async () => {
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

test('an abort ends the waiting, with its reason', async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  const waiting = persist(stop.signal, () => {
    setImmediate(() => stop.abort(reason));
    return Promise.reject(new ServerUnavailable('down'));
  });
  await expect(waiting).rejects.toBe(reason);
});
