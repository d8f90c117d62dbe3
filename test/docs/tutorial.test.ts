import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startAgentProcess, type TestProcess } from '../support/processes';
import { ADMIN_KEY } from '../support/server';
import { testServer } from '../support/world';

const root = join(__dirname, '../..');
const page = readFileSync(join(root, 'docs/tutorial.md'), 'utf8');

/** Code blocks, in their order, with the language of each. */
const blocks = [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', code = '']) => ({
  language,
  code,
}));

/** Each script with the output that the page shows for its last `cat`. */
const steps = blocks.flatMap(({ language, code }, index) => {
  const next = blocks[index + 1];
  return language === 'sh' ? [{ code, shown: next?.language === '' ? next.code : null }] : [];
});

describe('the tutorial', () => {
  const server = testServer();
  const folder = mkdtempSync(join(tmpdir(), 'slipway-tutorial-'));
  let agent: TestProcess;
  beforeAll(() => {
    writeFileSync(join(folder, 'site.yaml'), blocks.find(({ language }) => language === 'yaml')?.code ?? '');
    agent = startAgentProcess(server.url, folder, 'tutorial');
  });
  afterAll(async () => {
    await agent.end('SIGTERM');
    rmSync(folder, { recursive: true });
  });

  it('has steps that show what they did', () => {
    expect(steps.length).toBeGreaterThanOrEqual(6);
    expect(steps.filter(({ shown }) => shown !== null)).toHaveLength(5);
  });

  it.each(steps)('step %# works as printed', async ({ code, shown }) => {
    const program = `npx() { shift; node "${join(root, 'dist/src/cli/main.js')}" "$@"; }`;
    const child = spawn('bash', ['-euc', `${program}\n${code.replace('tutorial-administrator', ADMIN_KEY)}`], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', HOME: folder, SLIPWAY_URL: server.url, SLIPWAY_API_KEY: ADMIN_KEY },
    });
    const [output, problems] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const exitCode = child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve)));
    expect([exitCode, problems]).toEqual([0, expect.not.stringContaining('Error')]);
    if (shown !== null) expect(output).toContain(shown);
  });
});
