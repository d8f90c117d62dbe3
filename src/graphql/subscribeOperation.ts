import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, execute, GraphQLError } from 'graphql';

export interface EventStreamOptions {
  /**
   * Makes the context in which one event is executed. Called anew for each event: a DataLoader that outlives an event would answer the
   * next one with the rows of the last. What it throws ends the stream.
   */
  readonly contextForEvent: () => unknown;
  /** Called once, when the client, the server or the source ends the stream. */
  readonly onEnd: () => void;
}

export type ResponseStream = AsyncIterableIterator<ExecutionResult, undefined> & {
  return(): Promise<IteratorResult<ExecutionResult, undefined>>;
};

/**
 * GraphQL's "subscribe", with two differences from graphql-js's own:
 *
 * - each event is executed with a context of its own;
 * - ending the stream takes effect at once, even while the source waits for its next event. An async generator that awaits can't be
 *   returned from outside; graphql-js would keep the operation, its timers and its place in the drain until an event comes, which may
 *   be never. Here the consumer is released immediately, and `onEnd` lets the source (by its context's signal) finish by itself.
 */
export async function subscribeOperation(
  args: ExecutionArgs,
  options: EventStreamOptions,
): Promise<ResponseStream | ExecutionResult> {
  const source = await openSource(args);
  if (!(Symbol.asyncIterator in source)) {
    options.onEnd();
    return source;
  }
  const respond = async (event: unknown) =>
    execute({ ...args, rootValue: event, contextValue: await options.contextForEvent() });
  return responseStream(source, respond, options.onEnd);
}

/** A resolver that returns no stream is a defect of one field, not a reason to close the socket with everything else on it. */
async function openSource(args: ExecutionArgs): Promise<AsyncIterable<unknown> | ExecutionResult> {
  try {
    return await createSourceEventStream(args);
  } catch (error) {
    const originalError = error instanceof Error ? error : new Error(String(error));
    return { errors: [new GraphQLError(originalError.message, { originalError })] };
  }
}

const done: IteratorReturnResult<undefined> = { value: undefined, done: true };

function responseStream(
  source: AsyncIterable<unknown>,
  respond: (event: unknown) => Promise<ExecutionResult>,
  onEnd: () => void,
): ResponseStream {
  const events = source[Symbol.asyncIterator]();
  let ended = false;
  // Only one event is asked for at a time, so there is at most one consumer to release.
  let release: (() => void) | undefined;

  function end(): void {
    if (ended) return;
    ended = true;
    onEnd();
    release?.();
    // Not awaited: a generator that waits for an event answers only after that event.
    events.return?.()?.catch(() => undefined);
  }

  async function respondToNext(): Promise<IteratorResult<ExecutionResult, undefined>> {
    try {
      const next = await events.next();
      if (!next.done && !ended) return { value: await respond(next.value), done: false };
    } catch (error) {
      if (!ended) {
        // The consumer gets the error, not the quiet end that a release would be.
        release = undefined;
        end();
        throw error;
      }
    }
    end();
    return done;
  }

  return {
    next: () =>
      ended
        ? Promise.resolve(done)
        : new Promise((resolve, reject) => {
            release = () => resolve(done);
            respondToNext().then(resolve, reject);
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
  };
}
