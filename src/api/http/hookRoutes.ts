import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import { notFound } from '../../kernel/errors';
import type { App } from '../../runs/app';
import type { HookDesk, KnownHook } from '../../runs/triggers/hookDesk';
import { receiveDelivery, requireSignature } from '../../runs/triggers/receiveDelivery';
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
  (app: App, desk: HookDesk, limit: RateLimit): FastifyPluginCallback =>
  (server, _options, done) => {
    const hooks = new WeakMap<FastifyRequest, KnownHook>();
    server.removeAllContentTypeParsers();
    server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body));
    limitBodyTime(server);
    server.route<Delivery>({
      method: 'POST',
      url: '/hooks/:path',
      bodyLimit: app.config.SLIPWAY_HOOK_MAX_BYTES,
      onRequest: async (request) => {
        const hook = await desk.find(request.params.path);
        if (hook === null) throw notFound('webhook', 'of this address');
        hooks.set(request, hook);
      },
      handler: async (request, reply) => {
        const hook = hooks.get(request);
        if (hook === undefined) throw notFound('webhook', 'of this address');
        const delivery = { headers: request.headers, body: request.body ?? Buffer.alloc(0) };
        requireSignature(desk, hook, delivery);
        limit.take(hook.trigger.id);
        const contentType = request.headers['content-type'] ?? '';
        return reply.code(202).send(await receiveDelivery(app, desk, hook, delivery, contentType));
      },
    });
    done();
  };
