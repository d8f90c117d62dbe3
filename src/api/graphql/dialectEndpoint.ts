import type { FastifyInstance } from 'fastify';
import type { GraphQLFormattedError, GraphQLSchema } from 'graphql';
import type { Actor } from '../../access/actor';
import type { Log } from '../../kernel/log';
import type { RequestInfo } from './context';
import { createDocuments } from './documents';
import { toGraphqlError } from './errors';
import { createExecutor } from './executor';
import { createHttpEndpoint, type HttpEndpoint } from './httpEndpoint';
import type { KnownOperations } from './knownOperations';
import { createLimits, type LimitOptions } from './limits';
import type { NoteOperation } from './operationEnds';

/** The same API with other types and messages. */
export interface Dialect {
  readonly paths: readonly string[];
  /** Built at the first request, so that a dialect that nobody uses costs nothing. */
  readonly schema: () => GraphQLSchema;
  readonly translate: (error: GraphQLFormattedError) => GraphQLFormattedError;
}

interface Options<C extends object> {
  readonly log: Log;
  readonly introspection: boolean;
  readonly limits?: LimitOptions;
  readonly note: NoteOperation;
  readonly createContext: (request: RequestInfo, actor: Actor) => C;
  readonly operations: KnownOperations;
}

/** `GET` and `POST` at the paths of a dialect, with the limits, errors and compiled queries of the main endpoint. */
export function createDialectEndpoint<C extends object>(
  { paths, schema: build, translate }: Dialect,
  { log, introspection, limits, createContext, operations, note }: Options<C>,
) {
  let started: Promise<HttpEndpoint> | undefined;

  async function start(): Promise<HttpEndpoint> {
    const schema = build();
    const endpoint = createHttpEndpoint({
      schema,
      log,
      introspection,
      limits: createLimits(schema, limits),
      documents: createDocuments(schema, introspection),
      execute: createExecutor(schema),
      formatError: (error) => translate(toGraphqlError(error, log)),
      ...{ createContext, operations, note },
    });
    await endpoint.start();
    return endpoint;
  }

  return {
    routes(server: FastifyInstance) {
      for (const path of paths) {
        server.route({
          method: ['GET', 'POST'],
          url: path,
          handler: async (request, reply) => {
            started ??= start();
            return (await started).answer(request, reply);
          },
        });
      }
    },
    async stop() {
      await (await started)?.stop();
    },
  };
}
