import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql';
import type { Actor } from '../../access/actor';
import type { RequestInfo } from '../graphql/context';
import { Refusal } from '../../kernel/errors';
import type { StreamEvent } from '../../kernel/streamEvent';
import type { SharedAnswers } from './sharedAnswers';

export interface StreamOptions {
  readonly request: RequestInfo;
  /** The caller that opens the stream. Renewed before each event. */
  readonly actor: Actor;
  readonly answers: SharedAnswers;
  /**
   * Sends one answer to the client. Returns a promise when the client has to catch up first: nothing is read for it
   * meanwhile. A rejection ends the stream.
   */
  readonly write: (text: string, cursor: string | undefined) => Promise<void> | undefined;
  /** Called once, when client, server or source end the stream. */
  readonly onEnd: () => void;
}

/** Yields nothing: answers leave through `write`. The first `next` starts the stream and settles when it is over. */
export type Stream = AsyncGenerator<never, undefined, undefined>;

/**
 * GraphQL's "subscribe", with three differences from that of graphql-js:
 *
 * - `SharedAnswers` executes events, each with a context of its own, and once for all callers that get the same answer;
 * - the next event is read when the last one has left, so a slow reader slows down its own stream and fills no memory;
 * - ending the stream takes effect at once, even while the source waits for its next event. An async generator that
 *   awaits can't be returned from outside. `onEnd` lets the source (through the signal of its context) finish on its
 *   own.
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

/** A resolver that returns no stream is a defect of one field, not a reason to close the socket. */
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

/** Ends a stream whose reader takes nothing. The cursor is that of the last answer sent, which may itself be stuck. */
export function slowReader(ms: number, cursor: string | undefined): Refusal {
  const message = `The client read nothing for ${Math.round(ms / 1000)} s. Continue from the last cursor that it has read.`;
  return new Refusal('SLOW_READER', message, cursor === undefined ? {} : { cursor });
}
