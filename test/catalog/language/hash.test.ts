import fc from 'fast-check';
import { canonicalPipeline, canonicalWorkflow } from '../../../src/catalog/language/canonical';
import { contentHash } from '../../../src/catalog/language/contentHash';
import { canonicalJson } from '../../../src/kernel/canonicalJson';
import type { AnyDocument } from '../../../src/catalog/language/documentShapes';
import { type DefinitionFormat, definitionFormats } from '../../../src/catalog/language/readDocuments';
import { writePipeline, writeWorkflow } from '../../../src/catalog/language/writeDocument';
import { anyPipeline, anyWorkflow } from './anyDefinition';
import { parsed } from './errorsOf';

const head = { application: 'shop', name: 'one' };

function definitionIn(source: string, format: DefinitionFormat = 'YAML') {
  const document = parsed(source, format).documents[0]?.document as AnyDocument;
  if (document.kind === 'Workflow') return canonicalWorkflow(document.definition);
  if (document.kind === 'Pipeline') return canonicalPipeline(document.definition);
  throw new Error('the source defines neither a workflow nor a pipeline');
}

const hashOf = (source: string): string => contentHash(definitionIn(source));

const written = `kind: Workflow
application: shop
name: one
environment: \${environment}
services: [web, inventory]
max_parallel: 4
timeout: 1h30m
tasks:
  build: { run: make, timeout: 90s }
  pack:
    run: |
      tar -c .
    depends_on: [build, test]
    artifacts: [a.tgz]
  test: { run: make test, depends_on: [build] }
`;

describe('the hash of a definition', () => {
  test.each([
    ['comments and empty lines', written.replace('tasks:', '# what it does\n\ntasks: # here')],
    ['the spelling of keys', written.replace('max_parallel', 'maxParallel').replaceAll('depends_on', 'dependsOn')],
    ['the order of keys', written.replace('build: { run: make, timeout: 90s }', 'build: { timeout: 90s, run: make }')],
    [
      'the order of tasks',
      written
        .replace('  build: { run: make, timeout: 90s }\n', '')
        .replace(/$/, '  build: { run: make, timeout: 90s }\n'),
    ],
    [
      'the order of what is a set',
      written.replace('[web, inventory]', '[inventory, web]').replace('[build, test]', '[test, build, test]'),
    ],
    ['the way to write durations', written.replace('1h30m', '5400').replace('90s', '1m30s')],
    [
      'what is the default anyway',
      written.replace('build: { run: make,', 'build: { run: make, grace: 10s, env: {}, description: "",'),
    ],
    ['the way to write text', written.replace('|\n      tar -c .', '"tar -c .\\n"')],
    ['the short form of artifacts', written.replace('[a.tgz]', '{ paths: ["./a.tgz"] }')],
  ])('does not depend on %s', (_, other) => {
    expect(other).not.toBe(written);
    expect(hashOf(other)).toBe(hashOf(written));
  });

  test.each([
    ['a command', written.replace('make test', 'make check')],
    ['a description', `${written}description: x\n`],
    ['a timeout', written.replace('90s', '91s')],
    ['the name of a task', written.replace('  test:', '  tests:').replace('[build, test]', '[build, tests]')],
  ])('depends on %s', (_, other) => {
    expect(hashOf(other)).not.toBe(hashOf(written));
  });

  test('is the SHA-256 of JSON with sorted keys', () => {
    expect(canonicalJson({ b: [2, 1], a: { d: null, c: 'ä' }, ['__proto__']: true })).toBe(
      '{"__proto__":true,"a":{"c":"ä","d":null},"b":[2,1]}',
    );
    expect(contentHash({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  });
});

describe('a definition that is written as a document and read again', () => {
  test.each(definitionFormats)('is the same workflow (%s)', (format) => {
    fc.assert(
      fc.property(anyWorkflow, (definition) => {
        const again = definitionIn(writeWorkflow(head, definition, format), format);
        expect(again).toEqual(definition);
        expect(contentHash(again)).toBe(contentHash(definition));
      }),
      { numRuns: 40 },
    );
  });

  test.each(definitionFormats)('is the same pipeline (%s)', (format) => {
    fc.assert(
      fc.property(anyPipeline, (definition) => {
        const again = definitionIn(writePipeline(head, definition, format), format);
        expect(again).toEqual(definition);
        expect(contentHash(again)).toBe(contentHash(definition));
      }),
      { numRuns: 40 },
    );
  });

  test('looks as if a person had written it', () => {
    expect(writeWorkflow(head, canonicalWorkflow(definitionIn(written) as never), 'YAML')).toBe(`kind: Workflow
application: shop
name: one
environment: \${environment}
services:
  - inventory
  - web
max_parallel: 4
timeout: 1h30m
tasks:
  build:
    run: make
    timeout: 1m30s
  test:
    run: make test
    depends_on:
      - build
  pack:
    run: |
      tar -c .
    depends_on:
      - build
      - test
    artifacts:
      - a.tgz
`);
  });
});
