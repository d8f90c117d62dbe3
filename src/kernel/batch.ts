/**
 * Collects what is asked for while the one before is under way, and does it together. Under load a transaction does the work of many
 * requests; without load a request waits for nobody.
 */
export class Batch<Item, Answer> {
  private waiting: { item: Item; resolve: (answer: Answer) => void; reject: (error: unknown) => void }[] = [];
  private busy = false;

  /** `work` answers each item, in order. */
  constructor(
    private readonly work: (items: readonly Item[]) => Promise<readonly Answer[]>,
    private readonly largest: number,
  ) {}

  add(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (!this.busy) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.busy = true;
    // Requests that arrive in one turn of the event loop belong together.
    await new Promise(setImmediate);
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.largest);
      try {
        const answers = await this.work(batch.map((one) => one.item));
        for (const [index, one] of batch.entries()) one.resolve(answers[index] as Answer);
      } catch (error) {
        for (const one of batch) one.reject(error);
      }
    }
    this.busy = false;
  }
}
