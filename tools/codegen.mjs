import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { codegen } from '@graphql-codegen/core';
import * as typedDocuments from '@graphql-codegen/typed-document-node';
import * as operations from '@graphql-codegen/typescript-operations';
import { parse } from 'graphql';

/**
 * Writes the typed documents of the client: a type and a document for each operation and fragment of src/client/operations. With `--check` it writes
 * nothing and fails where that would change something. (The generator's own command line needs a newer Node than Slipway does.)
 */
const folder = 'src/client/operations';
const file = 'src/client/generated.ts';
const read = (path) => parse(readFileSync(path, 'utf8'));

const text = await codegen({
  filename: file,
  schema: read('schema/schema.graphql'),
  documents: readdirSync(folder)
    .sort()
    .map((name) => ({ location: `${folder}/${name}`, document: read(`${folder}/${name}`) })),
  config: {
    // A better description is no other type: it must not have to be generated again.
    disableDescriptions: true,
    documentMode: 'string',
    enumType: 'string-literal',
    immutableTypes: true,
    inlineFragmentTypes: 'combine',
    scalars: { DateTime: 'string', ID: 'string', JSON: 'unknown', Number: 'number' },
    skipTypename: true,
    strictScalars: true,
    useTypeImports: true,
  },
  plugins: [{ operations: {} }, { typedDocuments: {} }],
  pluginMap: { operations, typedDocuments },
});

if (!process.argv.includes('--check')) {
  writeFileSync(file, text);
} else if (readFileSync(file, 'utf8') !== text) {
  process.stderr.write(`${file} is out of date. Run "npm run codegen" and commit it.\n`);
  process.exitCode = 1;
}
