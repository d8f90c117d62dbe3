import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readServerConfig, unknownVariables } from '../../src/kernel/config';

/** The units of deploy/systemd. */
const folder = join(__dirname, '../../deploy/systemd');
const units = ['slipway-server.service', 'slipway-agent.service'];
const read = (unit: string): string => readFileSync(join(folder, unit), 'utf8');
const valuesOf = (unit: string, key: string): string[] =>
  [...read(unit).matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
if (!hasSystemd) console.warn('systemd-analyze is not installed: the test that verifies units is skipped');

const itWithSystemd = hasSystemd ? it : it.skip;

itWithSystemd.each(units)('%s passes systemd-analyze verify', (unit) => {
  const copies = mkdtempSync(join(tmpdir(), 'slipway-units-'));
  // It looks for the program, which is not installed here.
  writeFileSync(join(copies, unit), read(unit).replace('/usr/local/bin/slipway', process.execPath));
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', join(copies, unit)], {
    encoding: 'utf8',
  });
  rmSync(copies, { recursive: true });
  // It only warns about keys that it does not know, and about problems with other units of the machine.
  const about = stderr.split('\n').filter((line) => line.includes(unit));
  expect([status, about]).toEqual([0, []]);
});

it.each(units)('%s sends the stop signal to the program alone, which drains', (unit) => {
  expect(valuesOf(unit, 'KillMode')).toEqual(['mixed']);
  expect(valuesOf(unit, 'KillSignal')).toEqual([]);
});

it('gives the server longer to stop than it drains', () => {
  const [stop] = valuesOf('slipway-server.service', 'TimeoutStopSec');
  expect(Number(stop)).toBeGreaterThan(readServerConfig({}).SLIPWAY_DRAIN_SECONDS);
});

it.each(units)('%s sets variables that Slipway reads', (unit) => {
  const set = valuesOf(unit, 'Environment').map((line) => line.split('=', 1)[0] ?? '');
  expect(set.length).toBeGreaterThan(0);
  expect(unknownVariables(Object.fromEntries(set.map((name) => [name, 'x'])))).toEqual([]);
});
