import { ADMIN_KEY } from '../../support/server';
import type { EventsItem } from '../../support/reading';

export interface ServerEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
}

/** A request as `curl -N` makes it, read event by event. */
export class RawStream {
  private readonly text = new TextDecoder();
  private buffer = '';

  private constructor(
    readonly response: Response,
    private readonly reader: ReadableStreamDefaultReader<Uint8Array>,
    private readonly stop: AbortController,
  ) {}

  static async open(
    url: string,
    body: object | null,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<RawStream> {
    const stop = new AbortController();
    const response = await fetch(url, {
      method: body === null ? 'GET' : 'POST',
      headers: { 'x-api-key': ADMIN_KEY, ...(body !== null && { 'content-type': 'application/json' }), ...headers },
      ...(body !== null && { body: JSON.stringify(body) }),
      signal: stop.signal,
    });
    if (response.body === null) throw new Error('no body');
    return new RawStream(response, response.body.getReader(), stop);
  }

  /** The next event that is more than a comment; undefined at the end. */
  async next(): Promise<ServerEvent | undefined> {
    for (;;) {
      const end = this.buffer.indexOf('\n\n');
      if (end >= 0) {
        const lines = this.buffer.slice(0, end).split('\n');
        this.buffer = this.buffer.slice(end + 2);
        const event = Object.fromEntries(
          lines.flatMap((line) => {
            const [, field = '', value = ''] = /^(\w+): ?(.*)$/.exec(line) ?? [];
            return field === '' || field === 'retry' ? [] : [[field, value]];
          }),
        );
        if (Object.keys(event).length > 0) return event;
        continue;
      }
      const { value, done } = await this.reader.read();
      if (done) return undefined;
      this.buffer += this.text.decode(value, { stream: true });
    }
  }

  /** The next answer of a subscription; undefined when it is complete. What ends it otherwise is thrown. */
  async nextItem(): Promise<EventsItem | undefined> {
    const event = await this.next();
    if (event === undefined) throw new Error('the stream broke off');
    return event.event === 'complete' ? undefined : itemOf(event);
  }

  async rest(): Promise<ServerEvent[]> {
    const events: ServerEvent[] = [];
    for (let event = await this.next(); event !== undefined; event = await this.next()) events.push(event);
    return events;
  }

  drop(): void {
    this.stop.abort();
  }
}

/** The answer of `executionEvents` in an event. */
export const itemOf = ({ data }: ServerEvent) =>
  (JSON.parse(data ?? '') as { data: { executionEvents: EventsItem } }).data.executionEvents;
