import { Batcher } from '../../src/agent/batcher';

interface Sent {
  readonly items: readonly number[];
  answer(answers: readonly string[]): void;
  fail(error: Error): void;
}

/** A batcher whose requests the test answers. */
function recorded() {
  const sent: Sent[] = [];
  const arrivals: (() => void)[] = [];
  const batcher = new Batcher<number, string>((items) => {
    return new Promise((answer, fail) => {
      sent.push({ items, answer, fail });
      for (const arrived of arrivals.splice(0)) arrived();
    });
  });
  const next = async (count: number) => {
    while (sent.length < count) await new Promise<void>((resolve) => arrivals.push(resolve));
    const last = sent[count - 1];
    if (last === undefined) throw new Error('nothing was sent');
    return last;
  };
  return { batcher, next };
}

test('one alone goes at once; what comes meanwhile goes together', async () => {
  const { batcher, next } = recorded();
  const first = batcher.add(1);
  const one = await next(1);
  expect(one.items).toEqual([1]);
  const others = [batcher.add(2), batcher.add(3)];
  one.answer(['a']);
  expect(await first).toBe('a');
  const two = await next(2);
  expect(two.items).toEqual([2, 3]);
  two.answer(['b', 'c']);
  expect(await Promise.all(others)).toEqual(['b', 'c']);
});

test('what comes in the same round of the event loop goes together', async () => {
  const { batcher, next } = recorded();
  const answers = [batcher.add(1), batcher.add(2), Promise.resolve().then(() => batcher.add(3))];
  const sent = await next(1);
  expect(sent.items).toEqual([1, 2, 3]);
  sent.answer(['a', 'b', 'c']);
  expect(await Promise.all(answers)).toEqual(['a', 'b', 'c']);
});

test('a request that fails fails its items only', async () => {
  const { batcher, next } = recorded();
  const first = batcher.add(1);
  const one = await next(1);
  const second = batcher.add(2);
  one.fail(new Error('lost'));
  await expect(first).rejects.toThrow('lost');
  (await next(2)).answer(['b']);
  expect(await second).toBe('b');
});
