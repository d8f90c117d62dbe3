import { parseDefinitions } from '../../../src/catalog/language/parseDefinitions';
import { validateSource } from '../../../src/catalog/language/validateSource';
import type { WorkflowDefinition } from '../../../src/catalog/language/workflow';
import { shop } from './documents';

/** Warnings and errors, as `line:column rule place-in-template message`, and the documents. */
function read(source: string) {
  const found = parseDefinitions({ source, format: 'YAML' });
  validateSource(found, new Map());
  const { errors } = found.problems.inOrder;
  return {
    documents: found.documents.map(({ document }) => document),
    errors: errors.map(
      ({ rule, line, column, template: at }) =>
        `${line}:${column} ${rule}${at ? ` ${at.name} ${at.line}:${at.column}` : ''}`,
    ),
    messages: errors.map(({ message }) => message),
    workflow(name: string): WorkflowDefinition {
      const document = found.documents.find((one) => one.document.name === name)?.document;
      if (document?.kind !== 'Workflow') throw new Error(`no workflow ${name}`);
      return document.definition;
    },
  };
}

const node = `---
kind: Template
name: node
of: workflow
parameters:
  - { name: version, type: number, default: 22 }
  - { name: script, required: true, description: What to run }
  - { name: env, type: mapping, default: {} }
  - { name: labels, type: mapping }
  - { name: cache, type: boolean, default: true }
body:
  tags: [node]
  container: node:\${parameters.version}
  env: \${parameters.env}
  variables:
    - { name: LEVEL, default: info }
  tasks:
    install: { run: npm ci, retries: "\${parameters.version}" }
    test:
      run: npm run \${parameters.script} -- $\${parameters.script}
      labels: \${parameters.labels}
      if: \${parameters.cache} && LEVEL == "info"
      depends_on: [install]
`;
const use = (keys: string) => `${shop}${node}---\nkind: Workflow\napplication: shop\nname: web\nextends: node\n${keys}`;

describe('extends', () => {
  it('takes over the body of a template with typed parameters, and merges changes into it', () => {
    const { errors, workflow } = read(
      use(
        'with: { script: test, version: "2", env: { NODE_ENV: test } }\nenv: { CI: 1.10 }\ntags: [web]\nvariables: [{ name: LEVEL, default: debug }, { name: MORE }]\ntasks: { install: { timeout: 5m, retries: }, lint: { cmd: npm run lint }, test: { cmd: make, depends_on: [install, lint] } }\n',
      ),
    );
    expect(errors).toEqual([]);
    const { tasks, env, variables, container, extended } = workflow('web');
    expect({ env, image: container?.image }).toEqual({
      env: { NODE_ENV: 'test', CI: '1.10' },
      image: 'node:2',
    });
    expect(variables.map(({ name, defaultValue }) => [name, defaultValue])).toEqual([
      ['LEVEL', 'debug'],
      ['MORE', null],
    ]);
    expect(Object.keys(tasks)).toEqual(['install', 'test', 'lint']);
    expect(tasks.install).toMatchObject({ retries: 0, timeoutSeconds: 300, run: 'npm ci' });
    expect(tasks.test).toMatchObject({
      dependsOn: ['install', 'lint'],
      run: 'make',
      condition: 'true && LEVEL == "info"',
    });
    expect(extended?.uses).toEqual([expect.objectContaining({ name: 'node', revision: 1, pinned: false })]);
    expect(extended?.text).toContain('CI: 1.10');
  });

  it('reports problems at the use and in the template together', () => {
    const source = use(
      'with: { version: new, scrip: x, labels: { gpu: [] } }\nretries: 1\ntasks: { test: { depends_on: [instal] } }\n',
    );
    const { errors, messages } = read(source);
    expect(errors).toEqual([
      '30:10 MISSING_PARAMETER',
      '31:18 WRONG_VALUE_TYPE',
      '31:23 UNKNOWN_PARAMETER',
      '31:48 EMPTY',
      '32:1 UNKNOWN_FIELD',
      '33:31 UNKNOWN_TASK',
    ]);
    expect(messages.join()).toContain('(did you mean "script"?)');
    const broken = use('with: { script: x }\n').replace('retries: "$', 'retries: "x$').replace('tags:', 'tag:');
    expect(read(broken).errors).toEqual([
      '14:3 UNKNOWN_FIELD',
      '30:10 UNKNOWN_FIELD node 14:3',
      '30:10 WRONG_TYPE node 20:38',
    ]);
  });

  it('takes over templates of templates, and of stages, in an order that does not matter', () => {
    const source = `${shop}---
kind: Pipeline
application: shop
name: p
stages:
  - { extends: strict, with: { who: [Leads] }, name: Sign, elements: [{ name: decision, skip_condition: "1 == 2" }, { name: more, approval: { approvers: [B] } }] }
---
{ kind: Template, name: strict, of: stage, extends: sign, with: { group: "\${parameters.who}" }, parameters: [{ name: who, type: list }], body: { elements: [{ name: decision, approval: { timeout: 1h } }] } }
---
{ kind: Template, name: sign, of: stage, parameters: [{ name: group, type: list, default: [A] }], body: { elements: [{ name: decision, approval: { approvers: "\${parameters.group}" } }] } }
`;
    const { errors, documents } = read(source);
    expect(errors).toEqual([]);
    const pipeline = documents.find((one) => one.kind === 'Pipeline');
    expect(pipeline?.definition.stages).toMatchObject([
      {
        name: 'Sign',
        elements: [
          { name: 'decision', skipCondition: '1 == 2', approvers: ['Leads'], timeoutSeconds: 3600 },
          { name: 'more', approvers: ['B'] },
        ],
      },
    ]);
    expect(pipeline?.definition.extended?.uses.map(({ name }) => name).sort()).toEqual(['sign', 'strict']);
  });

  it.each([
    ['text', 'string', `"\${parameters.x}\${parameters.x}"`, 'text'],
    ['values', 'list', `["\${parameters.x}", "\${parameters.x}"]`, 'values'],
    ['levels', 'list', `${'['.repeat(40)}"\${parameters.x}"${']'.repeat(40)}`, 'levels deep'],
  ])('refuses templates that multiply their %s', (_, type, value, message) => {
    const parameters = `parameters: [{ name: x, type: ${type}, default: ${type === 'list' ? '[a]' : 'a'} }]`;
    const template = (index: number) =>
      `---\n{ kind: Template, name: t${index}, of: workflow, ${parameters}, ` +
      (index === 0
        ? 'body: { tasks: { one: { run: "true" } } } }'
        : `extends: t${index - 1}, with: { x: ${value} }, body: {} }`);
    const templates = Array.from({ length: 30 }, (__, index) => template(index)).join('\n');
    const { errors, messages } = read(
      `${shop}${templates}\n${use('').slice(shop.length).replace('extends: node', 'extends: t29')}`,
    );
    expect(errors.filter((error) => error.includes('TOO_LARGE'))).toHaveLength(1);
    expect(messages.join()).toContain(message);
  });

  it('refuses a text that repeats a long value', () => {
    const source = use(`with: { script: x, env: { A: ${'a'.repeat(100_000)} } }\n`);
    const long = source
      .replace('default: 22', `default: 22 }\n  - { name: long, default: ${'a'.repeat(100_000)}`)
      .replace('tags: [node]', `tags: [node]\n  description: "${`\${parameters.long}`.repeat(200)}"`);
    expect(read(long).errors.some((error) => error.includes('TOO_LARGE'))).toBe(true);
  });
});
