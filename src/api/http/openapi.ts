import type { FastifyInstance, FastifyPluginCallback } from 'fastify';
import { z } from 'zod';
import { version } from '../../../package.json';
import {
  artifactsResponse,
  claimResponse,
  finishResponse,
  logResponse,
  logsResponse,
  registerResponse,
  renewResponse,
  startResponse,
} from '../../contract/agentProtocol';

interface Route {
  readonly method: string;
  readonly url: string;
  readonly schema: { readonly body?: unknown; readonly querystring?: unknown } | undefined;
}

interface Described {
  readonly summary: string;
  readonly response?: z.ZodType;
}

/** Summary of each route, by method and path. Other routes are in the document without a summary. */
const described: Readonly<Record<string, Described>> = {
  'GET /': { summary: 'Page with links, for people' },
  'GET /healthz': { summary: '200 while the process runs' },
  'GET /readyz': { summary: '200 while the server can work, else 503 with the reason' },
  'GET /metrics': { summary: 'Metrics for Prometheus, if a token for them is configured' },
  'GET /openapi.json': { summary: 'This document' },
  'GET /schema.graphql': { summary: 'GraphQL schema' },
  'GET /operations.json': { summary: 'Ready-made GraphQL operations' },
  'POST /auth/exchange': { summary: 'Exchanges the token of a CI job for an API key, by a trust rule' },
  'GET /schemas/definitions.json': { summary: 'JSON Schema of definitions, for editors' },
  'GET /artifacts/{id}': { summary: 'Content of an artifact; also with the signature of a signed link' },
  'GET /exports/{id}': { summary: 'Archive of executions, with the signature of its link' },
  'GET /exports/{id}/status': { summary: 'Status of an export of executions, with the signature of its link' },
  'GET /jobs/{id}/log': { summary: 'Log of a job as text; `timestamps=true` puts the time before each line' },
  'GET /graphql': { summary: 'GraphiQL, for browsers' },
  'POST /graphql': { summary: 'GraphQL query or mutation' },
  'GET /graphql/stream': { summary: 'GraphQL operation as server-sent events' },
  'POST /graphql/stream': { summary: 'GraphQL operation as server-sent events' },
  'POST /agent/v1/register': { summary: 'Registers an agent', response: registerResponse },
  'POST /agent/v1/claim': { summary: 'Waits for jobs; 204 if there are none', response: claimResponse },
  'POST /agent/v1/start': { summary: 'Reports that commands are about to start', response: startResponse },
  'POST /agent/v1/renew': { summary: 'Extends leases, and waits for cancellations', response: renewResponse },
  'POST /agent/v1/finish': { summary: 'Reports the ends of jobs', response: finishResponse },
  'POST /agent/v1/logs': { summary: 'Appends to the logs of several jobs', response: logsResponse },
  'POST /agent/v1/leave': { summary: 'Ends the registration of an agent' },
  'POST /agent/v1/jobs/{jobId}/log': { summary: 'Appends to the log of a job', response: logResponse },
  'POST /agent/v1/jobs/{jobId}/report': { summary: 'Test results and summary of a job' },
  'GET /agent/v1/jobs/{jobId}/artifacts': { summary: 'Files that a job may download', response: artifactsResponse },
  'GET /agent/v1/jobs/{jobId}/artifacts/{artifact}': { summary: 'Content of a file that a job may download' },
  'HEAD /agent/v1/jobs/{jobId}/artifacts/{artifact}': { summary: 'Offset from which an upload continues' },
  'PUT /agent/v1/jobs/{jobId}/artifacts/{artifact}': { summary: 'Uploads a whole file' },
  'PATCH /agent/v1/jobs/{jobId}/artifacts/{artifact}': { summary: 'Continues an upload at its offset' },
  'GET /agent/v1/jobs/{jobId}/cache': { summary: 'Content of a cache, by key or prefixes' },
  'PUT /agent/v1/jobs/{jobId}/cache': { summary: 'Saves a cache under a key' },
};

/** Paths that need neither a key nor a token. */
const open =
  /^\/(healthz|readyz|openapi\.json|schema\.graphql|operations\.json|auth\/exchange|hooks\/.*|schemas\/.*|graphql\/assets\/.*)?$/;

/** Must be called before the routes are registered. Returns the plugin that serves the document. */
export function documentRoutes(server: FastifyInstance): FastifyPluginCallback {
  const routes: Route[] = [];
  server.addHook('onRoute', ({ method, url, schema }) => {
    for (const one of [method].flat()) routes.push({ method: one, url, schema });
  });
  let text: string | undefined;
  return (plugin, _options, done) => {
    plugin.get('/openapi.json', async (_request, reply) => {
      text ??= `${JSON.stringify(openapiOf(routes), null, 2)}\n`;
      return reply.type('application/json; charset=utf-8').header('cache-control', 'public, max-age=300').send(text);
    });
    done();
  };
}

const ERROR = {
  description: 'Error, with a code of the catalog',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
};

/** OpenAPI document of everything that the server has registered. GraphQL has its own schema. */
function openapiOf(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const { method, url, schema } of routes) {
    const path = url.replace(/:(\w+)/g, '{$1}').replace(/\*$/, '{rest}');
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(method, path, schema) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Slipway',
      version,
      description: 'HTTP paths of a Slipway server. The API for people and scripts is GraphQL, at `POST /graphql`.',
    },
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
        token: { type: 'http', scheme: 'bearer' },
      },
      schemas: {
        Error: {
          type: 'object',
          required: ['error'],
          properties: {
            error: {
              type: 'object',
              required: ['code', 'message', 'retryable'],
              properties: { code: { type: 'string' }, message: { type: 'string' }, retryable: { type: 'boolean' } },
            },
          },
        },
      },
    },
  };
}

function operationOf(method: string, path: string, schema: Route['schema']): object {
  const { summary = `${method} ${path}`, response } = described[`${method} ${path}`] ?? described[`GET ${path}`] ?? {};
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => {
    return { name, in: 'path', required: true, schema: { type: 'string' } };
  });
  const body = schema?.body;
  const security = open.test(path)
    ? []
    : path.startsWith('/agent/')
      ? [{ token: [] }]
      : [{ apiKey: [] }, { token: [] }];
  return {
    summary,
    ...(parameters.length > 0 && { parameters }),
    security,
    ...(body instanceof z.ZodType && { requestBody: { required: true, content: json(body, 'input') } }),
    responses: {
      ...{ '200': { description: 'Success', ...(response && { content: json(response, 'output') }) } },
      default: ERROR,
    },
  };
}

const json = (type: z.ZodType, io: 'input' | 'output') => {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io, unrepresentable: 'any' });
  return { 'application/json': { schema } };
};
