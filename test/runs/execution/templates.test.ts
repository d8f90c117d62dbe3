import { execFileSync } from 'node:child_process';
import { parseDefinitions } from '../../../src/catalog/language/parseDefinitions';
import { replaceTemplates } from '../../../src/catalog/language/shellTemplate';
import { follows } from '../../../src/contract/valueRules';
import { errorsOf } from '../../catalog/language/errorsOf';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

/** Values that would change a command if they became part of it. */
const hostile = [
  'plain',
  '',
  '$(echo run >&2; echo run)',
  '`echo run`',
  '"; echo run; "',
  "'; echo run; '",
  'a\necho run\n\nb',
  'a\nEOF\nE O F\nA\nB\necho run',
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
  `x=$(cat <<EOF\n[{{.value}}]\nEOF\n); printf '%s' "$x"`,
  `x=$(cat <<'EOF' | cat\n[{{.value}}]\nEOF\n); printf '%s' "$x"`,
  `x=$(cat <<-"E O F"\n\t[{{.value}}]\n\tE O F\n); printf '%s' "$x"`,
  `cat <<A <<'B' >/dev/null; printf '[%s]' {{.value}}\nit's "{{.value}} \`true\`\nA\nit's "{{.value}} \`exit 1\` $(exit 1) \\\nB\n`,
  `x=$(cat <<EOF\n$(printf '[%s]' {{.value}}; printf .)\nEOF\n); printf '%s' "\${x%.}"`,
  `x=\`printf '[%s]' {{.value}}; printf .\`; printf '%s' "\${x%.}"`,
  `x="\`printf '[%s]' "{{.value}}"; printf .\`"; printf '%s' "\${x%.}"`,
  `x="\`printf '[%s]' \\\`true {{.value}}\\\`'{{.value}}' # it's {{.other}}\`"; printf '%s' "$x"`,
  `x="$(case a in a) printf '[%s]' {{.value}};; (b) true;; esac; printf .)"; printf '%s' "\${x%.}"`,
  `printf '[%s]' \\{{.value}}`,
  `x=$(( 1 << 2 )); printf '[%s]' {{.value}}`,
  `printf '[%s]' "\${none:-"{{.value}}"}"`,
];

