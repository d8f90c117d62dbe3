import { basename } from 'node:path';
import type { FastifyReply } from 'fastify';
import type { App } from '../../runs/app';
import type { Artifact } from '../../runs/artifacts/artifact';
import { toRefusal } from '../graphql/errors';

/**
 * Streams the content of an artifact, always as an attachment: no browser may render a job's file as a page of Slipway.
 */
export async function sendArtifact(app: App, reply: FastifyReply, artifact: Artifact): Promise<FastifyReply> {
  const file = await app.artifactFiles.read(artifact.sha256);
  file.once('error', (error) => toRefusal(error, app.log, { requestId: reply.request.id, artifactId: artifact.id }));
  return reply
    .headers({
      'content-type': 'application/octet-stream',
      'content-length': artifact.size,
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(basename(artifact.name))}`,
      etag: `"${artifact.sha256}"`,
      'x-slipway-sha256': artifact.sha256,
      'x-slipway-type': artifact.type,
      'x-slipway-mode': artifact.mode,
      'cache-control': 'private, max-age=31536000, immutable',
    })
    .send(file);
}
