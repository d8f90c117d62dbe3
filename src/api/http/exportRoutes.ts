import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import { notFound, Refusal } from '../../kernel/errors';
import type { App } from '../../runs/app';
import { signedExport } from '../../runs/exports/exportExecutions';
import { shownExport } from '../exports/shownExport';
import { toRefusal } from '../graphql/errors';

interface Export {
  readonly Params: { readonly id: string };
  readonly Querystring: Readonly<Record<string, unknown>>;
}

/** `GET /exports/<id>` and `/exports/<id>/status`, the links of `exportExecutions`. Their signature replaces a key. */
export const exportRoutes =
  (app: App): FastifyPluginCallback =>
  (server, _options, done) => {
    const find = ({ params: { id }, query: { expires, signature } }: FastifyRequest<Export>) =>
      signedExport(app, id, expires, signature);
    server.route<Export>({
      method: ['GET', 'HEAD'],
      url: '/exports/:id',
      async handler(request, reply) {
        const { id, status, sha256, size, errorMessage } = await find(request);
        if (status === 'EXPIRED') throw notFound('export', id);
        if (status === 'FAILED') throw new Refusal('EXPORT_FAILED', errorMessage ?? 'The export failed.', { status });
        if (sha256 === null || size === null)
          throw new Refusal('EXPORT_NOT_READY', 'The archive is not written yet.', { status });
        reply.headers({
          'content-type': 'application/gzip',
          'content-length': size,
          'content-disposition': `attachment; filename="executions-${id}.ndjson.gz"`,
          'cache-control': 'private, no-store',
        });
        if (request.method === 'HEAD') return reply.send();
        const content = await app.contents.open(sha256);
        content.once('error', (error) => toRefusal(error, app.log, { requestId: request.id, exportId: id }));
        return reply.send(content);
      },
    });
    server.get<Export>('/exports/:id/status', async (request, reply) => {
      const shown = await shownExport(app, await find(request));
      return reply.header('cache-control', 'private, no-store').send(shown);
    });
    done();
  };
