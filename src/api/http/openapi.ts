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
import { type RefusalCode, refusalCodes } from '../../kernel/errors';
import { fileRoutes } from './openapiFiles';
import type { Answer, Described, Parameter } from './openapiTypes';

interface Route {
  readonly method: string;
  readonly url: string;
  readonly schema: { readonly body?: unknown; readonly querystring?: unknown } | undefined;
}

const optional = (name: string, description: string): Parameter => ({
  ...{ in: 'query', name, description, required: false, schema: z.string() },
});

/** Description of each route, by method and path. Other routes are in the document without a summary. */
const described: Readonly<Record<string, Described>> = {
  ...fileRoutes,
  'GET /': { summary: 'Page with links, for people' },
  'GET /healthz': { summary: '200 while the process runs' },
  'GET /readyz': { summary: '200 while the server can work, else 503 with the reason' },
  'GET /metrics': { summary: 'Metrics for Prometheus, if a token for them is configured' },
  'GET /openapi.json': { summary: 'This document' },
  'GET /schema.graphql': { summary: 'GraphQL schema' },
  'GET /operations.json': { summary: 'Ready-made GraphQL operations' },
  'POST /auth/exchange': { summary: 'Exchanges the token of a CI job for an API key, by a trust rule' },
  'GET /auth/oidc': { summary: 'Identity provider with which people sign in to the console' },
  'POST /auth/oidc': { summary: 'Exchanges the code of the identity provider for the key of a session' },
  'DELETE /auth/session': { summary: 'Ends a session' },
  'GET /schemas/definitions.json': { summary: 'JSON Schema of definitions, for editors' },
  'GET /graphql': { summary: 'GraphiQL, for browsers' },
  'POST /graphql': { summary: 'GraphQL query or mutation' },
  'GET /graphql/stream': { summary: 'GraphQL operation as server-sent events' },
  'POST /graphql/stream': { summary: 'GraphQL operation as server-sent events' },
  'POST /agent/v1/register': {
    summary: 'Registers an agent',
    answers: { 201: { description: 'The agent is registered', response: registerResponse } },
  },
  'POST /agent/v1/claim': {
    summary: 'Waits for jobs',
    answers: { 200: { description: 'Jobs, or news', response: claimResponse }, 204: { description: 'No jobs' } },
  },
  'POST /agent/v1/start': { summary: 'Reports that commands are about to start', response: startResponse },
  'POST /agent/v1/renew': { summary: 'Extends leases, and waits for cancellations', response: renewResponse },
  'POST /agent/v1/finish': { summary: 'Reports the ends of jobs', response: finishResponse },
  'POST /agent/v1/logs': { summary: 'Appends to the logs of several jobs', response: logsResponse },
  'POST /agent/v1/leave': { summary: 'Ends the registration of an agent' },
  'POST /agent/v1/jobs/{jobId}/log': { summary: 'Appends to the log of a job', response: logResponse },
  'POST /agent/v1/jobs/{jobId}/report': { summary: 'Test results and summary of a job' },
  'GET /agent/v1/jobs/{jobId}/artifacts': {
    summary: 'Files that a job may download',
    path: { jobId: 'ID of the job' },
    parameters: [
      ...[optional('from', 'Name of the task whose files are listed. Defaults to all')],
      ...[optional('name', 'Pattern of names, such as `dist/**`. Defaults to all')],
    ],
    response: artifactsResponse,
    errors: ['UNAUTHENTICATED', 'NOT_FOUND', 'INVALID_INPUT', 'STALE_CLAIM', 'TOO_LARGE'],
  },
};

/** Paths that need neither a key nor a token. */
const open =
  /^\/(healthz|readyz|openapi\.json|schema\.graphql|operations\.json|auth\/(exchange|oidc)|hooks\/.*|schemas\/.*|graphql\/assets\/.*)?$/;

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
  const route = described[`${method} ${path}`] ?? described[`GET ${path}`] ?? { summary: `${method} ${path}` };
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
      const description = route.path?.[name];
      return { name, in: 'path', required: true, schema: { type: 'string' }, ...(description && { description }) };
    }),
    ...(route.parameters ?? []).map((one) => ({ ...one, schema: schemaOf(one.schema, 'input') })),
  ];
  const body = schema?.body instanceof z.ZodType ? json(schema.body, 'input') : route.body;
  const answers = route.answers ?? {
    200: { description: 'Success', ...(route.response && { response: route.response }) },
  };
  return {
    summary: route.summary,
    ...(parameters.length > 0 && { parameters }),
    security: route.security ?? securityOf(path),
    ...(body && { requestBody: { required: true, content: body } }),
    responses: {
      ...errorsOf(route.errors ?? []),
      ...Object.fromEntries(Object.entries(answers).map(([status, one]) => [status, answerOf(method, status, one)])),
      default: ERROR,
    },
  };
}

function securityOf(path: string): readonly object[] {
  if (open.test(path)) return [];
  return path.startsWith('/agent/') ? [{ token: [] }] : [{ apiKey: [] }, { token: [] }];
}

/** A `HEAD` request gets the headers only. */
function answerOf(method: string, status: string, { description, response, content, headers = {} }: Answer): object {
  const failed = Number(status) >= 400 ? ERROR.content : undefined;
  const body = response ? json(response, 'output') : (content ?? failed);
  const described = Object.entries(headers).map(([name, text]) => [name, { description: text, schema: TEXT }]);
  return {
    description,
    ...(described.length > 0 && { headers: Object.fromEntries(described) }),
    ...(body && method !== 'HEAD' && { content: body }),
  };
}

/** One response for each status, with the meanings of its codes. */
function errorsOf(codes: readonly RefusalCode[]): Record<string, object> {
  const meanings = new Map<number, string[]>();
  for (const code of codes) {
    const { http, meaning } = refusalCodes[code];
    meanings.set(http, [...(meanings.get(http) ?? []), `${code}: ${meaning}`]);
  }
  return Object.fromEntries([...meanings].map(([http, texts]) => [http, { ...ERROR, description: texts.join(' ') }]));
}

const TEXT = { type: 'string' };

const schemaOf = (type: z.ZodType, io: 'input' | 'output') => {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io, unrepresentable: 'any' });
  return schema;
};
const json = (type: z.ZodType, io: 'input' | 'output') => ({ 'application/json': { schema: schemaOf(type, io) } });
