import type { FastifyPluginCallback } from 'fastify';
import { z } from 'zod';
import { beginSession, endSession } from '../../access/sessions';
import { Refusal } from '../../kernel/errors';
import type { App } from '../../runs/app';
import { addressGroup } from './addressGroup';
import { keyFromHeaders } from './credentials';
import { FailedKeys } from './failedKeys';
import type { GuardOptions } from './guards';
import { type Rate, RateLimit } from './rateLimit';
import { parseJson, type ZodTypes } from './requestBodies';

const text = z.string().min(1).max(4096);
const codeBody = z.strictObject({ code: text, codeVerifier: text, redirectUri: text, nonce: text });

/**
 * Sign-in of the console with the identity provider. `GET /auth/oidc` says where to send the person, `POST /auth/oidc`
 * exchanges the code that the person comes back with for the key of a session, and `DELETE /auth/session` ends one.
 * Limited by address, like invalid keys.
 */
export const signInRoutes =
  (app: App, rate: Rate, { clock, counts, onFailure }: GuardOptions): FastifyPluginCallback =>
  (server, _options, done) => {
    const limit = new RateLimit('sign-ins', rate, clock, counts, 'This address');
    const failed = new FailedKeys('failed sign-ins', clock, counts, onFailure);
    parseJson(server);
    server.get('/auth/oidc', async ({ info }) => {
      limit.take(addressGroup(info.address));
      return { authorization: app.webSignIn === null ? null : await app.webSignIn.authorization() };
    });
    server
      .withTypeProvider<ZodTypes>()
      .post('/auth/oidc', { bodyLimit: 32_768, schema: { body: codeBody } }, async ({ body, info }, reply) => {
        limit.take(addressGroup(info.address));
        const { webSignIn } = app;
        if (webSignIn === null) throw new Refusal('NOT_FOUND', 'No identity provider is configured.');
        const session = await failed.judge(body.code, info.address, () => beginSession(app, webSignIn, body, info));
        app.log.info({ requestId: info.id, userId: session.user.id }, 'a person signed in to the console');
        void reply.header('cache-control', 'no-store');
        return { key: session.key, expiresAt: session.expiresAt.toISOString(), user: session.user };
      });
    server.delete('/auth/session', async ({ headers, info }, reply) => {
      limit.take(addressGroup(info.address));
      await endSession(app, keyFromHeaders(headers) ?? '');
      return reply.code(204).send();
    });
    done();
  };
