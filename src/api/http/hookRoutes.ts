import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import type { App } from '../../runs/app';
import type { HookDesk, KnownHook } from '../../runs/triggers/hookDesk';
import { receiveDelivery } from '../../runs/triggers/receiveDelivery';
import type { HookGate } from './hookGate';
import type { RateLimit } from './rateLimit';
import { limitBodyTime } from './requestBodies';

interface Delivery {
  readonly Params: { readonly path: string };
  readonly Body: Buffer | undefined;
}

/**
 * `POST /hooks/<path>`: webhooks for triggers. The address is looked up before the body is read, the signature is
 * checked before it is parsed, and the response with the ID of the firing is sent once it is stored.
 */
export const hookRoutes =
  (app: App, desk: HookDesk, gate: HookGate, limit: RateLimit): FastifyPluginCallback =>
  (server, _options, done) => {
    const hooks = new WeakMap<FastifyRequest, KnownHook>();
    server.removeAllContentTypeParsers();
    server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body));
    limitBodyTime(server);
    server.addHook('onResponse', (request, { statusCode: status }, logged) => {
      const { refusal, info } = request;
      const triggerId = hooks.get(request)?.trigger.id ?? null;
      if (refusal !== undefined) gate.note({ code: refusal.code, status, address: info.address, triggerId });
      logged();
    });
    server.route<Delivery>({
      method: 'POST',
      url: '/hooks/:path',
      bodyLimit: app.config.SLIPWAY_HOOK_MAX_BYTES,
      config: { logsRefusals: true },
      onRequest: async (request) => {
        hooks.set(request, await gate.find(request.params.path, request.info.address));
      },
      handler: async (request, reply) => {
        const hook = hooks.get(request);
        if (hook === undefined) throw new Error('a webhook has no trigger');
        const delivery = { headers: request.headers, body: request.body ?? Buffer.alloc(0) };
        gate.verify(hook, delivery, request.info.address);
        limit.take(hook.trigger.id);
        const contentType = request.headers['content-type'] ?? '';
        return reply.code(202).send(await receiveDelivery(app, desk, hook, delivery, contentType));
      },
    });
    done();
  };
