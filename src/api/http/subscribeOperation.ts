import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql';
import type { Actor } from '../../access/actor';
import { Refusal } from '../../kernel/errors';
import { Source } from '../../kernel/source';
import type { StreamEvent } from '../../kernel/streamEvent';
import type { RequestInfo } from '../graphql/context';
import type { Answer, SharedAnswers } from './sharedAnswers';

export interface StreamOptions {
  readonly request: RequestInfo;
  /** Caller that opens the stream. Renewed before each event. */
  readonly actor: Actor;
  readonly answers: SharedAnswers;
  /**
   * Sends one answer to the client. Returns a promise if the client must catch up first; until then, no events are read
   * for it. A rejection ends the stream.
   */
  readonly write: (answer: Answer, cursor: string | undefined) => Promise<void> | undefined;
  /** Called once when the client, the server or the source ends the stream. */
  readonly onEnd: () => void;
}

/** Yields nothing: `write` sends the answers. The first `next` starts the stream and settles when it ends. */
export type Stream = AsyncGenerator<never, undefined, undefined>;

/**
 * GraphQL's "subscribe" with three differences from graphql-js:
 *
 * - `SharedAnswers` executes events, each in its own context, once for all callers that get the same answer.
 * - The next event is read only after the last one has left, so a slow reader slows down only its own stream and fills
 *   no memory.
 * - Ending the stream takes effect immediately, even while the source waits for its next event.
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

function startStream(events: AsyncIterable<unknown>, args: ExecutionArgs, options: StreamOptions): Stream {
  const { answers, request, write, onEnd } = options;
  const operation = answers.operation(args);
  const source = Source.of(events, request.signal);
  let { actor } = options;
  let ended = false;
  let settle: { resolve(result: typeof done): void; reject(error: unknown): void } | undefined;

  function end(): void {
    if (ended) return;
    ended = true;
    onEnd();
    source.end();
    settle?.resolve(done);
  }

  function fail(error: unknown): void {
    // The consumer gets the error instead of a quiet end.
    if (!ended) settle?.reject(error);
    end();
  }

  /** Delivers until it must wait for an event, its answer or the reader. Called again after each of them. */
  function deliver(): void {
    try {
      while (!ended) {
        const next = source.take(deliver);
        if (next === 'waiting') return;
        if (next === 'over') {
          end();
          return;
        }
        const { cursor } = (next.item ?? {}) as StreamEvent;
        const answer = answers.of(next.item, operation, actor, request);
        if (answer instanceof Promise) {
          answer.then((made) => send(made, cursor) && deliver(), fail);
          return;
        }
        if (!send(answer, cursor)) return;
      }
    } catch (error) {
      fail(error);
    }
  }

  /** False if delivery must wait until the reader has caught up. */
  function send(answer: Answer, cursor: string | undefined): boolean {
    if (ended) return false;
    actor = answer.actor;
    const full = write(answer, cursor);
    full?.then(deliver, fail);
    return full === undefined;
  }

  return {
    next: () =>
      new Promise((resolve, reject) => {
        if (ended) return resolve(done);
        settle = { resolve, reject };
        deliver();
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
