/**
 * Collects items while the previous batch is in progress and sends them together. A single item waits only for the end
 * of the current event-loop turn. Under load, batches grow to the size that the receiver can handle, which no fixed
 * delay could achieve.
 */
export class Batch<Item, Answer> {
  private waiting: Waiting<Item, Answer>[] = [];
  private weight = 0;
  private running = 0;

  constructor(
    /** Returns an answer for each item, in order. */
    private readonly work: (items: readonly Item[]) => Promise<readonly Answer[]>,
    private readonly largest = Number.POSITIVE_INFINITY,
    private readonly limits?: BatchLimits<Item>,
  ) {}

  /** Resolves to the answer for this item. */
  add(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const weight = this.limits?.weigh(item) ?? 0;
      this.waiting.push({ item, weight, resolve, reject });
      this.weight += weight;
      const { lanes = 1 } = this.limits ?? {};
      if (this.running >= lanes || (this.running > 0 && !this.isFull())) return;
      this.running++;
      setImmediate(() => void this.run());
    });
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.take();
      try {
        const answers = await this.work(batch.map(({ item }) => item));
        for (const [at, { resolve, reject }] of batch.entries()) {
          const answer = answers[at];
          if (answer === undefined) reject(new Error('The batch was only answered in part.'));
          else resolve(answer);
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.running--;
  }

  private isFull(): boolean {
    return this.waiting.length >= this.largest || this.weight > (this.limits?.heaviest ?? Number.POSITIVE_INFINITY);
  }

  /** The items of the next batch, at least one. */
  private take(): Waiting<Item, Answer>[] {
    const { waiting, largest, limits: { heaviest } = { heaviest: Number.POSITIVE_INFINITY } } = this;
    let size = 0;
    let weight = 0;
    for (const one of waiting) {
      if (size > 0 && (size === largest || weight + one.weight > heaviest)) break;
      weight += one.weight;
      size++;
    }
    this.weight -= weight;
    return waiting.splice(0, size);
  }
}

export interface BatchLimits<Item> {
  weigh(item: Item): number;
  /** Weight of a batch with more than one item. */
  readonly heaviest: number;
  /** Number of batches in progress. A further one begins only if the waiting items fill it. */
  readonly lanes?: number;
}

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly weight: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}
