import type { ServerResponse } from 'node:http';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { App } from '../../runs/app';
import type { Artifact } from '../../runs/artifacts/artifact';

/** Streams an artifact's bytes. Always as an attachment: nothing that a job made is shown by a browser as if it were ours. */
export async function sendArtifact(app: App, res: ServerResponse, artifact: Artifact): Promise<void> {
  const file = await app.artifactFiles.read(artifact.sha256);
  res.writeHead(200, {
    'Content-Type': 'application/octet-stream',
    'Content-Length': artifact.size,
    'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(basename(artifact.name))}`,
    ETag: `"${artifact.sha256}"`,
    'X-Slipway-Sha256': artifact.sha256,
    'Cache-Control': 'private, max-age=31536000, immutable',
  });
  await pipeline(file, res).catch((error: NodeJS.ErrnoException) => {
    // The client hung up: it knows, and nobody else has to.
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
}
