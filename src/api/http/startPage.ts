import type { FastifyPluginCallback } from 'fastify';

/** `GET /`: links for people who open the server's address. Links are relative, for proxies that add a prefix. */
export const startPage: FastifyPluginCallback = (server, _options, done) => {
  server.route({
    method: ['GET', 'HEAD'],
    url: '/',
    handler: async (_request, reply) =>
      reply
        .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
        .type('text/html; charset=utf-8')
        .send(page),
  });
  done();
};

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Slipway</title>
    <link rel="icon" href="data:,">
    <style>body { font: 1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }</style>
  </head>
  <body>
    <h1>Slipway</h1>
    <p>This is the address of a Slipway server: a deployment manager with a GraphQL API.</p>
    <ul>
      <li><a href="graphql">GraphiQL</a>: try the API in the browser, with its documentation. Needs an API key.</li>
      <li><code>POST graphql</code>: the API. Subscriptions use WebSockets or server-sent events at the same path.</li>
      <li><a href="schemas/definitions.json">JSON Schema</a> of workflows and pipelines, for editors.</li>
      <li>Health: <a href="healthz">healthz</a>, <a href="readyz">readyz</a>.</li>
    </ul>
    <p>In a terminal: <code>slipway --help</code>. The documentation is in the folder <code>docs</code> of the sources.</p>
  </body>
</html>
`;
