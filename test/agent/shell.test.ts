import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argumentsOf } from '../../src/agent/shell';
import { bashWords, commandText, quotesAsSh } from '../../src/catalog/language/shell';
import type { Shell } from '../../src/contract/shell';

/** Runs commands as an agent does: the server's text, the agent's arguments, a real process. */
describe('argumentsOf', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-shell-'));
    await mkdir(join(folder, 'work'));
    // Stands in for the one program that not every machine has.
    await writeFile(join(folder, 'pwsh'), '#!/bin/sh\nprintf "%s\\n" "$@"\n');
    await chmod(join(folder, 'pwsh'), 0o755);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const options = (shell: Shell, command: string) => ({
    ...{ shell, command, scriptFile: join(folder, 'command'), directory: join(folder, 'work') },
    path: `${process.env.PATH}:${folder}`,
  });

  async function run(shell: Shell, commands: string | readonly string[], env: Record<string, string> = {}) {
    const [program = '', ...given] = await argumentsOf(options(shell, commandText(shell, commands)));
    const ended = spawnSync(program, given, {
      cwd: join(folder, 'work'),
      env: { PATH: process.env.PATH ?? '', ...env },
      encoding: 'utf8',
    });
    return { code: ended.status, out: ended.stdout, err: ended.stderr };
  }

  // no-shell-choice
  it.each([
    ['sh', 'false | cat; echo on', 0, 'on\n'],
    ['sh', 'false; echo on', 1, ''],
    ['bash', 'false | cat; echo on', 1, ''],
    ['bash', 'if [[ 1 == 1 ]]; then echo ok; else echo wrong; fi', 0, 'ok\n'],
    ['python3', 'import os\nprint(os.environ["X"], os.path.basename(os.getcwd()))', 0, 'value work\n'],
    ['python3', 'raise SystemExit(7)', 7, ''],
    [['node'], 'console.log(process.env.X); process.exit(3)', 3, 'value\n'],
    [['bash', '-u', '{0}', 'one', 'two'], 'echo "$2 $1"; echo "$NONE"; echo on', 1, 'two one\n'],
    ['sh', '#!/bin/bash\nset -o pipefail\nfalse | cat || echo "caught $0" | sed "s:/.*/::"', 0, 'caught command\n'],
    ['sh', '#!/usr/bin/env python3\nprint(1 + 1)', 0, '2\n'],
    ['sh', '#!/usr/bin/env -S bash -e\nfalse; echo on', 1, ''],
    ['python3', '#! /bin/sh -e\nfalse\necho on', 1, ''],
    ['sh', '#!\necho plain', 0, 'plain\n'],
  ] satisfies readonly [Shell, string, number, string][])('%j runs %j', async (shell, command, code, out) => {
    expect(await run(shell, command, { X: 'value' })).toMatchObject({ code, out });
  });

  it('gives pwsh a file that it stops in at the first error', async () => {
    const { out } = await run('pwsh', 'Write-Output 1');
    expect(out).toContain(`-NonInteractive\n-Command\n$ErrorActionPreference = 'Stop'; . '${folder}/command.ps1'; if`);
    expect(await readFile(join(folder, 'command.ps1'), 'utf8')).toBe('Write-Output 1');
  });

  it.each([
    [
      'fish',
      ['fish', '-x'],
      'echo 1',
      '"shell: [fish, -x]" needs the program "fish", which is not on this agent, neither in ',
    ],
    ['a path', ['./tool'], 'echo 1', '"shell: [./tool]" needs the program "./tool", which is not on this agent.'],
    ['#!', 'sh', '#!/opt/none\n', '"#!/opt/none" needs the program "/opt/none", which is not on this agent.'],
    ['env', 'sh', '#!/usr/bin/env nonesuch\n', '"#!/usr/bin/env nonesuch" needs the program "nonesuch"'],
    ['env with more', 'sh', '#!/usr/bin/env bash -e\n', '"#!/usr/bin/env bash -e" needs the program "bash -e"'],
  ] satisfies readonly [string, Shell, string, string][])(
    'names the missing program: %s',
    async (_, shell, command, message) => {
      await expect(argumentsOf(options(shell, command))).rejects.toMatchObject({
        reason: 'SHELL_NOT_FOUND',
        message: expect.stringContaining(message),
      });
    },
  );

  it.each([['sh'], ['bash'], [['bash']], [['sh']]] satisfies readonly [Shell][])(
    'runs a list in one shell until a command fails, and the log names each: %j',
    async (shell) => {
      const list = [
        'cd /; X=1',
        'echo "it\'s $X in $PWD" # \'comment',
        'cat <<END\n$X\nEND',
        'true && (exit 4)',
        'echo on',
      ];
      expect(await run(shell, list)).toEqual({
        code: 4,
        out: "it's 1 in /\n1\n",
        err: `[1/5] cd /; X=1\n[2/5] echo "it's $X in $PWD" # 'comment\n[3/5] cat <<END …\n[4/5] true && (exit 4)\n`,
      });
      expect((await run(shell, ['echo one', 'if', 'echo three'])).out).toBe('one\n');
      expect(await run(shell, ['false || true', 'echo on'])).toMatchObject({ code: 0, out: 'on\n' });
      expect((await run(shell, ['false && true', 'echo on'])).out).toBe('');
    },
  );

  it('joins a list for other programs, and after a #! line', async () => {
    expect(await run('python3', ['import sys', 'print(len(sys.argv))'])).toMatchObject({ code: 0, out: '1\n' });
    expect(await run('sh', ['#!/usr/bin/env python3', 'print(2)'])).toMatchObject({ code: 0, out: '2\n' });
  });
});

describe('bashWords', () => {
  it.each([
    ['sh', 'if [[ -f x ]]; then :; fi', ['[[']],
    ['sh', 'set -euo pipefail\nsource ./env', ['pipefail', 'source']],
    ['sh', ['cd x && source y', 'set -o pipefail'], ['pipefail', 'source']],
    ['sh', '#!/bin/sh\n[[ a == b ]]', ['[[']],
    ['sh', '#!/bin/bash\n[[ a == b ]]', []],
    ['sh', "grep '[[:space:]]' source; # [[ x ]]\n# source x", []],
    ['sh', "bash -c '[[ a == b ]]'", []],
    ['sh', 'npm run source', []],
    ['bash', 'source x', []],
    [['zsh'], 'source x', []],
  ] satisfies readonly [Shell, string | readonly string[], readonly string[]][])(
    'of %j, %j: %j',
    (shell, run, words) => {
      expect(bashWords(shell, run)).toEqual(words);
    },
  );
});

test.each([
  ['sh', 'x', true],
  ['bash', 'x', true],
  [['/bin/bash', '-x'], 'x', true],
  ['python3', 'x', false],
  [['ruby'], 'x', false],
  ['sh', '#!/usr/bin/env -S bash -e\n', true],
  ['sh', '#!/usr/bin/python3\n', false],
  [['ruby'], '#!/bin/sh\n', true],
] satisfies readonly [Shell, string, boolean][])(
  'a reference can stand for a template in %j, %j: %j',
  (shell, run, can) => {
    expect(quotesAsSh(shell, run)).toBe(can);
  },
);
