import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { pathOf } from './httpErrors';
import { socketSources } from './socketSources';

interface Asset {
  readonly type: string;
  readonly bytes: Buffer;
  readonly br: Buffer | undefined;
  readonly gzip: Buffer | undefined;
}

interface BuiltConsole {
  readonly page: string;
  readonly assets: ReadonlyMap<string, Asset>;
}

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/** Routes of the API at which a browser gets the page of the console for the same thing. */
const sharedWithApi: ReadonlySet<string | undefined> = new Set(['/jobs/:id/log']);

/**
 * The web console, which tools/build.cjs puts into dist/console. A browser that opens an address at which the API has
 * nothing to GET receives the console's page: it has addresses of its own, such as `/runs/<id>`. Requests of programs
 * are unaffected. All files are in memory, once for the process.
 */
export function consolePages(server: FastifyInstance): void {
  server.addHook('onRequest', async (request, reply) => {
    const { method, is404, routeOptions } = request;
    if (method !== 'GET' && method !== 'HEAD') return;
    if (!is404 && !sharedWithApi.has(routeOptions.url)) return;
    if (isOpenedByBrowser(request)) return sendPage(request, reply);
  });
  server.route({
    method: ['GET', 'HEAD'],
    url: '/',
    handler: async (request, reply) => sendPage(request, reply),
  });
  server.route<{ Params: { name: string } }>({
    method: ['GET', 'HEAD'],
    url: '/console/:name',
    handler: async ({ params, headers }, reply) => {
      const asset = built().assets.get(params.name);
      if (asset === undefined) return reply.callNotFound();
      // The name contains a hash of the content.
      reply.headers({
        'cache-control': 'public, max-age=31536000, immutable',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
        vary: 'accept-encoding',
      });
      const accepted = String(headers['accept-encoding'] ?? '');
      const encoding = (['br', 'gzip'] as const).find((one) => asset[one] && new RegExp(`\\b${one}\\b`).test(accepted));
      if (encoding !== undefined) reply.header('content-encoding', encoding);
      return reply.type(asset.type).send((encoding && asset[encoding]) ?? asset.bytes);
    },
  });
}

/** A key in a header is a program's: browsers can't add one to an address. Assets are never pages. */
const isOpenedByBrowser = ({ headers, url }: FastifyRequest): boolean =>
  headers.accept?.includes('text/html') === true &&
  headers['x-api-key'] === undefined &&
  headers.authorization === undefined &&
  !pathOf(url).startsWith('/console/');

function sendPage({ headers, url }: FastifyRequest, reply: FastifyReply): FastifyReply {
  // Relative, so that it also holds behind a proxy that adds a prefix.
  const base = '../'.repeat(pathOf(url).split('/').length - 2) || './';
  return reply
    .headers({ 'cache-control': 'no-cache', 'content-security-policy': policy(headers.host) })
    .type('text/html; charset=utf-8')
    .send(built().page.replace('<base href="./">', `<base href="${base}">`));
}

/** Allows this origin only, and no inline scripts or style elements. */
function policy(host: string | undefined): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self' data: blob:",
    "worker-src 'self'",
    `connect-src 'self'${socketSources(host)}`,
    "base-uri 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

let kept: BuiltConsole | undefined;

/** Read at the first request, so that programs and tests that open no page don't pay for it. */
function built(): BuiltConsole {
  kept ??= readBuilt();
  return kept;
}

function readBuilt(): BuiltConsole {
  const folder = [join(__dirname, '../../../console'), join(__dirname, '../../../dist/console')].find((one) =>
    existsSync(join(one, 'index.html')),
  );
  if (folder === undefined) throw new Error('The console is not built: run "npm run build".');
  const names = readdirSync(join(folder, 'console'));
  const read = (name: string) => readFileSync(join(folder, 'console', name));
  const compressed = (name: string) => (names.includes(name) ? read(name) : undefined);
  const assets = names.flatMap((name): [string, Asset][] => {
    const type = types[extname(name)];
    if (type === undefined) return [];
    return [[name, { type, bytes: read(name), br: compressed(`${name}.br`), gzip: compressed(`${name}.gz`) }]];
  });
  return { page: readFileSync(join(folder, 'index.html'), 'utf8'), assets: new Map(assets) };
}
