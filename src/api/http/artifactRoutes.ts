import type { IncomingMessage, ServerResponse } from 'node:http';
import { subjectFor } from '../../access/visible';
import type { App } from '../../runs/app';
import { type Authenticate, identify, keyFromHeaders } from './credentials';
import type { Exchange, Route } from './httpServer';
import { isId } from '../../kernel/ids';
import { notFound } from '../../kernel/errors';
import { findArtifact, findExecutionRows } from '../../runs/artifacts/artifacts.store';
import { sendArtifact } from './sendArtifact';

const PREFIX = '/artifacts/';

/** `GET /artifacts/<id>`: what `downloadUrl` of an artifact points to. Asks for an API key like everything else. */
export class ArtifactRoutes implements Route {
  /** `authenticate`: the same guarded door as that of the API, or keys could be tried here without getting slow. */
  constructor(
    private readonly app: App,
    private readonly authenticate: Authenticate,
  ) {}

  match(method: string, path: string): boolean {
    return method === 'GET' && path.startsWith(PREFIX);
  }

  async handle(req: IncomingMessage, res: ServerResponse, exchange: Exchange): Promise<void> {
    const actor = await identify(this.authenticate, keyFromHeaders(req.headers), exchange.request.address);
    const id = exchange.path.slice(PREFIX.length);
    const artifact = isId(id) ? await findArtifact(this.app.database, id) : undefined;
    const [execution] = artifact === undefined ? [] : await findExecutionRows(this.app.database, artifact.executionId);
    if (artifact === undefined || execution === undefined) throw notFound('artifact', id);
    const subject = await subjectFor(this.app, 'Execution', execution);
    if (!actor.access.can('READ', 'Execution', subject)) throw notFound('artifact', id);
    await sendArtifact(this.app, res, artifact);
  }
}
