import type { FastifyPluginCallback } from 'fastify';
import { definitionsSchema } from '../../catalog/language/jsonSchema';

/** `GET /schemas/definitions.json`: the JSON Schema of documents. It needs no key, because editors send none. */
export const schemaRoutes: FastifyPluginCallback = (server, _options, done) => {
  const text = `${JSON.stringify(definitionsSchema(), null, 2)}\n`;
  server.route({
    method: ['GET', 'HEAD'],
    url: '/schemas/definitions.json',
    handler: async (_request, reply) =>
      reply.type('application/schema+json; charset=utf-8').header('cache-control', 'public, max-age=300').send(text),
  });
  done();
};
