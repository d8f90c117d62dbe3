/** A step of a source: an item, or something to wait for. */
export type Step<Item> = { readonly item: Item } | Promise<unknown> | Changing;

export interface Changing {
  /** Calls `heard` once, at the next change. */
  onChange(heard: () => void): void;
}

export type Steps<Item> = Generator<Step<Item>, void, unknown>;

/** Waits for a promise in a step. */
export function* resolved<T>(promise: Promise<T>): Generator<Promise<T>, T, unknown> {
  return (yield promise) as T;
}

/**
 * Source of a stream, written as a generator of steps. An item in memory is taken without a promise: the promises of an
 * async generator, for each of a thousand subscribers, would be most of the cost of an event. It ends with `until`.
 */
export class Source<Item> implements AsyncIterable<Item> {
  private ready: (() => void) | undefined;
  private value: unknown;
  private failure: { readonly error: unknown } | undefined;
  private over = false;

  constructor(
    private readonly steps: Steps<Item>,
    private readonly until: AbortSignal,
  ) {
    until.addEventListener('abort', this.end, { once: true });
    if (until.aborted) this.end();
  }

  static of<Item>(items: AsyncIterable<Item>, until: AbortSignal): Source<Item> {
    return items instanceof Source ? items : new Source(stepsOf(items[Symbol.asyncIterator]()), until);
  }

  /** The next item. If it has to wait for one, calls `ready` once when it is time to ask again. */
  take(ready: () => void): { readonly item: Item } | 'waiting' | 'over' {
    if (this.over) return 'over';
    const step = this.next();
    if (step.done) {
      this.end();
      return 'over';
    }
    if ('item' in step.value) return step.value;
    this.ready = ready;
    if (step.value instanceof Promise) step.value.then(this.settle, this.fail);
    else step.value.onChange(this.wake);
    return 'waiting';
  }

  readonly end = (): void => {
    if (this.over) return;
    this.over = true;
    this.until.removeEventListener('abort', this.end);
    this.steps.return();
    this.wake();
  };

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    try {
      for (;;) {
        const { promise, resolve } = withResolver();
        const next = this.take(resolve);
        if (next === 'over') return;
        if (next === 'waiting') await promise;
        else yield next.item;
      }
    } finally {
      this.end();
    }
  }

  private next(): IteratorResult<Step<Item>, void> {
    const { value, failure } = this;
    this.value = undefined;
    this.failure = undefined;
    return failure === undefined ? this.steps.next(value) : this.steps.throw(failure.error);
  }

  private readonly settle = (value: unknown): void => {
    this.value = value;
    this.wake();
  };

  private readonly fail = (error: unknown): void => {
    this.failure = { error };
    this.wake();
  };

  private readonly wake = (): void => {
    const { ready } = this;
    this.ready = undefined;
    ready?.();
  };
}

function* stepsOf<Item>(items: AsyncIterator<Item>): Steps<Item> {
  try {
    for (;;) {
      const next = yield* resolved(items.next());
      if (next.done) return;
      yield { item: next.value };
    }
  } finally {
    // Not awaited: an async generator that waits for an event returns only after that event.
    items.return?.()?.catch(() => undefined);
  }
}

function withResolver(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
