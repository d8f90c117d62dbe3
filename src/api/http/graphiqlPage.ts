import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { invalidRequest, sendRefusal } from './httpErrors';
import { socketSources } from './socketSources';

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.graphql': 'text/plain; charset=utf-8',
};

/** Handles a GET that does not come from a browser. */
type AnswerGet = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** Files that tools/build.cjs makes of src/api/http/graphiql. */
const assets = ['boot.js', 'boot.css', 'examples.graphql'] as const;
type Asset = (typeof assets)[number];

interface KnownFile {
  readonly bytes: Buffer;
  readonly type: string;
  readonly version: string;
}

let kept: ReadonlyMap<string, KnownFile> | undefined;

/** Read once for the process. */
function files(): ReadonlyMap<string, KnownFile> {
  kept ??= new Map(
    assets.map((name) => {
      const bytes = readFileSync(locate(name));
      const version = createHash('sha256').update(bytes).digest('base64url').slice(0, 12);
      return [name, { bytes, type: types[extname(name)] ?? 'application/octet-stream', version }];
    }),
  );
  return kept;
}

/**
 * GraphiQL, served without a CDN: it works without internet access, and no third-party script sees an API key. All
 * files are in memory by name, so a request never touches the file system. Links contain a content hash, so browsers
 * can cache files forever and still load new ones after an update.
 */
export const graphiql =
  (answerGet: AnswerGet) =>
  (server: FastifyInstance): void => {
    // Relative to the page, so that GraphiQL also works behind a proxy that adds a prefix.
    const link = (name: Asset) => `graphql/assets/${name}?v=${files().get(name)?.version}`;

    server.route({
      method: ['GET', 'HEAD'],
      url: '/graphql',
      handler: async (request, reply) => {
        const { method, headers } = request;
        if (!headers.accept?.includes('text/html')) {
          return method === 'GET' ? answerGet(request, reply) : notAllowed(method, reply);
        }
        reply.headers({ 'cache-control': 'no-cache', 'content-security-policy': policy(headers.host) });
        return reply.type('text/html; charset=utf-8').send(pageHtml(link));
      },
    });
    server.route({
      method: ['PUT', 'PATCH', 'DELETE', 'OPTIONS'],
      url: '/graphql',
      onRequest: async ({ method }, reply) => notAllowed(method, reply),
      handler: async () => undefined,
    });
    server.route<{ Params: { name: string }; Querystring: { v?: string } }>({
      method: ['GET', 'HEAD'],
      url: '/graphql/assets/:name',
      handler: async ({ params, query }, reply) => {
        const file = files().get(params.name);
        if (!file) return reply.callNotFound();
        const caching = query.v === file.version ? 'public, max-age=31536000, immutable' : 'no-cache';
        reply.headers({ 'cache-control': caching, 'content-security-policy': "default-src 'none'" });
        return reply.type(file.type).send(file.bytes);
      },
    });
  };

function notAllowed(method: string, reply: FastifyReply) {
  const message = `GraphQL operations are sent with POST and "Content-Type: application/json", queries also with GET, but not with ${method}. A browser gets GraphiQL here.`;
  return sendRefusal(reply, invalidRequest('method', method, message), {
    status: 405,
    headers: { allow: 'GET, POST' },
  });
}

/** Next to the compiled code; when running from source, in the built output. */
function locate(name: Asset): string {
  const built = join(__dirname, '../../../graphiql', name);
  return existsSync(built) ? built : join(__dirname, '../../../dist/graphiql', name);
}

/**
 * Allows this origin only. GraphiQL's editor writes style elements, hence 'unsafe-inline' for styles.
 */
function policy(host: string | undefined): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self' data:",
    "img-src 'self' data:",
    "worker-src 'self' blob:",
    `connect-src 'self'${socketSources(host)}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join('; ');
}

function pageHtml(link: (name: Asset) => string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Slipway · GraphiQL</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="${link('boot.css')}">
  </head>
  <body>
    <div id="slipway" data-examples="${link('examples.graphql')}">Loading GraphiQL …</div>
    <noscript>GraphiQL needs JavaScript. The API itself does not: send operations with POST to this address.</noscript>
    <script src="${link('boot.js')}"></script>
  </body>
</html>
`;
}
