import { type EventSourceMessage, EventSourceParserStream } from 'eventsource-parser/stream';
import { ADMIN_KEY } from './server';
import type { EventsItem } from './reading';

export type ServerEvent = Partial<EventSourceMessage>;

/** A request like that of `curl -N`, read event by event. */
export class RawStream {
  private readonly events: ReadableStreamDefaultReader<EventSourceMessage>;

  private constructor(
    readonly response: Response,
    body: ReadableStream<Uint8Array>,
    private readonly stop: AbortController,
  ) {
    const text = body.pipeThrough(new TextDecoderStream());
    this.events = text.pipeThrough(new EventSourceParserStream()).getReader();
  }

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
    return new RawStream(response, response.body, stop);
  }

  /** Next event; undefined at the end. */
  async next(): Promise<ServerEvent | undefined> {
    return (await this.events.read()).value;
  }

  /** Next answer of a subscription; undefined if it is complete. Throws any other end. */
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

/** Answer of a subscription in an event. Throws if the event ends the stream. */
export function itemOf({ data: text }: ServerEvent): EventsItem {
  const { data, errors } = JSON.parse(text ?? '') as { data?: Record<string, EventsItem>; errors?: unknown };
  const [item] = Object.values(data ?? {});
  if (item === undefined) throw new Error(JSON.stringify(errors));
  return item;
}
