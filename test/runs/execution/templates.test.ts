import { execFileSync } from 'node:child_process';
import { parseDefinitions } from '../../../src/catalog/language/parseDefinitions';
import { replaceTemplates } from '../../../src/catalog/language/shellTemplate';
import { errorsOf } from '../../catalog/language/errorsOf';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

/** Values that would change a command if they ever became a part of it. */
const hostile = [
  'plain',
  '',
  '$(echo run >&2; echo run)',
  '`echo run`',
  '"; echo run; "',
  "'; echo run; '",
  'a\necho run\n\nb',
  '; echo run',
  '&& echo run',
  '| cat /etc/passwd',
  `$HOME \${HOME}`,
  '\\" \\\\ \\$(x)',
  '*  ?  ~ [a-z]',
  `{{.value}} \${value}`,
  '-n',
];

/** Places where a command may name a value; each prints it between brackets. */
const places = [
  `printf '[%s]' {{.value}}`,
  `sh -c true; printf '[%s]' {{.value}}`,
  `printf '[%s]' "{{.value}}"`,
  `printf '[%s]' '{{.value}}'`,
  `printf '[%s]' {{ .value }}`,
  `x={{.value}}; printf '[%s]' "$x"`,
  `x="$(printf '[%s]' {{.value}}; printf .)"; printf '%s' "\${x%.}"`,
  `x="$(printf '[%s]' "{{.value}}"; printf .)"; printf '%s' "\${x%.}"`,
  `printf '[%s]' "\${none:-{{.value}}}"`,
  `if [ {{.value}} = never ]; then exit 1; fi; printf '[%s]' {{.value}}`,
  `echo \\" \\' >/dev/null; printf '[%s]' {{.value}}`,
  `# don't\nprintf '[%s]' "{{.value}}" # it's {{.other}}`,
  `# don't\nprintf '[%s]' {{.value}}\n# doesn't\n`,
  `echo a#'b >/dev/null; # '>/dev/null; printf '[%s]' {{.value}}`,
  `x="$( (true); printf '[%s]' {{.value}}; printf .)"; printf '%s' "\${x%.}"`,
  `case x in x) printf '[%s]' {{.value}};; esac`,
  `printf '[%s]' "\${none:={{.value}}}"`,
];

describe('{{.name}} in a command', () => {
  test('is replaced in commands of sh and bash only, in each of a list', () => {
    const toml = (task: string) => `application = "app"\nname = "w"\n[tasks.a]\n${task}`;
    const rules = (task: string) => errorsOf(toml(task), 'TOML').map(({ rule }) => rule);
    for (const shell of ['"python3"', '"pwsh"', '["ruby"]']) {
      expect(rules(`shell = ${shell}\ncmd = "print({{.x}})"`)).toContain('BAD_TEMPLATE');
      expect(rules(`shell = ${shell}\ncmd = "print({{x}})"`)).not.toContain('BAD_TEMPLATE');
    }
    expect(rules('cmd = "#!/usr/bin/env node\\n{{.x}}"')).toContain('BAD_TEMPLATE');
    const { documents } = parseDefinitions({
      source: `shell = "python3"\n${toml('shell = ["bash", "-x"]\ncmd = ["echo {{.x}}", "echo \'{{.y}}\'"]')}`,
      format: 'TOML',
    });
    expect(documents[0]?.document).toMatchObject({
      definition: { tasks: { a: { run: [`echo "\${x}"`, `echo ''"\${y}"''`], requires: ['x', 'y'] } } },
    });
  });

  test.each(places)('is data, whatever the value holds: %s', (place) => {
    const { command, names, problem } = replaceTemplates(place);
    expect({ names, problem }).toEqual({ names: ['value'], problem: null });
    for (const value of hostile) {
      const output = execFileSync('/bin/sh', ['-e', '-c', command], { env: { value }, encoding: 'utf8' });
      expect(output).toBe(`[${value}]`);
    }
  });

  test.each([
    'eval echo {{.value}}',
    'x=1; eval "echo a; echo {{.value}}"',
    '/bin/sh -c "echo a; echo {{.value}}"',
    `env A=1 bash -euc 'echo a\necho {{.value}}'`,
    'x=$(sh -c "true; echo {{.value}}")',
    `python3 -c 'print("{{.value}}")'`,
    'sh -c "echo {{.value}}"',
    "bash -ec 'echo {{.value}}'",
    'echo $(( {{.value}} + 1 ))',
    '(( {{.value}} > 1 )) && echo more',
    'echo $[ {{.value}} ]',
    'let x={{.value}}',
    '[[ a = a && {{.value}} -gt 1 ]]',
    `echo "\${text:{{.value}}}" "\${list[{{.value}}]}"`,
    'x="$(case a in a) echo {{.value}};; esac)"',
    'echo `echo {{.value}}`',
    "cat <<'END'\n{{.value}}\nEND",
  ])('is refused where a shell would take it for more than a value: %s', (command) => {
    expect(replaceTemplates(command).problem).not.toBeNull();
    const source = `application = "shop"\nname = "w"\n[tasks.a]\ncmd = ${JSON.stringify(command)}\n`;
    const error = errorsOf(source, 'TOML').find(({ rule }) => rule === 'BAD_TEMPLATE');
    expect(error).toMatchObject({ line: 4, column: 7, path: 'documents[0].tasks.a' });
  });

  test.each(['echo {{value}}', 'echo {{.1}}', "echo '$x' $(( 1 + 1 )) `date`", 'echo {{ range . }}'])(
    'is nothing else: %s stays as it is',
    (command) => {
      expect(replaceTemplates(command)).toEqual({ command, names: [], problem: null });
    },
  );
});

