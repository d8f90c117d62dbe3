import type { FastifyInstance, FastifyTypeProvider } from 'fastify';
import type { z } from 'zod';
import { invalidInput } from '../../kernel/errors';

/** Time limit for a JSON body to arrive. Whole requests have no limit, because an artifact can take hours. */
const BODY_MS = 30_000;

export const jsonTypes = /^application\/(graphql\+)?json *(;|$)/i;

/**
 * Makes the routes of this plugin accept only JSON, up to their `bodyLimit`. `types: '*'` parses every content type as
 * JSON.
 */
export function parseJson(server: FastifyInstance, types: '*' | RegExp = jsonTypes): void {
  server.addContentTypeParser(types, { parseAs: 'string' }, (_request, text: string, done) => {
    try {
      done(null, JSON.parse(text));
    } catch (error) {
      const message = `The request body is not valid JSON: ${(error as Error).message}.`;
      done(invalidInput([{ field: 'body', value: text.slice(0, 100), rule: 'JSON', message }]));
    }
  });
  limitBodyTime(server);
}

/** Ends requests whose body does not arrive in time. */
export function limitBodyTime(server: FastifyInstance): void {
  server.addHook('preParsing', ({ method, raw }, _reply, payload, done) => {
    if (method === 'POST') {
      const timer = setTimeout(() => raw.destroy(), BODY_MS);
      payload.once('close', () => clearTimeout(timer));
    }
    done(null, payload);
  });
}

/** Types a route's body and query by its zod schemas. */
export interface ZodTypes extends FastifyTypeProvider {
  validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown;
}

/** Validates bodies and queries with the zod schemas of their routes. */
export function validateWithZod(server: FastifyInstance): void {
  server.setValidatorCompiler<z.ZodType>(({ schema }) => (value: unknown) => {
    const { data, error } = schema.safeParse(value);
    if (!error) return { value: data };
    const errors = error.issues.map(({ path, code, message }) => {
      const field = path.join('.') || 'body';
      return { field, value: null, rule: code, message: `${field}: ${message}` };
    });
    return { error: invalidInput(errors) };
  });
}
