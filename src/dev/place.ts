/** Where the demo runs, and how it tells of it: what each of its steps gets. */
export interface Place {
  /** The checkout. */
  readonly root: string;
  /** The server's address. */
  readonly url: string;
  /** Where the examples deploy to. */
  readonly target: string;
  readonly print: (line?: string) => void;
  /** Has something done when the demo ends, however it does. */
  readonly atEnd: (stop: () => Promise<void>) => void;
}
