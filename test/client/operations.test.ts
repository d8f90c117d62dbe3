import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, parse } from 'graphql';
import { createLimits } from '../../src/api/graphql/limits';

const root = join(__dirname, '../..');

it('each operation of our own clients costs less than the default limit', () => {
  const folder = join(root, 'src/client/operations');
  const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  const limits = createLimits(buildSchema(readFileSync(join(root, 'schema/schema.graphql'), 'utf8')));
  const document = parse(texts.join('\n'));
  const names = document.definitions.flatMap((one) =>
    one.kind === 'OperationDefinition' ? (one.name?.value ?? '') : [],
  );
  expect(names.length).toBeGreaterThan(40);
  for (const name of names) expect(() => limits.check(document, name, {})).not.toThrow();
});
