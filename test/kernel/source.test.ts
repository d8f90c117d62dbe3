import { type Changing, resolved, Source, type Steps } from '../../src/kernel/source';

class Bell implements Changing {
  private heard: (() => void) | undefined;

  onChange(heard: () => void): void {
    this.heard = heard;
  }

  ring(): void {
    this.heard?.();
  }
}

it('returns items in memory at once, waits for others, and cleans up at its end', async () => {
  const bell = new Bell();
  const ended: string[] = [];
  function* steps(name: string): Steps<number> {
    try {
      yield { item: yield* resolved(Promise.resolve(1)) };
      yield { item: 2 };
      yield bell;
      yield { item: 3 };
      yield* resolved(Promise.reject(new Error('no database')));
    } finally {
      ended.push(name);
    }
  }
  const until = new AbortController();
  const source = new Source(steps('all'), until.signal);
  await new Promise<void>((ready) => expect(source.take(ready)).toBe('waiting'));
  expect(source.take(fail)).toEqual({ item: 1 });
  expect(source.take(fail)).toEqual({ item: 2 });
  let rung = 0;
  expect(source.take(() => rung++)).toBe('waiting');
  bell.ring();
  expect(rung).toBe(1);
  expect(source.take(fail)).toEqual({ item: 3 });
  await new Promise<void>((ready) => expect(source.take(ready)).toBe('waiting'));
  expect(() => source.take(fail)).toThrow('no database');
  expect(ended).toEqual(['all']);

  // A signal ends the source while it waits, and wakes its reader.
  const waiting = new Source(steps('aborted'), until.signal);
  const over = new Promise<void>((ready) => waiting.take(ready));
  until.abort();
  await over;
  expect(waiting.take(fail)).toBe('over');
  expect(ended).toEqual(['all', 'aborted']);
});

const fail = (): never => {
  throw new Error('it does not have to wait');
};