/** Bash reads `.bashrc` if its standard input is a socket, as it is here. */
const norc = (shell: string): string[] => (shell.endsWith('bash') ? ['--norc'] : []);

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
      definition: { tasks: { a: { run: [`echo "\${x}"`, `echo ''"\${y}"''`], requires: { x: 'any', y: 'any' } } } },
    });
  });

  test.each(places)('is data, whatever its value: %s', (place) => {
    const { command, needs } = replaceTemplates(place);
    expect(needs.get('value')).toBe('any');
    for (const shell of ['/bin/sh', '/bin/bash']) {
      for (const value of ['', '-n', hostile.join('\n'), hostile.toReversed().join('')]) {
        const output = execFileSync(shell, [...norc(shell), '-e', '-c', command], {
          env: { value, other: '' },
          encoding: 'utf8',
        });
        expect([shell, output]).toEqual([shell, `[${value}]`]);
      }
    }
  });

  const code = ['word', 'plain_1.2/x@y:z', ['a b', '$(x)', 'a;b', 'a[x]', "a'b", 'a\nb', '`x`']] as const;
  const calculated = ['number', '0x10', ['x', 'a[$(x)]', '1 2', '1;2', '']] as const;

  test.each([
    ['eval echo {{.value}}', code],
    ['x=1; eval "echo a; echo {{.value}}"', code],
    ['/bin/sh -c "echo a; echo {{.value}}"', code],
    [`env A=1 bash -euc 'echo a\necho {{.value}}'`, code],
    ['x=$(sh -c "true; echo {{.value}}")', code],
    ['eval "$(echo {{.value}})"', code],
    ['eval "`echo {{.value}}`"', code],
    [`trap 'rm {{.value}}' EXIT`, code],
    ['bash <<EOF\necho {{.value}}\nEOF', code],
    ["cat <<'EOF' | sudo sh\necho {{.value}}\nEOF", code],
    ['echo "echo {{.value}}" | sh', code],
    [`python3 -c 'print("{{.value}}")'`, code],
    [`python3 - <<'EOF'\nprint("{{.value}}")\nEOF`, code],
    [`sed -i 's/NAME/{{.value}}/' file`, code],
    ['read {{.value}}', code],
    ['echo $(( $(echo {{.value}}) + 1 ))', code],
    [`python3 -c 'print({{.value}})'`, calculated],
    ['echo $(( {{.value}} + 1 ))', calculated],
    [`echo "$(( \${none:-{{.value}}} ))"`, calculated],
    ['(( {{.value}} > 1 )) && echo more', calculated],
    ['for ((i = 0; i < {{.value}}; i++)); do :; done', calculated],
    ['echo $[ {{.value}} ]', calculated],
    ['let x={{.value}}', calculated],
    ['[[ a = a && {{.value}} -gt 1 ]]', calculated],
    [`echo "\${text:{{.value}}}" "\${list[{{.value}}]}"`, calculated],
  ])('is checked where it could become code: %s', (command, [rule, good, bad]) => {
    const needed = replaceTemplates(command).needs.get('value');
    expect(needed).toBe(rule);
    expect(follows(good, rule)).toBe(true);
    for (const value of bad) expect([value, follows(value, rule)]).toEqual([value, false]);
    const source = `application = "shop"\nname = "w"\n[tasks.a]\ncmd = ${JSON.stringify(command)}\n`;
    expect(errorsOf(source, 'TOML').filter((error) => error.rule !== 'UNKNOWN_APPLICATION')).toEqual([]);
  });

  test('`$((` can begin a substitution', () => {
    expect(replaceTemplates('$((echo {{.value}}); (echo x))').needs.get('value')).toBe('any');
  });

  test.each([
    'echo "let me eval {{.value}}"',
    'git push -c {{.value}}',
    'eval "$(ssh-agent)"; echo {{.value}}',
    'cat <<EOF\nlet me eval {{.value}} -gt 1\nEOF',
    'export X={{.value}} Y',
    '[ {{.value}} -gt 1 ]',
  ])('is not checked elsewhere: %s', (command) => {
    expect(replaceTemplates(command).needs.get('value')).toBe('any');
  });

  test('calculates with a number, and distinguishes substitution from arithmetic', () => {
    const { command } = replaceTemplates('echo $(( {{.value}} + 1 )) $( (echo {{.value}}); (echo x))');
    for (const shell of ['/bin/sh', '/bin/bash']) {
      expect(
        execFileSync(shell, [...norc(shell), '-e', '-c', command], { env: { value: '41' }, encoding: 'utf8' }),
      ).toBe('42 41 x\n');
    }
  });

  test.each(['echo {{value}}', 'echo {{.1}}', "echo '$x' $(( 1 + 1 )) `date`", 'echo {{ range . }}'])(
    'leaves other text unchanged: %s',
    (command) => {
      expect(replaceTemplates(command)).toEqual({ command, needs: new Map() });
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

  it('fails before it starts if one is not set, and names it', async () => {
    const id = await runs.start('workflow', 'graph');
    await agent.runOne();
    const run = await runs.until(id, 'FAILED');
    expect(run.tasks?.map(({ name, status, reasonCode, jobs }) => [name, status, reasonCode, jobs.length])).toEqual([
      ['one', 'SUCCESS', null, 1],
      ['two[os=linux]', 'FAILED', 'UNDEFINED_VARIABLE', 0],
      ['three', 'SKIPPED', 'NOT_STARTED', 0],
    ]);
    expect(run.failureDetails).toContain('it needs BUILD, which is not set');
  });

  it('fails at its start if its first task names one', async () => {
    await server.client.ask(
      `mutation ($source: String!) {
        applyDefinitions(input: { source: $source, format: TOML, application: "app" }) { results { name } } }`,
      { source: 'name = "first"\n[tasks.a]\ncmd = "echo {{.NONE}}"\n' },
    );
    const run = await runs.until(await runs.start('workflow', 'first'), 'FAILED');
    expect(run.failureDetails).toContain('NONE');
  });
});
