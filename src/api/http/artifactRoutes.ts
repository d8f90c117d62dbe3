import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { subjectFor } from '../../access/visible';
import { notFound } from '../../kernel/errors';
import { isId } from '../../kernel/ids';
import type { App } from '../../runs/app';
import { findArtifact, findExecutionRows } from '../../runs/artifacts/artifacts.store';
import { type Authenticate, identify, keyFromHeaders } from './credentials';
import { sendArtifact } from './sendArtifact';

/**
 * `GET /artifacts/<id>`, the `downloadUrl` of an artifact. Requires an API key and uses the API's guarded
 * `authenticate`; without the guard, callers could try keys here at full speed.
 */
export const artifactRoutes =
  (app: App, authenticate: Authenticate): FastifyPluginCallback =>
  (server, _options, done) => {
    const url = '/artifacts/:id';
    const handler = async (request: FastifyRequest, reply: FastifyReply) => {
      const { headers, info } = request;
      const { id } = request.params as { id: string };
      const actor = await identify(authenticate, keyFromHeaders(headers), info.address);
      const artifact = isId(id) ? await findArtifact(app.database, id) : undefined;
      const [execution] = artifact ? await findExecutionRows(app.database, artifact.executionId) : [];
      if (artifact === undefined || execution === undefined) throw notFound('artifact', id);
      const subject = await subjectFor(app, 'Execution', execution);
      if (!actor.access.can('READ', 'Execution', subject)) throw notFound('artifact', id);
      return sendArtifact(app, reply, artifact);
    };
    server.route({ method: ['GET', 'HEAD'], url, handler });
    done();
  };
