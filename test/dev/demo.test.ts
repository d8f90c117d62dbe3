import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { startProcess } from '../support/processes';

let dir: string;
let database: TestDatabase;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway demo-'));
  database = await createTestDatabase();
});
afterAll(async () => {
  const stop = join(__dirname, '../../examples/shop/scripts/stop.mjs');
  spawnSync(process.execPath, [stop, join(dir, 'demo/target')]);
  await database.drop();
  await rm(dir, { recursive: true, force: true });
});

it('releases, restores a broken version, resumes a failure, and exits with 0', async () => {
  const environment = { DATABASE_URL: database.url, SLIPWAY_DATA_DIR: dir, PORT: '0', NO_COLOR: '1' };
  const demo = startProcess('dev/main.js', environment, ['--exit']);
  const [code] = await once(demo.child, 'exit');
  const said = demo.output();
  expect([code, code === 0 ? '' : said]).toEqual([0, '']);
  expect(said.match(/\/health → .*/g)?.map((line) => line.replace(/^\S+ → /, ''))).toEqual([
    '200 UP 1.0.0',
    '200 UP 1.0.0',
    '503 DOWN 1.0.1-broken',
    '200 UP 1.0.0',
  ]);
  expect(said).toMatch(/lint\s+kept\n/);
  expect(said).toContain('SUCCESS in its second attempt');
  // The folder's name contains a space.
  expect(said).toContain(`stop.mjs '${join(dir, 'demo/target')}'`);
  expect(said).toMatch(/Console {4}http:\S+\/ .*\n {2}sign in {4}demo-\S+ as API key\n\n✓ server/);
  expect(said).not.toContain('Look around');
}, 240_000);
