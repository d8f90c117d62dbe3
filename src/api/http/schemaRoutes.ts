import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { definitionsSchema } from '../../catalog/language/jsonSchema';

export interface SchemaRoutesOptions {
  /** Schema of the API as text; null if clients may not read it. Called at the first request. */
  readonly sdl: (() => string) | null;
  /** Manifest of the ready-made operations. */
  readonly operations: object;
}

/**
 * `GET /schema.graphql`: the schema of the API. `GET /operations.json`: the ready-made operations by hash.
 * `GET /schemas/definitions.json`: JSON Schema of definitions. They require no key, because editors and build tools
 * don't send one. Each has its hash as `ETag`, so that a client learns cheaply whether it has changed.
 */
export const schemaRoutes =
  ({ sdl, operations }: SchemaRoutesOptions): FastifyPluginCallback =>
  (server, _options, done) => {
    const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
    serve(server, '/schemas/definitions.json', 'application/schema+json', () => json(definitionsSchema()));
    serve(server, '/operations.json', 'application/json', () => json(operations));
    if (sdl !== null) serve(server, '/schema.graphql', 'application/graphql', sdl);
    done();
  };

function serve(server: FastifyInstance, url: string, type: string, make: () => string): void {
  let made: { readonly text: string; readonly etag: string } | undefined;
  const handler = async ({ headers }: FastifyRequest, reply: FastifyReply) => {
    if (made === undefined) {
      const text = make();
      made = { text, etag: `"${createHash('sha256').update(text).digest('hex')}"` };
    }
    const { text, etag } = made;
    reply.headers({ etag, 'cache-control': 'public, max-age=300' });
    const known = headers['if-none-match']?.split(',').map((one) => one.trim().replace(/^W\//, ''));
    if (known?.some((one) => one === etag || one === '*')) return reply.code(304).send();
    return reply.type(`${type}; charset=utf-8`).send(text);
  };
  server.route({ method: ['GET', 'HEAD'], url, handler });
}
