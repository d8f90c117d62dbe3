import { serverUrl } from '../../data/server';
import type { JsonSchema, SchemaDocument } from './schemaAt';

let asked: Promise<SchemaDocument | undefined> | undefined;

/** The JSON Schema of definitions, asked once. Undefined if the server does not respond: completion is a help only. */
export function definitionsSchema(): Promise<SchemaDocument | undefined> {
  asked ??= fetch(`${serverUrl}/schemas/definitions.json`).then(
    async (response) => (response.ok ? ((await response.json()) as JsonSchema as SchemaDocument) : undefined),
    () => {
      asked = undefined;
      return undefined;
    },
  );
  return asked;
}
