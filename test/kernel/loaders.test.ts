import { Loaders } from '../../src/kernel/loaders';

/** A load whose statements end when the test says so. */
function slowLoad() {
  const statements: string[][] = [];
  const ends: (() => void)[] = [];
  const rows = async (_app: unknown, keys: readonly string[]) => {
    statements.push([...keys]);
    await new Promise<void>((end) => ends.push(end));
    return new Map(keys.filter((key) => key !== 'none').map((key) => [key, `${key} ${statements.length}`]));
  };
  return { rows, statements, end: () => ends.shift()?.() };
}

/** Resolves when this number of statements is in progress or has ended. */
async function sent(statements: readonly unknown[], count: number): Promise<void> {
  while (statements.length < count) await new Promise((next) => setImmediate(next));
}

describe('loaders', () => {
  const app = () => ({ database: {} }) as never;

  it('send one statement for all requests that load with the same function in one turn', async () => {
    const { rows, statements, end } = slowLoad();
    const shared = app();
    const [first, second] = [new Loaders(shared), new Loaders(shared)];
    const loaded = Promise.all([first.load(rows, 'a'), second.load(rows, 'b'), second.load(rows, 'a')]);
    await sent(statements, 1);
    end();
    expect(await loaded).toEqual(['a 1', 'b 1', 'a 1']);
    expect(statements).toEqual([['a', 'b']]);
  });

  it('load an object once for a request, and anew for the next request', async () => {
    const { rows, statements, end } = slowLoad();
    const shared = app();
    const request = new Loaders(shared);
    const loaded = Promise.all([request.load(rows, 'a'), request.load(rows, 'none')]);
    await sent(statements, 1);
    const again = request.load(rows, 'a');
    const later = new Loaders(shared).load(rows, 'a');
    end();
    expect([...(await loaded), await again]).toEqual(['a 1', undefined, 'a 1']);
    await sent(statements, 2);
    end();
    // The statement in progress could have missed a commit that the later request must see.
    expect(await later).toBe('a 2');
    expect(statements).toEqual([['a', 'none'], ['a']]);
  });

  it('do not share statements between database handles', async () => {
    const { rows, statements, end } = slowLoad();
    const loaded = [new Loaders(app()).load(rows, 'a'), new Loaders(app()).load(rows, 'a')];
    await sent(statements, 2);
    end();
    end();
    await Promise.all(loaded);
    expect(statements).toEqual([['a'], ['a']]);
  });
});
