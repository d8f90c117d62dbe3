import { parseDefinitions } from '../../../src/catalog/language/parseDefinitions';
import {
  composeEnvironment,
  envCircle,
  envReferences,
  literalReferences,
} from '../../../src/catalog/language/environmentValues';

const ref = (name: string) => `\${${name}}`;
const sources = {
  environment: { REGION: 'eu', RAW: ref('BASE') },
  workflowEnv: { BASE: '/srv', LOGS: `${ref('BASE')}/logs`, URL: `https://${ref('USER')}:${ref('TOKEN')}@host` },
  given: { USER: 'me', TAG: ref('TOKEN') },
  taskEnv: {},
  own: { SLIPWAY_TASK: 'one' },
  secrets: { TOKEN: 'geheim' },
};

// env-reference-literal
describe('composeEnvironment', () => {
  const compose = (taskEnv: Record<string, string>) => composeEnvironment({ ...sources, taskEnv });

  it('fills in the task’s values; a value that contains a secret is a secret', () => {
    expect(
      compose({ GITHUB_TOKEN: ref('TOKEN'), FILE: `${ref('LOGS')}/${ref('SLIPWAY_TASK')}.${ref('REGION')}` }),
    ).toEqual({
      values: {
        ...{ REGION: 'eu', RAW: ref('BASE'), BASE: '/srv', LOGS: '/srv/logs', USER: 'me', TAG: ref('TOKEN') },
        ...{ FILE: '/srv/logs/one.eu', SLIPWAY_TASK: 'one' },
      },
      secrets: { URL: 'https://me:geheim@host', GITHUB_TOKEN: 'geheim' },
      problem: null,
    });
  });

  it('uses the task’s own value anywhere in the text, and never expands a filled-in value', () => {
    const { values } = compose({ BASE: '/opt', COPY: ref('TAG'), TEXT: `$${ref('BASE')} $BASE $${'{x y}'}` });
    expect(values).toMatchObject({ LOGS: '/opt/logs', COPY: ref('TOKEN'), TEXT: `${ref('BASE')} $BASE $${'{x y}'}` });
  });

  it.each([
    [{ A: ref('NONE') }, 'the value of A needs NONE, which has no value'],
    [{ A: ref('B'), B: ref('A') }, 'the value of B refers to itself through A'],
    [{ A: `x${ref('A')}` }, 'the value of A refers to itself through A'],
    [{ B0: 'x'.repeat(20_000), B1: ref('B0') + ref('B0') }, 'the value of B1 has more than 32768 bytes'],
  ])('omits a value that it can’t compose, with a reason: %#', (env, problem) => {
    const made = compose(env as Record<string, string>);
    expect(made.problem).toBe(problem);
    expect(Object.keys(made.values)).not.toContain(Object.keys(env).at(-1));
  });

  it('is bounded: doublings and long chains end immediately', () => {
    const chain = (text: (next: string) => string) =>
      Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`V${n}`, n === 4999 ? 'ab' : text(ref(`V${n + 1}`))]));
    expect(compose(chain((next) => next + next)).problem).not.toBeNull();
    expect(compose(chain((next) => next)).problem).toContain('levels');
    expect(envCircle(chain((next) => next))?.length).toBeGreaterThan(100);
  });
});

test('a TOML file without a kind keeps references of env as text', () => {
  const env = `env = { A = "\${HOME}/x", B = "$\${A} \${B}" }`;
  const read = (kind: string) =>
    parseDefinitions({
      source: `${kind}\napplication = "a"\nname = "w"\n${env}\n[tasks.a]\ncmd = "x"\n${env}`,
      format: 'TOML',
    });
  const { documents, problems } = read('');
  const [{ document } = { document: undefined }] = documents;
  if (document?.kind !== 'Workflow') throw new Error('there is no workflow');
  const { env: all, tasks } = document.definition;
  const composed = composeEnvironment({ ...sources, environment: {}, workflowEnv: all, taskEnv: tasks.a?.env ?? {} });
  expect(composed).toMatchObject({ values: { A: `${ref('HOME')}/x`, B: `$${ref('A')} ${ref('B')}` }, problem: null });
  expect(problems.inOrder.warnings.map(({ rule, path }) => `${path} ${rule}`)).toEqual(
    ['env.A', 'env.B', 'tasks.a.env.A', 'tasks.a.env.B'].map((path) => `documents[0].${path} LITERAL_REFERENCE`),
  );
  expect(read('kind = "Workflow"').problems.inOrder.warnings).toEqual([]);
});

test('names in values', () => {
  expect(envReferences(`${ref('A')}$${ref('B')} $C \${D-1} ${ref('E')}`)).toEqual(['A', 'E']);
  expect(literalReferences(`$A ${ref('B')} $$C \\$D $1`, false)).toEqual(['A']);
  expect(literalReferences(`$A ${ref('B')} $${ref('C')}`, true)).toEqual(['A', 'B']);
});
