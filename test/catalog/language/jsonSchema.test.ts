import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import fc from 'fast-check';
import { parse as parseToml } from 'smol-toml';
import { parseAllDocuments } from 'yaml';
import { parseDefinitions } from '../../../src/catalog/language/parseDefinitions';
import { definitionsSchema } from '../../../src/catalog/language/jsonSchema';
import { writePipeline, writeWorkflow } from '../../../src/catalog/language/writeDocument';
import { anyPipeline, anyWorkflow } from './anyDefinition';
import { shop } from './documents';
import { errorsOf, parsed } from './errorsOf';
import { shapeFixtures } from './shapeFixtures';

const examples = join(__dirname, '../../../examples');
const reference = readFileSync(join(examples, 'reference/slipway.yaml'), 'utf8');
const schema = definitionsSchema();
const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true, strictTypes: false }).compile(schema);

const documentsOf = (source: string): unknown[] =>
  parseAllDocuments(source, { uniqueKeys: false })
    .map((document) => document.toJS() as unknown)
    .filter((document) => document !== null);

function problemsOf(documents: readonly unknown[]) {
  return documents.flatMap((document) => (validate(document) ? [] : (validate.errors ?? [])));
}

/** Rules about text, about several documents or keys together, and about values that JSON lacks. */
const notExpressible: readonly (string | RegExp)[] = [
  /^SYNTAX: /,
  /^TOO_LARGE: nesting/,
  /^BAD_CHARACTER: /,
  /^EMPTY_SOURCE: /,
  /^DUPLICATE_NAME: /,
  /^MATRIX_COMBINATION: /,
  'EMPTY_MATRIX: a matrix with everything excluded',
  'DUPLICATE_KEY: one spelling',
  'BAD_DURATION: half of a second where whole ones are asked for',
  'BAD_DURATION: 400d',
  'BAD_VALUE: two strategies for a failure',
  'BAD_VALUE: a detached task that waits for a person',
  'BAD_VALUE: a shell that would take the path of the command for a command',
];
const isExpressible = (name: string) =>
  !notExpressible.some((one) => (typeof one === 'string' ? one === name : one.test(name)));

describe('the JSON Schema of definitions', () => {
  // Files of FirstGen are what the import reads.
  const files = readdirSync(examples, { recursive: true, encoding: 'utf8' }).filter(
    (file) => /\.(yaml|toml)$/.test(file) && !file.startsWith('firstgen'),
  );

  it.each(files)('accepts examples/%s', (file) => {
    const source = readFileSync(join(examples, file), 'utf8');
    expect(problemsOf(file.endsWith('.toml') ? [parseToml(source)] : documentsOf(source))).toEqual([]);
  });

  it('accepts every document of the README, as the server does', () => {
    const text = readFileSync(join(__dirname, '../../../src/catalog/language/README.md'), 'utf8');
    const blocks = [...text.matchAll(/^```(yaml|toml)\n([\s\S]*?)^```$/gm)];
    expect(blocks.length).toBeGreaterThan(2);
    for (const [, format, source = ''] of blocks) {
      expect(problemsOf(format === 'toml' ? [parseToml(source)] : documentsOf(source))).toEqual([]);
      const read = parseDefinitions({ source, format: format === 'toml' ? 'TOML' : 'YAML', application: 'shop' });
      expect(read.problems.inOrder).toEqual({ errors: [], warnings: [] });
    }
  });

  it('accepts documents that the server writes', () => {
    const head = { application: 'shop', name: 'one' };
    fc.assert(
      fc.property(fc.oneof(anyWorkflow.map(writtenWorkflow), anyPipeline.map(writtenPipeline)), (source) => {
        expect(problemsOf([JSON.parse(source)])).toEqual([]);
      }),
      { numRuns: 120 },
    );
    function writtenWorkflow(definition: Parameters<typeof writeWorkflow>[1]) {
      return writeWorkflow(head, definition, 'JSON');
    }
    function writtenPipeline(definition: Parameters<typeof writePipeline>[1]) {
      return writePipeline(head, definition, 'JSON');
    }
  });

  it.each([
    [
      'keys in camelCase',
      'kind: Workflow\nname: w\nmaxParallel: 2\ntasks: { a: { cmd: x, dependsOn: [], retryDelay: 5 } }',
    ],
    ['keys without a value', `${shop}description:`],
    ['a workflow without a kind, as in TOML', 'name: w\ntasks: { a: { run: x } }'],
    ['a list of documents', '- { kind: Application, name: a }\n- { kind: Service, application: a, name: b }'],
  ])('accepts %s', (_, source) => {
    expect(problemsOf(documentsOf(source))).toEqual([]);
  });

  const fixtures = shapeFixtures.map((fixture) => ({ name: `${fixture.rule}: ${fixture.of}`, ...fixture }));

  it.each(fixtures.filter(({ name }) => isExpressible(name)))('rejects $name', ({ source }) => {
    expect(problemsOf(documentsOf(source))).not.toEqual([]);
  });

  it('expresses every rule that it can', () => {
    const names = fixtures.map(({ name }) => name).filter((name) => !isExpressible(name));
    const stale = notExpressible.filter(
      (one) => !names.some((name) => (typeof one === 'string' ? one === name : one.test(name))),
    );
    expect(stale).toEqual([]);
  });
});

describe('examples/reference', () => {
  it('has neither errors nor warnings', () => {
    expect(errorsOf(reference)).toEqual([]);
    expect(parsed(reference).problems.inOrder.warnings).toEqual([]);
  });

  it('shows every key of every kind', () => {
    const shown = new Map<object, Set<string>>();
    for (const document of documentsOf(reference)) note(document, schema, shown);
    const { Task, FinallyTask, ObserveTask } = schema.$defs as Record<string, { readonly properties: object }>;
    const missing = objectsIn(schema).flatMap((properties) =>
      Object.keys(properties).filter(
        (key) =>
          !shown.get(properties)?.has(key) &&
          // The keys of a task appear once.
          !([FinallyTask?.properties, ObserveTask?.properties].includes(properties) && key in (Task?.properties ?? {})),
      ),
    );
    expect(missing).toEqual([]);
  });
});

type Node = Readonly<Record<string, unknown>>;
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** `properties` of every object in a JSON Schema. */
function objectsIn(node: unknown): Node[] {
  if (!isNode(node)) return [];
  const { patternProperties: _otherSpelling, ...parts } = node;
  const own = isNode(node.properties) ? [node.properties] : [];
  return [...own, ...Object.values(parts).flatMap(objectsIn)];
}

/** Records which keys a value has, for every part of the schema that could apply to it. */
function note(value: unknown, part: unknown, shown: Map<object, Set<string>>): void {
  if (!isNode(value) || !isNode(part)) return;
  const { $ref, oneOf, anyOf, items, properties, additionalProperties } = part;
  if (typeof $ref === 'string') note(value, (schema.$defs as Node)[$ref.replace('#/$defs/', '')], shown);
  for (const one of [oneOf, anyOf].flat()) note(value, one, shown);
  if (Array.isArray(value)) for (const item of value) note(item, items, shown);
  else {
    for (const [key, one] of Object.entries(value)) {
      const known = isNode(properties) && Object.hasOwn(properties, key);
      if (known) shown.set(properties, (shown.get(properties) ?? new Set()).add(key));
      note(one, known ? properties[key] : additionalProperties, shown);
    }
  }
}