const FILE = `name = "graph"
[tasks.one]
cmd = "echo 1"
register = "BUILD"
[tasks.two]
cmd = "echo {{.BUILD}} '{{.os}}' {{.LEVEL}} {{.WHERE}}"
depends_on = ["one"]
retries = 3
matrix = { os = ["linux"] }
[tasks.two.env]
LEVEL = "x"
[tasks.three]
cmd = "true"
depends_on = ["two"]
`;

describe('a TOML workflow that names values', () => {
  const { server, runs, agent } = testWorld(APP);
  beforeAll(async () => {
    await server.client.ask(
      `mutation ($source: String!) {
        applyDefinitions(input: { source: $source, format: TOML, application: "app" }) { results { name } } }`,
      { source: FILE.replace('name = "graph"', 'name = "graph"\nenvironment = "staging"') },
    );
  });

  it('gets them as variables', async () => {
    const id = await runs.start('workflow', 'graph');
    await agent.runOne({ outputs: [{ name: 'BUILD', value: '$(x)' }] });
    const two = await agent.runOne();
    expect(two.command).toBe(`echo "\${BUILD}" ''"\${MATRIX_OS}"'' "\${LEVEL}" "\${WHERE}"`);
    expect(two.env).toMatchObject({ BUILD: '$(x)', MATRIX_OS: 'linux', LEVEL: 'x', WHERE: 'staging' });
    await agent.runOne();
    expect((await runs.read(id)).status).toBe('SUCCESS');
  });

  it('fails before it starts when nobody has set one, and names it', async () => {
    const id = await runs.start('workflow', 'graph');
    await agent.runOne();
    const run = await runs.until(id, 'FAILED');
    expect(run.tasks?.map(({ name, status, reasonCode, jobs }) => [name, status, reasonCode, jobs.length])).toEqual([
      ['one', 'SUCCESS', null, 1],
      ['two[os=linux]', 'FAILED', 'UNDEFINED_VARIABLE', 0],
      ['three', 'SKIPPED', 'NOT_STARTED', 0],
    ]);
    expect(run.failureDetails).toContain('it needs BUILD, which nobody has set');
  });

  it('fails at its start when its first task names one', async () => {
    await server.client.ask(
      `mutation ($source: String!) {
        applyDefinitions(input: { source: $source, format: TOML, application: "app" }) { results { name } } }`,
      { source: 'name = "first"\n[tasks.a]\ncmd = "echo {{.NONE}}"\n' },
    );
    const run = await runs.until(await runs.start('workflow', 'first'), 'FAILED');
    expect(run.failureDetails).toContain('NONE');
  });
});
