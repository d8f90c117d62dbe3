import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'graphql';
import { createLimits } from '../../src/api/graphql/limits';
import { resolvers } from '../../src/api/graphql/resolvers';
import { buildGraphqlSchema } from '../../src/api/graphql/schema';

const root = join(__dirname, '../..');

it('each operation of our own clients costs less than the default limit', () => {
  const folder = join(root, 'src/client/operations');
  const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  // Printed, the schema would lack the sizes of its lists.
  const limits = createLimits(buildGraphqlSchema(resolvers));
  const document = parse(texts.join('\n'));
  const names = document.definitions.flatMap((one) =>
    one.kind === 'OperationDefinition' ? (one.name?.value ?? '') : [],
  );
  expect(names.length).toBeGreaterThan(40);
  for (const name of names) expect(() => limits.check(document, name, {})).not.toThrow();
});
