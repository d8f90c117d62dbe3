import { randomUUID } from 'node:crypto';
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Actor } from '../../access/actor';
import { actionName } from '../../access/audit/actionNames';
import { audited } from '../../access/audit/audited';
import { invalidInput, type Refusal } from '../../kernel/errors';
import type { App } from '../../runs/app';
import { abortExecution } from '../../runs/commands/abortExecution';
import { continueExecution, pauseExecution } from '../../runs/commands/pauseExecution';
import { readExecution } from '../../runs/execution/executions.queries';
import { refusalFields } from '../graphql/errors';
import { type Authenticate, identify, keyFromHeaders } from '../http/credentials';
import { errorHandler, type HttpDetails, sendRefusalAs } from '../http/httpErrors';
import { parseJson, type ZodTypes } from '../http/requestBodies';
import { translateError } from './messages';
import { unsupported } from './unsupported';

const PREFIXES = ['/api', '/gateway/api'];

const body = z.object({ executionInterruptType: z.string('must be given, as text').max(100) });
const params = z.object({ id: z.string() });
const query = z.object({ appId: z.string().optional() });

type Interrupt = (app: App, actor: Actor, input: { applicationId: string; executionId: string }) => Promise<unknown>;

/** Interrupts of FirstGen that are commands of Slipway. */
const interrupts: Readonly<Record<string, { readonly mutation: string; readonly run: Interrupt }>> = {
  ABORT_ALL: { mutation: 'abortExecution', run: abortExecution },
  ABORT: { mutation: 'abortExecution', run: abortExecution },
  PAUSE_ALL: { mutation: 'pauseExecution', run: pauseExecution },
  RESUME_ALL: { mutation: 'continueExecution', run: continueExecution },
};

/**
 * FirstGen's REST routes that its clients use: `PUT /api/executions/<id>` interrupts an execution, and
 * `GET /api/external/v1/executions/<id>/status` reads its status. Both also under /gateway.
 */
export const firstGenRoutes =
  (app: App, authenticate: Authenticate): FastifyPluginCallback =>
  (server, _options, done) => {
    parseJson(server);
    server.addHook('onRequest', async (request) => {
      request.actor = await identify(authenticate, keyFromHeaders(request.headers), request.info.address);
    });
    server.setErrorHandler(errorHandler(app.log, sendEnvelope));
    const typed = server.withTypeProvider<ZodTypes>();
    for (const prefix of PREFIXES) {
      const schema = { params, body, querystring: query };
      typed.put(`${prefix}/executions/:id`, { schema }, async (request) =>
        envelope(await interrupt(app, request, { ...request.params, ...request.query, ...request.body })),
      );
      typed.get(`${prefix}/external/v1/executions/:id/status`, { schema: { params } }, async (request) => {
        const { status } = await readExecution(app, request.actor, request.params.id);
        return { status };
      });
    }
    done();
  };

interface Asked {
  readonly id: string;
  readonly appId?: string | undefined;
  readonly executionInterruptType: string;
}

async function interrupt(
  app: App,
  { actor, info, id: requestId }: Pick<FastifyRequest, 'actor' | 'info' | 'id'>,
  { id, appId, executionInterruptType: type }: Asked,
) {
  const known = Object.hasOwn(interrupts, type) ? interrupts[type] : undefined;
  if (known === undefined && !/^[A-Z_]+$/.test(type)) {
    throw invalidInput([{ field: 'executionInterruptType', value: type, rule: 'ONE_OF', message: knownTypes(type) }]);
  }
  const action = actionName(known?.mutation ?? 'interruptExecution');
  const asked = { ...(appId !== undefined && { applicationId: appId }), executionId: id, executionInterruptType: type };
  const applicationId = await audited(
    app,
    { actor, address: info.address, requestId, action, input: asked },
    async () => {
      if (known === undefined) {
        throw unsupported(type, `${knownTypes(type)} Mutations of GraphQL resume, retry and roll back.`);
      }
      const execution = await readExecution(app, actor, id);
      const input = { applicationId: appId ?? execution.applicationId, executionId: id };
      await known.run(app, actor, input);
      return input.applicationId;
    },
  );
  return {
    uuid: randomUUID(),
    appId: applicationId,
    executionUuid: id,
    executionInterruptType: type,
    seized: true,
    createdBy: { uuid: actor.id, name: actor.name },
  };
}

const knownTypes = (type: string): string =>
  `executionInterruptType must be one of ${Object.keys(interrupts).join(', ')}; it is "${type}".`;

const envelope = (resource: object | null, responseMessages: readonly object[] = []) => ({
  metaData: {},
  resource,
  responseMessages,
});

/** Errors in FirstGen's form: its clients read the first message. */
function sendEnvelope(reply: FastifyReply, refusal: Refusal, details?: HttpDetails) {
  const { message } = translateError({ message: refusal.message, extensions: refusalFields(refusal) });
  return sendRefusalAs(reply, refusal, envelope(null, [{ code: refusal.code, level: 'ERROR', message }]), details);
}
