import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql';
import type { Actor } from '../../access/actor';
import type { RequestInfo } from '../graphql/context';
import type { StreamEvent } from '../../kernel/streamEvent';
import type { SharedAnswers } from './sharedAnswers';

export interface StreamOptions {
  readonly request: RequestInfo;
  /** The caller who opens the stream, checked again before each event. */
  readonly actor: Actor;
  readonly answers: SharedAnswers;
  /**
   * Hands one result to the client. Returns a promise if the client must catch up first; nothing is read for it
   * meanwhile. A rejection ends the stream.
   */
  readonly write: (text: string, cursor: string | undefined) => Promise<void> | undefined;
  /** Called once, when the client, the server or the source ends the stream. */
  readonly onEnd: () => void;
}

/**
 * Yields nothing: results leave through `write`. Its first `next` begins the stream, and settles when the stream ends.
 */
export type Stream = AsyncGenerator<never, undefined, undefined>;

/**
 * GraphQL's "subscribe", with three differences from graphql-js's own:
 *
 * - events are executed by `SharedAnswers`, each with a context of its own, and once for all who get the same answer;
 * - the next event is asked for when the last one has left, so a slow reader slows its own stream down and fills no memory;
 * - ending the stream takes effect at once, even while the source waits for its next event. An async generator that awaits can't be
 *   returned from outside; graphql-js would keep the operation, its timers and its place in the drain until an event comes, which may
 *   be never. Here the consumer is released immediately, and `onEnd` lets the source (by its context's signal) finish on its own.
 */
export async function subscribeOperation(
  args: ExecutionArgs,
  options: StreamOptions,
): Promise<Stream | ExecutionResult> {
  const source = await openSource(args);
  if (Symbol.asyncIterator in source) return startStream(source, args, options);
  options.onEnd();
  return source;
}

/**
 * A resolver that returns no stream is a defect of one field, not a reason to close the socket with everything else on
 * it.
 */
async function openSource(args: ExecutionArgs): Promise<AsyncIterable<unknown> | ExecutionResult> {
  try {
    return await createSourceEventStream(args);
  } catch (error) {
    const originalError = error instanceof Error ? error : new Error(String(error));
    return { errors: [new GraphQLError(originalError.message, { originalError })] };
  }
}

const done: IteratorReturnResult<undefined> = { value: undefined, done: true };

function startStream(source: AsyncIterable<unknown>, args: ExecutionArgs, options: StreamOptions): Stream {
  const { answers, request, write, onEnd } = options;
  const operation = answers.operation(args);
  const events = source[Symbol.asyncIterator]();
  let { actor } = options;
  let ended = false;
  let release: (() => void) | undefined;

  function end(): void {
    if (ended) return;
    ended = true;
    onEnd();
    release?.();
    // Not awaited: a generator that waits for an event returns only after that event.
    events.return?.()?.catch(() => undefined);
  }

  async function deliver(): Promise<void> {
    while (!ended) {
      const next = await events.next();
      if (next.done || ended) return;
      const answer = await answers.of(next.value, operation, actor, request);
      if (ended) return;
      actor = answer.actor;
      const full = write(answer.text, (next.value as StreamEvent | null)?.cursor);
      if (full !== undefined) await full;
    }
  }

  return {
    next: () =>
      new Promise((resolve, reject) => {
        release = () => resolve(done);
        if (ended) return release();
        deliver().then(end, (error: unknown) => {
          // The consumer gets the error, not the quiet end that a release would cause.
          release = ended ? release : () => reject(error);
          end();
        });
      }),
    return: async () => {
      end();
      return done;
    },
    throw: async (error: unknown) => {
      end();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      end();
    },
  };
}
