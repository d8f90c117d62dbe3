import { type Completion, type CompletionResult, snippetCompletion } from '@codemirror/autocomplete';
import { placeAt } from './placeAt';
import { alternatives, type JsonSchema, type SchemaDocument, schemasAt } from './schemaAt';

/** Keys and values that the schema knows at a position of a text in YAML. */
export function completions(
  schema: SchemaDocument | undefined,
  text: string,
  position: number,
  explicit: boolean,
): CompletionResult | null {
  const place = placeAt(text, position);
  if (schema === undefined || place === undefined) return null;
  const { kind, path, key, siblings, indent, word } = place;
  if (word === '' && !explicit && key === undefined) return null;
  const document = kind === undefined ? undefined : schema.$defs[kind];
  const from: JsonSchema = document ?? { oneOf: (schema.oneOf ?? []).filter((one) => one.$ref !== undefined) };
  const options =
    key === undefined
      ? keysOf(schema, schemasAt(schema, from, path), siblings, indent)
      : valuesOf(schema, schemasAt(schema, from, [...path, { key }]));
  return options.length === 0 ? null : { from: position - word.length, options, validFor: /^[\w.-]*$/ };
}

function keysOf(
  root: SchemaDocument,
  schemas: readonly JsonSchema[],
  taken: readonly string[],
  indent: number,
): Completion[] {
  const found = new Map<string, Completion>();
  for (const schema of schemas.flatMap((one) => alternatives(root, one))) {
    for (const [name, own] of Object.entries(schema.properties ?? {})) {
      if (taken.includes(name) || found.has(name)) continue;
      const required = schema.required?.includes(name) === true;
      const option = { label: name, detail: required ? `${typeText(root, own)}, required` : typeText(root, own) };
      const info = descriptionOf(root, own);
      const boost = required ? 1 : 0;
      found.set(
        name,
        snippetCompletion(`${name}:${startOf(root, own, indent)}`, { ...option, boost, ...(info && { info }) }),
      );
    }
  }
  return [...found.values()];
}

/** What follows a key: a mapping or a list begins on the next line. */
function startOf(root: SchemaDocument, schema: JsonSchema, indent: number): string {
  const types = typesOf(root, schema);
  const below = `\n${' '.repeat(indent + 2)}`;
  if (types.has('string') || types.has('number') || types.has('integer') || types.has('boolean')) return ' ';
  if (types.has('array')) return `${below}- `;
  return types.has('object') ? below : ' ';
}

function valuesOf(root: SchemaDocument, schemas: readonly JsonSchema[]): Completion[] {
  const found = new Map<string, Completion>();
  for (const schema of schemas.flatMap((one) => alternatives(root, one))) {
    const values = schema.const !== undefined ? [schema.const] : (schema.enum ?? []);
    const all = types(schema).includes('boolean') ? [...values, true, false] : values;
    for (const value of all) if (value !== null) found.set(String(value), { label: String(value) });
  }
  return [...found.values()];
}

const types = ({ type }: JsonSchema): readonly string[] => (type === undefined ? [] : [type].flat());

function typesOf(root: SchemaDocument, schema: JsonSchema): ReadonlySet<string> {
  const of = (one: JsonSchema) => {
    if (one.enum !== undefined || one.const !== undefined) return ['string'];
    return types(one);
  };
  return new Set(alternatives(root, schema).flatMap(of));
}

const words: Readonly<Record<string, string>> = {
  array: 'list',
  object: 'mapping',
  string: 'text',
  boolean: 'true or false',
};

const typeText = (root: SchemaDocument, schema: JsonSchema): string =>
  [...typesOf(root, schema)]
    .filter((type) => type !== 'null')
    .map((type) => words[type] ?? type)
    .join(' or ');

const descriptionOf = (root: SchemaDocument, schema: JsonSchema): string | undefined =>
  schema.description ?? alternatives(root, schema).find(({ description }) => description !== undefined)?.description;
