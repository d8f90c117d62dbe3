import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { ApiError } from './apiError';

/** The server sends at least a comment every 12 s; a stream that is silent for longer is dead. */
const SILENT_MS = 30_000;

/**
 * Messages of a response of server-sent events, until it ends. `onSilence` is called if nothing arrives for 30 s while
 * the reader waits; it must abort the request.
 */
export async function* readEventStream(
  url: string,
  body: ReadableStream<Uint8Array>,
  onSilence: () => void,
): AsyncGenerator<EventSourceMessage> {
  const arrived: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => arrived.push(message) });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    let silent = false;
    const timer = setTimeout(() => {
      silent = true;
      onSilence();
    }, SILENT_MS);
    try {
      const { done, value } = await reader.read();
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
    } catch (error) {
      throw silent ? ApiError.unreachable(url, `no data for ${SILENT_MS / 1000} s`) : error;
    } finally {
      clearTimeout(timer);
    }
    yield* arrived.splice(0);
  }
}
