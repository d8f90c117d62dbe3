import { Batch, type BatchLimits } from '../../src/kernel/batch';

interface Sent {
  readonly items: readonly number[];
  answer(answers: readonly string[]): void;
  fail(error: Error): void;
}

/** A batch whose requests the test resolves. */
function recorded(largest?: number, limits?: BatchLimits<number>) {
  const sent: Sent[] = [];
  const arrivals: (() => void)[] = [];
  const batch = new Batch<number, string>(
    (items) => {
      return new Promise((answer, fail) => {
        sent.push({ items, answer, fail });
        for (const arrived of arrivals.splice(0)) arrived();
      });
    },
    largest,
    limits,
  );
  const next = async (count: number) => {
    while (sent.length < count) await new Promise<void>((resolve) => arrivals.push(resolve));
    const last = sent[count - 1];
    if (last === undefined) throw new Error('nothing was sent');
    return last;
  };
  return { batch, next };
}

describe('Batch', () => {
  it('sends a single item at once and collects the rest while it is in progress', async () => {
    const { batch, next } = recorded();
    const first = batch.add(1);
    const one = await next(1);
    expect(one.items).toEqual([1]);
    const others = [batch.add(2), batch.add(3)];
    one.answer(['a']);
    expect(await first).toBe('a');
    const two = await next(2);
    expect(two.items).toEqual([2, 3]);
    two.answer(['b', 'c']);
    expect(await Promise.all(others)).toEqual(['b', 'c']);
  });

  it('sends the items of one event-loop turn together', async () => {
    const { batch, next } = recorded();
    const answers = [batch.add(1), batch.add(2), Promise.resolve().then(() => batch.add(3))];
    const sent = await next(1);
    expect(sent.items).toEqual([1, 2, 3]);
    sent.answer(['a', 'b', 'c']);
    expect(await Promise.all(answers)).toEqual(['a', 'b', 'c']);
  });

  it('begins a second batch only if the waiting items fill it, each up to its weight', async () => {
    const { batch, next } = recorded(10, { weigh: (item) => item, heaviest: 5, lanes: 2 });
    const answers = [batch.add(9)];
    expect((await next(1)).items).toEqual([9]);
    answers.push(batch.add(2), batch.add(3));
    await new Promise((resolve) => setImmediate(resolve));
    answers.push(batch.add(4));
    const two = await next(2);
    expect(two.items).toEqual([2, 3]);
    two.answer(['b', 'c']);
    const three = await next(3);
    expect(three.items).toEqual([4]);
    three.answer(['d']);
    (await next(1)).answer(['a']);
    expect(await Promise.all(answers)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('sends at most the maximum batch size at a time', async () => {
    const { batch, next } = recorded(2);
    const answers = [1, 2, 3].map((item) => batch.add(item));
    const one = await next(1);
    expect(one.items).toEqual([1, 2]);
    one.answer(['a', 'b']);
    const two = await next(2);
    expect(two.items).toEqual([3]);
    two.answer(['c']);
    expect(await Promise.all(answers)).toEqual(['a', 'b', 'c']);
  });

  it('fails only the items of the request that fails', async () => {
    const { batch, next } = recorded();
    const first = batch.add(1);
    const one = await next(1);
    const second = batch.add(2);
    one.fail(new Error('lost'));
    await expect(first).rejects.toThrow('lost');
    (await next(2)).answer(['b']);
    expect(await second).toBe('b');
  });

  it('rejects an item that the response omits', async () => {
    const { batch, next } = recorded();
    const first = batch.add(1);
    (await next(1)).answer([]);
    await expect(first).rejects.toThrow('answered in part');
  });
});
