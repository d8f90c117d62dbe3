import type { FastifyPluginCallback } from 'fastify';
import { exchangeToken } from '../../access/trust/exchangeToken';
import type { App } from '../../runs/app';
import { addressGroup } from './addressGroup';
import { requireBearer } from './credentials';
import { FailedKeys } from './failedKeys';
import type { GuardOptions } from './guards';
import { type Rate, RateLimit } from './rateLimit';

/**
 * `POST /auth/exchange` with the OpenID Connect token of a CI job as `Authorization: Bearer <token>`: an API key by a
 * trust rule. Limited by address, like invalid keys.
 */
export const trustRoutes =
  (app: App, rate: Rate, { clock, counts, onFailure }: GuardOptions): FastifyPluginCallback =>
  (server, _options, done) => {
    const limit = new RateLimit('token exchanges', rate, clock, counts, 'This address');
    const failed = new FailedKeys('failed token exchanges', clock, counts, onFailure);
    // A body has no meaning here, and clients such as curl announce one.
    server.addContentTypeParser('*', (_request, payload, parsed) => {
      payload.resume().once('end', () => parsed(null));
    });
    server.post('/auth/exchange', { bodyLimit: 1024 }, async ({ headers, info }) => {
      limit.take(addressGroup(info.address));
      const token = requireBearer(headers);
      const exchanged = await failed.judge(token, info.address, () => exchangeToken(app, token, info));
      const { value, apiKey, rule, subject } = exchanged;
      return { apiKey: value, apiKeyId: apiKey.id, expiresAt: apiKey.expiresAt?.toISOString(), rule, subject };
    });
    done();
  };
