import 'reflect-metadata';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { resolvers } from '../src/api/graphql/resolvers';
import { firstGenSchema } from '../src/api/firstgen/dialect';
import { buildGraphqlSchema, schemaText } from '../src/api/graphql/schema';
import { definitionsSchema } from '../src/catalog/language/jsonSchema';

/**
 * Writes the public schemas to the folder schema/; with `--check`, only reports through the exit code whether they are
 * current.
 */
const schema = buildGraphqlSchema(resolvers);
const schemas = {
  'schema.graphql': schemaText(schema),
  'firstgen.graphql': schemaText(firstGenSchema(schema)),
  'definitions.json': `${JSON.stringify(definitionsSchema(), null, 2)}\n`,
};

for (const [name, text] of Object.entries(schemas)) {
  const file = resolve('schema', name);
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`${file} is out of date. Run "npm run schema" and commit it.\n`);
    process.exitCode = 1;
  }
}
