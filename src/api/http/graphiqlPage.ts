import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { OutgoingHttpHeaders } from 'node:http';
import { extname, join } from 'node:path';
import assets from './graphiql/assets.json';

export interface StaticFile {
  readonly bytes: Buffer;
  readonly headers: OutgoingHttpHeaders;
}

export interface Graphiql {
  /** The page as seen under the `Host` that the browser asked for. */
  page(host: string | undefined): StaticFile;
  /** The file at `/graphql/assets/<name>`, or nothing. */
  asset(path: string, url: string): StaticFile | undefined;
}

interface Asset {
  readonly bytes: Buffer;
  readonly type: string;
  readonly version: string;
}

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.graphql': 'text/plain; charset=utf-8',
};

/**
 * GraphiQL, served by ourselves: no CDN, so it works where there is no internet, and nobody else's script sees an API key.
 *
 * All files are in memory under their names; a request picks one from that list and never touches the file system. Each is linked
 * with a hash of its content, so browsers may keep it for ever and still get a new one after an update.
 */
export function createGraphiql(): Graphiql {
  const files = new Map<string, Asset>();
  for (const [name, source] of Object.entries(assets)) {
    const bytes = readFileSync(locate(name, source));
    const version = createHash('sha256').update(bytes).digest('base64url').slice(0, 12);
    files.set(name, { bytes, type: types[extname(name)] ?? 'application/octet-stream', version });
  }
  // Relative to the page, so that GraphiQL also works behind a proxy that adds a prefix.
  const link = (name: keyof typeof assets) => `graphql/assets/${name}?v=${files.get(name)?.version}`;
  const html = Buffer.from(pageHtml(link));

  return {
    page: (host) => ({
      bytes: html,
      headers: {
        'Content-Type': 'text/html; charset=utf-8',
        'Cache-Control': 'no-cache',
        'Content-Security-Policy': policy(host),
        'Referrer-Policy': 'no-referrer',
      },
    }),
    asset(path, url) {
      const file = files.get(path.slice('/graphql/assets/'.length));
      if (!file || !path.startsWith('/graphql/assets/')) return undefined;
      const versioned = url.endsWith(`?v=${file.version}`);
      return {
        bytes: file.bytes,
        headers: {
          'Content-Type': file.type,
          'Cache-Control': versioned ? 'public, max-age=31536000, immutable' : 'no-cache',
          'Content-Security-Policy': "default-src 'none'",
        },
      };
    },
  };
}

/** Beside the compiled code, where tools/build.cjs put it; or, when run from the sources, where it was taken from. */
function locate(name: string, source: string): string {
  const built = join(__dirname, '../../../graphiql', name);
  return existsSync(built) ? built : join(__dirname, '../../..', source);
}

/**
 * Everything from here only. GraphiQL's editor writes style elements, hence 'unsafe-inline' for styles alone. 'self' does not cover
 * WebSockets in every browser, so this host is named; a `Host` that is no host is left out rather than copied into a header.
 */
function policy(host: string | undefined): string {
  const sockets = host && /^[a-z0-9.:[\]-]+$/i.test(host) ? ` ws://${host} wss://${host}` : '';
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self' data:",
    "img-src 'self' data:",
    "worker-src 'self' blob:",
    `connect-src 'self'${sockets}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join('; ');
}

function pageHtml(link: (name: keyof typeof assets) => string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Slipway · GraphiQL</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="${link('graphiql.min.css')}">
    <link rel="stylesheet" href="${link('boot.css')}">
  </head>
  <body>
    <div id="slipway" data-examples="${link('examples.graphql')}">Loading GraphiQL …</div>
    <noscript>GraphiQL needs JavaScript. The API itself does not: send operations with POST to this address.</noscript>
    <script src="${link('react.production.min.js')}"></script>
    <script src="${link('react-dom.production.min.js')}"></script>
    <script src="${link('graphiql.min.js')}"></script>
    <script src="${link('boot.js')}"></script>
  </body>
</html>
`;
}
