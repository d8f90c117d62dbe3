import { basename } from 'node:path';
import type { FastifyReply } from 'fastify';
import type { App } from '../../runs/app';
import type { Artifact } from '../../runs/artifacts/artifact';
import { deleted } from '../../runs/artifacts/changeArtifacts';
import { toRefusal } from '../graphql/errors';
import { byteRange } from './byteRange';
import { invalidRequest, sendRefusal } from './httpErrors';

/**
 * Sends the content of an artifact, or the range that the request asks for, always as an attachment: no browser may
 * render a job's file as a page of Slipway.
 */
export async function sendArtifact(app: App, reply: FastifyReply, artifact: Artifact): Promise<FastifyReply> {
  if (artifact.deletedAt !== null) throw deleted(artifact);
  const { method, headers, id: requestId } = reply.request;
  const { size, sha256, name } = artifact;
  const etag = `"${sha256}"`;
  reply.headers({
    'accept-ranges': 'bytes',
    'cache-control': 'private, max-age=31536000, immutable',
    'content-disposition': attachment(basename(name)),
    'content-security-policy': "sandbox; default-src 'none'",
    etag,
    'x-slipway-sha256': sha256,
    'x-slipway-type': artifact.type,
    'x-slipway-mode': artifact.mode,
  });
  if (matches(headers['if-none-match'], etag)) return reply.code(304).send();
  // A client that continues the download of something else gets all of this.
  const isSame = headers['if-range'] === undefined || headers['if-range'] === etag;
  const range = isSame ? byteRange(headers.range, size) : null;
  if (range === 'UNSATISFIABLE') {
    const refusal = invalidRequest('Range', headers.range, `The artifact has ${size} bytes.`);
    return sendRefusal(reply, refusal, { status: 416, headers: { 'content-range': `bytes */${size}` } });
  }
  reply.header('content-type', 'application/octet-stream');
  if (range === null) reply.header('content-length', size);
  else {
    const { start, end } = range;
    reply.code(206).headers({ 'content-length': end - start + 1, 'content-range': `bytes ${start}-${end}/${size}` });
  }
  if (method === 'HEAD') return reply.send();
  const content = await app.contents.open(sha256, range ?? undefined);
  content.once('error', (error) => toRefusal(error, app.log, { requestId, artifactId: artifact.id }));
  return reply.send(content);
}

const matches = (header: string | undefined, etag: string): boolean =>
  header !== undefined &&
  (header.trim() === '*' || header.split(',').some((one) => one.trim().replace(/^W\//, '') === etag));

/** Name of a download (RFC 6266 and 8187), with a name in ASCII for clients that don't know the second form. */
function attachment(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
