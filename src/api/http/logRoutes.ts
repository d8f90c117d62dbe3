import { Readable } from 'node:stream';
import type { FastifyPluginCallback } from 'fastify';
import { Refusal } from '../../kernel/errors';
import type { App } from '../../runs/app';
import { findLogs } from '../../runs/logs/jobLogs.store';
import { remarkOf } from '../../runs/logs/logRemarks';
import { bytesOf, linesWithTimes } from '../../runs/logs/logStream';
import { readJob } from '../../runs/queue/jobs.queries';
import { toRefusal } from '../graphql/errors';
import { byteRange } from './byteRange';
import { type Authenticate, identify, keyFromHeaders } from './credentials';

/**
 * `GET` and `HEAD /jobs/<id>/log`: the log as text, byte by byte as the command wrote it, and a remark at its end if
 * output is missing. A log that is growing ends where it ends now. With `?timestamps=true`, each line begins with its
 * time. Requires an API key.
 */
export const logRoutes =
  (app: App, authenticate: Authenticate): FastifyPluginCallback =>
  (server, _options, done) => {
    server.route<{ Params: { id: string }; Querystring: { timestamps?: string } }>({
      method: ['GET', 'HEAD'],
      url: '/jobs/:id/log',
      async handler(request, reply) {
        const { headers, info, params, query, method } = request;
        const actor = await identify(authenticate, keyFromHeaders(headers), info.address);
        const job = await readJob(app, actor, params.id);
        const [log] = await findLogs(app.database, [job.id]);
        if (log?.phase === 'DELETED') {
          throw new Refusal('NOT_FOUND', `The log was deleted at ${log.deletedAt?.toISOString()}.`);
        }
        const remark = Buffer.from(log === undefined ? '' : remarkOf(log, job.endedAt !== null));
        const length = log?.bytes ?? 0;
        const size = length + remark.length;
        // Text that a browser shows without running anything of it, whatever the command wrote.
        reply.headers({
          'content-type': 'text/plain; charset=utf-8',
          'content-disposition': `inline; filename="job-${job.id}.log"`,
          'content-security-policy': "sandbox; default-src 'none'",
          'cache-control': 'private, no-cache',
        });
        const send = (source: AsyncGenerator<Buffer>) => {
          const body = Readable.from(source, { objectMode: false });
          body.once('error', (error) => toRefusal(error, app.log, { requestId: request.id, jobId: job.id }));
          return reply.send(body);
        };
        if (query.timestamps === 'true') {
          return method === 'HEAD' ? reply.send() : send(linesWithTimes(app, job.id));
        }
        reply.header('accept-ranges', 'bytes');
        const tag =
          job.endedAt !== null && log?.sha256 ? `"${log.sha256}${log.loss === null ? '' : `-${log.loss}`}"` : undefined;
        if (tag !== undefined) reply.header('etag', tag);
        if (tag !== undefined && headers['if-none-match'] === tag) return reply.code(304).send();
        const condition = headers['if-range'];
        const part = condition === undefined || condition === tag ? byteRange(headers.range, size) : null;
        if (part === 'UNSATISFIABLE') {
          const message = `The log has ${size} bytes.`;
          return reply
            .code(416)
            .headers({ 'content-range': `bytes */${size}`, 'content-type': 'text/plain; charset=utf-8' })
            .send(message);
        }
        const [start, end] = part === null ? [0, size] : [part.start, part.end + 1];
        if (part !== null) reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${size}`);
        reply.header('content-length', end - start);
        return method === 'HEAD' ? reply.send() : send(bytesOf(app, job.id, { start, end, length, remark }));
      },
    });
    done();
  };
