import type { FastifyInstance, FastifyRequest } from 'fastify';
import { cacheRestoreKeys } from '../../contract/agentProtocol';
import { notFound } from '../../kernel/errors';
import { hashSecret, isId } from '../../kernel/ids';
import { isStorable } from '../../kernel/naming';
import type { App } from '../../runs/app';
import { findCache, saveCache } from '../../runs/caches/caches';
import type { Claim } from '../../runs/queue/jobs.store';
import { requireBearer } from './credentials';
import { invalidRequest } from './httpErrors';

interface JobParams {
  readonly jobId: string;
}

/** The cache of a job. The plugin keeps bodies as streams. */
export function jobCaches(server: FastifyInstance, app: App): void {
  const url = '/jobs/:jobId/cache';
  const claimOf = ({ headers, params }: FastifyRequest): Claim => {
    const { jobId } = params as JobParams;
    if (!isId(jobId)) throw notFound('job', jobId);
    return { jobId, tokenHash: hashSecret(requireBearer(headers)) };
  };

  server.get<{ Params: JobParams; Querystring: { key?: string; prefixes?: string } }>(url, async (request, reply) => {
    const { key, prefixes } = request.query;
    const found = await findCache(app, claimOf(request), cacheKey(key), cachePrefixes(prefixes));
    if (found === undefined) throw notFound('cache', cacheKey(key));
    reply.header('x-slipway-cache-key', encodeURIComponent(found.key)).header('x-slipway-sha256', found.sha256);
    reply.header('content-length', found.size).type('application/octet-stream');
    return reply.send(await app.contents.open(found.sha256));
  });

  server.put<{ Params: JobParams; Querystring: { key?: string } }>(url, async (request, reply) => {
    const created = await saveCache(app, claimOf(request), cacheKey(request.query.key), request.raw);
    return reply.code(created ? 201 : 200).send({ created });
  });
}

function cacheKey(key: unknown): string {
  if (typeof key === 'string' && key !== '' && key.length <= 500 && isStorable(key)) return key;
  throw invalidRequest('key', key, 'key must have 1 to 500 characters.');
}

/** A list in JSON. */
function cachePrefixes(text: string | undefined): readonly string[] {
  const read = cacheRestoreKeys.safeParse(text);
  if (read.success) return read.data;
  throw invalidRequest('prefixes', text, 'prefixes must be a JSON list of up to 10 texts.');
}
