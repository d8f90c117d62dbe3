import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ArtifactType } from '../../contract/agentProtocol';
import { invalidInput, notFound, Refusal } from '../../kernel/errors';
import { isId } from '../../kernel/ids';
import type { App } from '../../runs/app';
import { findArtifact } from '../../runs/artifacts/artifacts.store';
import { type NewArtifact, requireLease, uploadArtifact, uploadOffset } from '../../runs/artifacts/artifactUpload';
import { claimOfToken, isArtifactToken, listForJob, refuseSecretNames } from '../../runs/artifacts/jobArtifacts';
import type { Claim } from '../../runs/queue/jobs.store';
import { requireBearer } from './credentials';
import { invalidRequest } from './httpErrors';
import { sendArtifact } from './sendArtifact';

interface JobParams {
  readonly jobId: string;
  /** Id for a download, name for an upload. */
  readonly artifact: string;
}

/** Files of a job: for its agent, with the claim token, and for its command, with the token that the agent gives it. */
export function jobArtifacts(server: FastifyInstance, app: App): void {
  const all = '/jobs/:jobId/artifacts';
  const one = `${all}/:artifact`;
  // Keeps the body of an upload as a stream.
  server.addContentTypeParser('*', (_request, _payload, done) => done(null));

  const claimOf = async ({ headers, params }: FastifyRequest): Promise<Claim> => {
    const { jobId } = params as JobParams;
    if (!isId(jobId)) throw notFound('job', jobId);
    return claimOfToken(app, jobId, requireBearer(headers));
  };

  const upload = async (request: FastifyRequest, artifact: NewArtifact, from: number) => {
    const claim = await claimOf(request);
    if (!isArtifactToken(requireBearer(request.headers))) {
      return uploadArtifact(app, claim, artifact, from, request.raw);
    }
    // An agent has checked its files itself.
    const target = artifact.type === 'LINK' ? await readTarget(request.raw) : undefined;
    await refuseSecretNames(app, claim, [artifact.name, ...(target === undefined ? [] : [target.toString()])]);
    return uploadArtifact(app, claim, artifact, from, target === undefined ? request.raw : Readable.from([target]));
  };

  // All of a small file, or all of any file from a client that does not continue uploads.
  server.put<{ Params: JobParams }>(one, async (request, reply) => {
    const artifact = announced(request, request.headers['content-length']);
    const { artifactId, created } = await upload(request, artifact, 0);
    if (artifactId === null) throw new Refusal('ARTIFACT_MISMATCH', `Received less than ${artifact.size} bytes.`);
    return reply.code(created ? 201 : 200).send({ artifactId });
  });

  server.head<{ Params: JobParams }>(one, async (request, reply) => {
    const artifact = announced(request, request.headers['x-slipway-size']);
    const offset = await uploadOffset(app, await claimOf(request), artifact);
    return reply.header('upload-offset', offset).header('upload-length', artifact.size).send();
  });

  server.patch<{ Params: JobParams }>(one, async (request, reply) => {
    const artifact = announced(request, request.headers['x-slipway-size']);
    const from = Number(request.headers['upload-offset'] ?? Number.NaN);
    if (!Number.isSafeInteger(from) || from < 0 || from > artifact.size) {
      throw invalidRequest('Upload-Offset', from, `Upload-Offset must be a whole number from 0 to ${artifact.size}.`);
    }
    const { artifactId, offset, created } = await upload(request, artifact, from);
    reply.header('upload-offset', offset);
    return artifactId === null ? reply.code(204).send() : reply.code(created ? 201 : 200).send({ artifactId });
  });

  server.get<{ Params: JobParams; Querystring: Readonly<Record<string, unknown>> }>(all, async (request) => {
    const { from, name } = request.query;
    const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);
    return { artifacts: await listForJob(app, await claimOf(request), { from: text(from), name: text(name) }) };
  });

  server.get<{ Params: JobParams }>(one, async (request, reply) => {
    const { artifact: id } = request.params;
    const { runId } = await requireLease(app.database, await claimOf(request));
    const artifact = isId(id) ? await findArtifact(app.database, id) : undefined;
    if (artifact?.runId !== runId) throw notFound('artifact', id);
    return sendArtifact(app, reply, artifact);
  });
}

/** The artifact that an upload announces in its headers. */
function announced({ headers, params }: FastifyRequest, size: unknown): NewArtifact {
  const told = (header: string, otherwise: string) => String(headers[`x-slipway-${header}`] ?? otherwise);
  return {
    name: (params as JobParams).artifact,
    type: told('type', 'FILE') as ArtifactType,
    mode: told('mode', '644'),
    size: Number(size ?? Number.NaN),
    sha256: told('sha256', ''),
  };
}

const LONGEST_TARGET = 4096;

async function readTarget(source: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of source) {
    chunks.push(chunk);
    size += chunk.length;
    if (size <= LONGEST_TARGET) continue;
    const message = `The target of a link can have at most ${LONGEST_TARGET} bytes.`;
    throw invalidInput([{ field: 'size', value: size, rule: 'SIZE', message }]);
  }
  return Buffer.concat(chunks);
}
