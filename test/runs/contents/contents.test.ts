import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import S3rver from '@20minutes/s3rver';
import { systemClock } from '../../../src/kernel/clock';
import { refusalOf } from '../../../src/kernel/errors';
import { newId } from '../../../src/kernel/ids';
import { Contents } from '../../../src/runs/contents/contents';
import { type ContentStore, ContentMissing } from '../../../src/runs/contents/contentStore';
import { DiskStore } from '../../../src/runs/contents/diskStore';
import { S3Store } from '../../../src/runs/contents/s3Store';
import { testServer } from '../../support/world';

const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex');

/** Stores of both kinds keep the same promises. S3 is s3rver, a server that implements its protocol. */
describe.each(['disk', 'S3'] as const)('contents on %s', (kind) => {
  const server = testServer();
  let folder: string;
  let store: ContentStore;
  let contents: Contents;
  let s3: S3rver | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-contents-'));
    if (kind === 'S3') {
      const configureBuckets = [{ name: 'artifacts' }];
      s3 = new S3rver({ port: 0, address: '127.0.0.1', silent: true, directory: join(folder, 's3'), configureBuckets });
      const { port } = await s3.run();
      const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
      const endpoint = `http://127.0.0.1:${port}`;
      store = new S3Store({ bucket: 'artifacts', endpoint, region: 'us-east-1', prefix: 'slipway/', credentials });
    } else store = new DiskStore(folder);
    contents = new Contents(server.app.database, store, join(folder, 'incoming'), systemClock);
  });
  afterAll(async () => {
    contents.close();
    await s3?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const read = async (digest: string, range?: { start: number; end: number }) =>
    buffer(await contents.open(digest, range));

  it('keeps bytes of any size by their digest, once, and returns ranges of them', async () => {
    for (const size of [0, 5, 20 * 1024 ** 2 + 7]) {
      const data = randomBytes(size);
      const content = { sha256: sha256(data), size };
      expect(await contents.put(Readable.from(size === 0 ? [] : [data]))).toEqual(content);
      expect(await contents.has(content.sha256)).toBe(true);
      expect((await read(content.sha256)).equals(data)).toBe(true);
      if (size === 0) continue;
      expect((await read(content.sha256, { start: 1, end: size - 2 })).equals(data.subarray(1, -1))).toBe(true);
      const adopt = jest.spyOn(store, 'adopt');
      expect(await contents.put(data)).toEqual(content);
      expect(adopt).not.toHaveBeenCalled();
      adopt.mockRestore();
    }
    const none = sha256(Buffer.from('never stored'));
    expect(await contents.has(none)).toBe(false);
    await expect(contents.open(none)).rejects.toThrow(ContentMissing);
    expect(await readdir(join(folder, 'incoming'))).toEqual([]);
  });

  it('takes an upload in pieces, and makes it visible only when it is whole and right', async () => {
    const data = randomBytes(1000);
    const content = { sha256: sha256(data), size: data.length };
    const id = newId();
    const send = (from: number, to: number) =>
      contents.receive(id, content, from, Readable.from([data.subarray(from, to)]));
    expect(await contents.offsetOf(id)).toBe(0);
    expect(await refusalOf(() => send(1, 10))).toMatchObject({ code: 'UPLOAD_GAP', details: { offset: 0 } });
    expect(await send(0, 300)).toBe(300);
    // A request that was cut, one that was sent twice, and one that comes too early.
    const cut = Readable.from(
      (async function* () {
        yield data.subarray(300, 500);
        throw new Error('the connection broke');
      })(),
    );
    await expect(contents.receive(id, content, 300, cut)).rejects.toThrow('the connection broke');
    expect(await contents.offsetOf(id)).toBe(500);
    expect(await refusalOf(() => send(501, 1000))).toMatchObject({ code: 'UPLOAD_GAP', details: { offset: 500 } });
    expect(await send(300, 600)).toBe(600);
    expect(await contents.has(content.sha256)).toBe(false);
    expect(await send(600, 1000)).toBe(1000);
    expect((await read(content.sha256)).equals(data)).toBe(true);

    const wrong = { sha256: sha256(Buffer.from('something else')), size: data.length };
    const refused = await refusalOf(() => contents.receive(newId(), wrong, 0, Readable.from([data])));
    expect(refused).toMatchObject({ code: 'ARTIFACT_MISMATCH' });
    const long = await refusalOf(() => contents.receive(newId(), { ...content, size: 999 }, 0, Readable.from([data])));
    expect(long).toMatchObject({ code: 'ARTIFACT_MISMATCH' });
    expect(await contents.has(wrong.sha256)).toBe(false);
  });

  it('ends a stalled request when the upload continues in another one', async () => {
    const data = randomBytes(100);
    const content = { sha256: sha256(data), size: data.length };
    const id = newId();
    const stalled = new Readable({ read: () => undefined });
    stalled.push(data.subarray(0, 40));
    const first = refusalOf(() => contents.receive(id, content, 0, stalled));
    expect(await contents.receive(id, content, 0, Readable.from([data]))).toBe(100);
    expect(await first).toMatchObject({ code: 'UPLOAD_GAP' });
    expect((await read(content.sha256)).equals(data)).toBe(true);
  });

  it('stores what was checked although other requests write to the upload at the same time', async () => {
    const data = randomBytes(1000);
    const content = { sha256: sha256(data), size: data.length };
    const id = newId();
    const other = randomBytes(1000);
    const before = await readdir(join(folder, 'incoming'));
    await contents.receive(id, content, 0, Readable.from([data.subarray(0, 500)]));
    // A request at another server has the file open.
    const elsewhere = await open(join(folder, 'incoming', id), 'r+');
    const { adopt } = store;
    let second: Promise<number> | undefined;
    const adopting = jest.spyOn(store, 'adopt').mockImplementation(async (file, own) => {
      second = contents.receive(id, content, 0, Readable.from([other]));
      await elsewhere.write(other, 0, other.length, 0);
      await adopt.call(store, file, own);
    });
    expect(await contents.receive(id, content, 500, Readable.from([data.subarray(500)]))).toBe(1000);
    adopting.mockRestore();
    expect(await second).toBe(1000);
    await elsewhere.write(other, 0, other.length, 0);
    await elsewhere.close();
    expect((await read(content.sha256)).equals(data)).toBe(true);
    expect(await readdir(join(folder, 'incoming'))).toEqual(before);
  });

  it('deletes what nothing refers to, and nothing else', async () => {
    const { database } = server.app;
    const [kept, swept, removed] = await Promise.all(
      ['kept', 'swept', 'removed'].map((text) => contents.put(Buffer.from(`${kind} ${text}`))),
    );
    // Within the hour, a row that refers to it may still be written.
    await contents.remove(removed?.sha256 ?? '');
    expect(await contents.has(removed?.sha256 ?? '')).toBe(true);
    await contents.sweep();
    expect(await contents.has(swept?.sha256 ?? '')).toBe(true);
    // An hour later.
    await database.write(`UPDATE stored_content SET check_at = now() - interval '1 second' WHERE sha256 <> $1`, [
      kept?.sha256,
    ]);
    await contents.remove(removed?.sha256 ?? '');
    expect(await contents.has(removed?.sha256 ?? '')).toBe(false);
    expect(await contents.has(swept?.sha256 ?? '')).toBe(true);
    await contents.sweep();
    expect(await contents.has(swept?.sha256 ?? '')).toBe(false);
    expect(await contents.has(kept?.sha256 ?? '')).toBe(true);
    expect(await database.rows('SELECT sha256 FROM stored_content')).toEqual([{ sha256: kept?.sha256 }]);
  });
});
