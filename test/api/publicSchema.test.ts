import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GraphQLNamedType, isSpecifiedDirective, isSpecifiedScalarType, parse, validate } from 'graphql';
import { resolvers } from '../../src/api/graphql/resolvers';
import { buildGraphqlSchema, schemaText } from '../../src/api/graphql/schema';
import { refusalCodes } from '../../src/kernel/errors';

const read = (path: string) => readFileSync(join(__dirname, '../..', path), 'utf8');
const schema = buildGraphqlSchema(resolvers);

describe('the committed schema', () => {
  it('matches the code (npm run schema)', () => {
    expect(read('schema/schema.graphql')).toBe(schemaText(schema));
  });

  it('describes every type, field, argument and value', () => {
    const types = Object.values(schema.getTypeMap()).filter(
      (type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type),
    );
    const directives = schema.getDirectives().filter((directive) => !isSpecifiedDirective(directive));
    const parts = [...types, ...directives].flatMap((part) => [{ path: part.name, of: part }, ...inside(part)]);
    expect(parts.length).toBeGreaterThan(300);
    expect(parts.filter(({ path, of }) => !of.description?.trim() && !roots.has(path)).map(({ path }) => path)).toEqual(
      [],
    );
  });
});

describe('schema/README.md', () => {
  const documented = [
    ...section(read('schema/README.md'), 'Error catalog').matchAll(
      /^\| `(\w+)` \| (\d+) \| (yes|no) \| (.+) \| (.+) \|$/gm,
    ),
  ];

  it('documents every code, and no other', () => {
    const code = Object.entries(refusalCodes).map(([name, { http, retryable }]) => [name, http, retryable]);
    expect(documented.map(([, name, http, retry]) => [name, Number(http), retry === 'yes'])).toEqual(code);
  });

  it('names the fields that the catalog names', () => {
    const named = (text: string) => [...text.matchAll(/`(\w+)`/g)].map(([, field]) => field);
    for (const [, name, , , meaning = '', advice = ''] of documented) {
      const fields = named(refusalCodes[name as keyof typeof refusalCodes]?.meaning ?? '');
      expect([name, named(meaning + advice)]).toEqual([name, expect.arrayContaining(fields)]);
    }
  });

  it('documents GraphQL’s own error codes', () => {
    const text = section(read('schema/README.md'), 'Over GraphQL');
    const codes = [...read('src/api/graphql/errors.ts').matchAll(/^ {2}'([A-Z_]+)',$/gm)].map(([, code]) => code ?? '');
    expect(codes.length).toBeGreaterThan(3);
    expect(codes.filter((code) => !text.includes(`| \`${code}\` |`) && code !== notSupported)).toEqual([]);
  });
});

it('accepts GraphiQL’s examples', () => {
  const examples = parse(read('src/api/http/graphiql/examples.graphql'));
  expect(validate(schema, examples).map(({ message }) => message)).toEqual([]);
});

/** Root types have no description; their fields do. */
const roots = new Set(['Query', 'Mutation', 'Subscription']);
/** Apollo's response to a persisted query: clients then send the whole query. */
const notSupported = 'PERSISTED_QUERY_NOT_SUPPORTED';

interface Described {
  readonly path: string;
  readonly of: { readonly description?: string | null | undefined };
}

/** Fields with their arguments, and enum values. */
function inside(part: GraphQLNamedType | { readonly name: string; readonly args: readonly Argument[] }): Described[] {
  const args = (path: string, list: readonly Argument[] = []) =>
    list.map((of) => ({ path: `${path}(${of.name})`, of }));
  if ('getValues' in part) return part.getValues().map((of) => ({ path: `${part.name}.${of.name}`, of }));
  if ('args' in part) return args(part.name, part.args);
  if (!('getFields' in part)) return [];
  return Object.values(part.getFields()).flatMap((of) => {
    const path = `${part.name}.${of.name}`;
    return [{ path, of }, ...args(path, 'args' in of ? of.args : [])];
  });
}

interface Argument {
  readonly name: string;
  readonly description?: string | null | undefined;
}

function section(text: string, title: string): string {
  return text.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';
}
