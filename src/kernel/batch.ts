/**
 * Collects items while the previous batch is in progress and sends them together. A single item waits only for the end
 * of the current event-loop turn. Under load, batches grow to the size that the receiver can handle, which no fixed
 * delay could achieve.
 */
export class Batch<Item, Answer> {
  private waiting: { item: Item; resolve: (answer: Answer) => void; reject: (error: unknown) => void }[] = [];
  private busy = false;

  constructor(
    /** Returns an answer for each item, in order. */
    private readonly work: (items: readonly Item[]) => Promise<readonly Answer[]>,
    private readonly largest = Number.POSITIVE_INFINITY,
  ) {}

  /** Resolves to the answer for this item. */
  add(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (this.busy) return;
      this.busy = true;
      setImmediate(() => void this.run());
    });
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.largest);
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
    this.busy = false;
  }
}
