import { mkdtemp, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogRecord } from '../../src/agent/logRecords';
import { LogSpool } from '../../src/agent/logSpool';

let folder: string;
let spool: LogSpool;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-spool-'));
  spool = new LogSpool(join(folder, 'spool'));
});
afterEach(async () => {
  await spool.close();
  await rm(folder, { recursive: true, force: true });
});

const lineOf = (number: number) => `line ${number} äöü€ ${'x'.repeat(number % 50)}\n`;
const append = (from: number, to: number) => {
  for (let n = from; n < to; n++)
    spool.append({ stream: n % 3 ? 'stdout' : 'stderr', at: n, data: Buffer.from(lineOf(n)) });
};
const bytesOf = (records: readonly LogRecord[]) => Buffer.concat(records.map(({ data }) => data));

describe('the spool of a log', () => {
  it('keeps a short log off the disk', async () => {
    append(0, 10);
    expect(spool.wantsSpill).toBe(false);
    await expect(stat(join(folder, 'spool'))).rejects.toThrow('ENOENT');
  });

  it('reads any part, whether in the file, in memory, or moving', async () => {
    append(0, 20_000);
    expect(spool.wantsSpill).toBe(true);
    await spool.spill();
    append(20_000, 30_000);
    const moving = spool.spill();
    append(30_000, 30_500);
    const whole = Buffer.from(Array.from({ length: 30_500 }, (_, n) => lineOf(n)).join(''));
    expect(spool.end).toBe(whole.length);
    const check = async (offset: number, length: number) => {
      const { offset: from, records } = await spool.read(offset, length);
      const bytes = bytesOf(records);
      expect(offset - from).toBeLessThan(4);
      expect(offset - from).toBeGreaterThanOrEqual(0);
      expect(bytes.length).toBeGreaterThan(0);
      expect(bytes.equals(whole.subarray(from, from + bytes.length))).toBe(true);
      // The beginning doesn't cut a character.
      expect((bytes[0] ?? 0) & 0xc0).not.toBe(0x80);
    };
    const offsets = Array.from({ length: 60 }, (_, n) => Math.floor((whole.length * n) / 60) + n);
    await Promise.all(offsets.map((offset) => check(offset, 10_000)));
    await moving;
    for (const offset of [...offsets, whole.length - 1]) await check(offset, 200_000);
    expect(spool.memoryBytes).toBeLessThan(50_000);
  });

  it('is read again by another process, up to the last whole record', async () => {
    append(0, 20_000);
    await spool.spill();
    const path = join(folder, 'spool');
    const { size } = await stat(path);
    await truncate(path, size - 1);
    const again = await LogSpool.reopen(path);
    const whole = Array.from({ length: 19_999 }, (_, n) => lineOf(n)).join('');
    expect(again.end).toBe(Buffer.byteLength(whole));
    for (const offset of [0, 300_000]) {
      const { offset: from, records } = await again.read(offset, again.end);
      expect(bytesOf(records).equals(Buffer.from(whole).subarray(from))).toBe(true);
    }
    await again.close();
    expect((await LogSpool.reopen(join(folder, 'none'))).end).toBe(0);
  });

  it('returns the whole log in successive reads, with streams and times', async () => {
    append(0, 20_000);
    await spool.spill();
    append(20_000, 20_100);
    let offset = 0;
    const streams: string[] = [];
    const times: number[] = [];
    while (offset < spool.end) {
      const { records } = await spool.read(offset, 65_536);
      offset += bytesOf(records).length;
      streams.push(...records.map(({ stream }) => stream));
      times.push(...records.map(({ at }) => at));
    }
    expect(times).toEqual(Array.from({ length: 20_100 }, (_, n) => n));
    expect(streams.every((stream, n) => stream === (n % 3 ? 'stdout' : 'stderr'))).toBe(true);
  });

  it('returns a record whole, even if it is longer than requested', async () => {
    spool.append({ stream: 'stdout', at: 0, data: Buffer.alloc(300_000, 'a') });
    await spool.spill();
    expect(bytesOf((await spool.read(100, 10)).records).length).toBe(299_900);
  });
});
