import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import { notFound } from '../../kernel/errors';
import { isId } from '../../kernel/ids';
import type { App } from '../../runs/app';
import type { Artifact } from '../../runs/artifacts/artifact';
import { readArtifact } from '../../runs/artifacts/artifacts.queries';
import { findArtifact } from '../../runs/artifacts/artifacts.store';
import { requireSigned } from '../../runs/artifacts/signedLinks';
import { type Authenticate, identify, keyFromHeaders } from './credentials';
import { sendArtifact } from './sendArtifact';

interface Download {
  readonly Params: { readonly id: string };
  readonly Querystring: Readonly<Record<string, unknown>>;
}

/**
 * `GET` and `HEAD /artifacts/<id>`, the `downloadUrl` of an artifact. Requires an API key or the signature of a
 * `signedLink`. A key goes through the API's guarded `authenticate`; without the guard, callers could try keys here at
 * full speed.
 */
export const artifactRoutes =
  (app: App, authenticate: Authenticate): FastifyPluginCallback =>
  (server, _options, done) => {
    const find = async ({ headers, info, params: { id }, query }: FastifyRequest<Download>): Promise<Artifact> => {
      const { expires, signature } = query;
      if (typeof signature !== 'string' || typeof expires !== 'string') {
        const actor = await identify(authenticate, keyFromHeaders(headers), info.address);
        return (await readArtifact(app, actor, id)).artifact;
      }
      await requireSigned(app, id, { expires, signature });
      const artifact = isId(id) ? await findArtifact(app.database, id) : undefined;
      if (artifact === undefined) throw notFound('artifact', id);
      return artifact;
    };
    server.route<Download>({
      method: ['GET', 'HEAD'],
      url: '/artifacts/:id',
      handler: async (request, reply) => sendArtifact(app, reply, await find(request)),
    });
    done();
  };
