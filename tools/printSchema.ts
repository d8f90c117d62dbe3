import 'reflect-metadata';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { resolvers } from '../src/api/graphql/resolvers';
import { buildGraphqlSchema, schemaText } from '../src/api/graphql/schema';

/** Writes the public schema to schema/schema.graphql; with `--check` only says, by its exit code, whether that file is up to date. */
const file = resolve('schema/schema.graphql');
const text = schemaText(buildGraphqlSchema(resolvers));

if (!process.argv.includes('--check')) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
} else if (readFileSync(file, 'utf8') !== text) {
  process.stderr.write(`${file} is out of date. Run "npm run schema" and commit it.\n`);
  process.exitCode = 1;
}
