import { documentShapes } from './documentShapes';
import type { JsonSchema } from './shape';

/**
 * JSON Schema of all documents, for editors. Rules that it can't express, such as names of other documents, are checked
 * by the server. It never rejects a document that the server accepts.
 */
export function definitionsSchema(): JsonSchema {
  const $defs: Record<string, unknown> = {};
  const lift = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(lift);
    if (typeof value !== 'object' || value === null) return value;
    const { $def, ...rest } = value as JsonSchema;
    const name = String(rest.$ref).split('/').at(-1) ?? '';
    if ($def !== undefined && !Object.hasOwn($defs, name)) {
      $defs[name] = {};
      $defs[name] = lift($def);
    }
    return Object.fromEntries(Object.entries(rest).map(([key, one]) => [key, lift(one)]));
  };
  const anyKind = { oneOf: Object.values(documentShapes).map(({ json }) => json) };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Slipway definitions',
    description: 'A document that describes an application, or a list of documents.',
    ...(lift({ oneOf: [...anyKind.oneOf, { type: 'array', items: anyKind }] }) as JsonSchema),
    $defs,
  };
}
