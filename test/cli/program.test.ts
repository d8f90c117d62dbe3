import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listen } from '../support/ports';
import { ADMIN_KEY } from '../support/server';
import { main, slipway, startSlipwayProcess } from './program';
import { startRelease, cliWorld } from './world';

const world = cliWorld();
let url: string;
beforeAll(async () => {
  url = world.server.url;
});

describe('slipway', () => {
  it('prints commands and exit codes with --help, without a key or a server', async () => {
    const { code, out } = await slipway('', ['--help'], { SLIPWAY_API_KEY: '' });
    expect(code).toBe(0);
    for (const command of ['runs', 'run', 'watch', 'logs', 'resume', 'apply']) expect(out).toContain(`\n  ${command} `);
    expect(out).toContain('Exit codes: 0 success');
  });

  it('loads no configuration, no prompts and no other command for --help', () => {
    const { stdout } = spawnSync(
      process.execPath,
      [
        '-e',
        `process.argv.push('--help'); require(${JSON.stringify(main)}); process.on('exit', () => console.log(JSON.stringify(Object.keys(require.cache))))`,
      ],
      { encoding: 'utf8' },
    );
    expect(stdout).toContain('picocolors');
    expect(stdout).not.toMatch(/client\/generated|cli\/(runs|ui|triggers)\.js/);
    expect(stdout).not.toMatch(/node_modules\/(zod|graphql|@clack|yocto-spinner|typeorm|pino)\//);
  });

  it.each([
    [['rnus'], 'Did you mean runs?'],
    [['runs', 'show', 'abcd'], 'To see one run: slipway run show abcd'],
    [['resume'], "missing required argument 'run'"],
    [['resume', 'latest', '--granularity', 'some'], 'Expected STAGE or TASK.'],
    [['runs', '--limit', '0'], 'whole number from 1 to 500'],
    [['run', 'show', 'ab'], 'at least 4 characters'],
    [['runs', '--url', 'ftp://x'], '--url must be a URL that begins with http'],
    [['restore', 'latest', '--cancel', '--dry-run'], "option '--cancel' cannot be used with option '--dry-run'"],
    [['restore', 'latest', '--reason', 'x'], '--reason is only for --cancel.'],
    [['start', 'app', 'release', '--var', 'oops'], '--var takes NAME=VALUE'],
    [['apply', '/no/such/file.yaml'], '/no/such/file.yaml can’t be read'],
  ])('explains a usage error with %j, and exits with 2', async (args, message) => {
    const { code, err } = await slipway(url, args);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    expect(err).not.toMatch(/^ +at /m);
  });

  it('reports usage errors as JSON with --json', async () => {
    const { code, out } = await slipway(url, ['runs', '--lmit', '3', '--json']);
    expect([code, JSON.parse(out)]).toEqual([2, { error: expect.objectContaining({ code: 'USAGE' }) }]);
  });

  it('reports that the server is unreachable, and exits with 4', async () => {
    const { url: address, close } = await listen(createServer());
    await close();
    const { code, out, err } = await slipway(address, ['runs']);
    expect([code, out]).toEqual([4, '']);
    expect(err).toContain(
      `UNREACHABLE: connection refused at ${address} (is the server running?)\n  To use another server`,
    );
  });

  it('reports that another server answers, and exits with 4', async () => {
    const { url: address, close } = await listen(createServer((_req, res) => res.end('<html>')));
    const { code, err } = await slipway(address, ['runs']);
    await close();
    expect([code, err]).toEqual([4, expect.stringContaining('from a server that is not Slipway')]);
  });

  it('accepts the address of the API too, and reports a wrong path', async () => {
    expect((await slipway(`${url}/graphql/`, ['runs'])).code).toBe(0);
    const { code, err } = await slipway(`${url}/nowhere`, ['runs']);
    expect([code, err]).toEqual([3, expect.stringContaining('The URL has a wrong path')]);
    expect(err).not.toContain('lists the runs');
  });

  it('reports where a rejected key came from', async () => {
    const local = { SLIPWAY_API_KEY: '', SLIPWAY_ADMIN_KEY: 'another-administrator-key' };
    expect((await slipway(url, ['runs'], local)).err).toContain('The key came from SLIPWAY_ADMIN_KEY.');
    expect((await slipway(url, ['runs', '--key', 'x'])).err).toContain('The key came from --key.');
  });

  it('reports an invalid key, and exits with 3; with --json as JSON only', async () => {
    const { code, out, err } = await slipway(url, ['runs', '--key', 'wrong', '--json']);
    expect([code, JSON.parse(out)]).toEqual([3, { error: expect.objectContaining({ code: 'UNAUTHENTICATED' }) }]);
    expect(err).toContain('SLIPWAY_API_KEY');
    // Streams are rejected in the same way.
    expect((await slipway(url, ['watch', await startRelease(world.runs), '--key', 'wrong'])).code).toBe(3);
  });

  it('uses the administrator’s key on the server’s machine only', async () => {
    const local = { SLIPWAY_API_KEY: '', SLIPWAY_ADMIN_KEY: ADMIN_KEY };
    expect((await slipway(url, ['runs'], local)).code).toBe(0);
    const away = await slipway('http://slipway.invalid:4000', ['runs'], local);
    expect([away.code, away.err]).toEqual([2, expect.stringContaining('No API key for http://slipway.invalid')]);
    const folder = await mkdtemp(join(tmpdir(), 'slipway-cli-'));
    expect((await slipway(url, ['runs'], { SLIPWAY_API_KEY: '', SLIPWAY_DATA_DIR: folder })).code).toBe(2);
    await rm(folder, { recursive: true });
  });

  it('prints the JSON Schema of documents without a key', async () => {
    const { code, out } = await slipway(url, ['schema'], { SLIPWAY_API_KEY: '' });
    expect(code).toBe(0);
    expect(out).toBe(readFileSync(join(__dirname, '../../schema/definitions.json'), 'utf8'));
    const response = await fetch(`${url}/schemas/definitions.json`);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'application/schema+json; charset=utf-8',
    ]);
    expect(await response.text()).toBe(out);
  });

  it('tolerates a reader that stops reading', async () => {
    const { child, ended } = startSlipwayProcess(url, ['runs']);
    child.stdout?.destroy();
    expect(await ended).toMatchObject({ code: 0, err: '' });
  });

  it('prints no colors into a pipe', async () => {
    await startRelease(world.runs);
    const { out } = await slipway(url, ['runs'], { CI: 'true', TERM: 'xterm-256color' });
    expect(out).toContain('RUN ');
    expect(out).not.toContain('\u001b');
  });
});
