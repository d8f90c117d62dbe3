import type { FastifyPluginCallback } from 'fastify';
import { definitionsSchema } from '../../catalog/language/jsonSchema';

/** `GET /schemas/definitions.json`: JSON Schema of definitions. Requires no key, because editors don't send one. */
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
