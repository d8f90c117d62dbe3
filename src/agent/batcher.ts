/**
 * Brings what comes one by one into one request. While nothing is under way an item waits for the end of the current round of the event loop only;
 * while a request is under way, what comes is collected for the next one. So a single item is not held up, and under load
 * the batches grow by themselves to what the server can take; a fixed waiting time would be wrong for both.
 */
export class Batcher<Item, Answer> {
  private waiting: Waiting<Item, Answer>[] = [];
  private busy = false;

  constructor(private readonly send: (items: readonly Item[]) => Promise<readonly Answer[]>) {}

  /** The answer that stands at the place of this item. */
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
      const batch = this.waiting;
      this.waiting = [];
      try {
        const answers = await this.send(batch.map(({ item }) => item));
        batch.forEach(({ resolve, reject }, at) => {
          const answer = answers[at];
          if (answer === undefined) reject(new Error('The batch was answered in part.'));
          else resolve(answer);
        });
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.busy = false;
  }
}

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}
