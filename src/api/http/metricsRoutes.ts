import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyPluginCallback } from 'fastify';
import { Refusal } from '../../kernel/errors';
import { hashSecret, secretMatches } from '../../kernel/ids';
import type { Metrics } from '../../kernel/metrics';
import { requireBearer } from './credentials';
import type { FailedKeys } from './failedKeys';
import { pathOf } from './httpErrors';

/** `GET /metrics` on the port of the API, with a token of its own: a scraper needs no API key and gets no other data. */
export const metricsRoutes =
  (metrics: Metrics, token: string, failed: FailedKeys): FastifyPluginCallback =>
  (server, _options, done) => {
    const digest = hashSecret(token);
    const authenticate = async (given: string) => {
      if (!secretMatches(given, digest)) throw new Refusal('UNAUTHENTICATED', 'This token is not valid.');
    };
    server.get('/metrics', async ({ headers, info }, reply) => {
      const given = requireBearer(headers);
      await failed.judge(given, info.address, () => authenticate(given));
      const { type, text } = await metrics.answer(headers.accept);
      return reply.type(type).send(text);
    });
    done();
  };

export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

/** `GET /metrics` on a port of its own, for a network that only the scraper can reach: it asks for no token. */
export async function listenForScrapes(metrics: Metrics, port: number, host: string): Promise<MetricsServer> {
  const answer = async ({ method, url, headers }: IncomingMessage, response: ServerResponse) => {
    if (pathOf(url) !== '/metrics' || (method !== 'GET' && method !== 'HEAD')) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Metrics are at GET /metrics.\n');
      return;
    }
    const { type, text } = await metrics.answer(headers.accept);
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(method === 'HEAD' ? '' : text);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => resolve());
  });
  const { port: own } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${own}/metrics`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
