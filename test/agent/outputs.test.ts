import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findOutputs } from '../../src/agent/outputs';

let root: string;
let work: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'slipway-outputs-'));
  work = join(root, 'work');
  await mkdir(work);
  await writeFile(join(root, 'secret'), 'of the machine');
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function files(...names: string[]) {
  for (const name of names) {
    await mkdir(dirname(join(work, name)), { recursive: true });
    await writeFile(join(work, name), name);
  }
}

const namesOf = async (...patterns: string[]) => (await findOutputs(work, patterns)).files.map(({ name }) => name);

describe('findOutputs', () => {
  it('returns each file once, in order, however many patterns match it', async () => {
    await files('dist/b.tgz', 'dist/a.tgz', 'dist/deep/c.tgz', 'other');
    expect(await namesOf('dist/*.tgz', 'dist/**', 'dist/a.tgz')).toEqual([
      'dist/a.tgz',
      'dist/b.tgz',
      'dist/deep/c.tgz',
    ]);
  });

  it('reports patterns that match no file', async () => {
    await files('dist/a');
    const { missing } = await findOutputs(work, ['dist/*', 'dist', 'none/*.xml', '../secret', '/etc/passwd']);
    expect(missing).toEqual([
      'nothing matches "dist"; dist is a directory; use "dist/**" for the files in it',
      'nothing matches "none/*.xml"',
      '"../secret" is not a path within the working directory',
      '"/etc/passwd" is not a path within the working directory',
    ]);
  });

  // small-messages
  it('treats braces, brackets and question marks as ordinary characters', async () => {
    await files('a.txt', '{a,b}.txt');
    expect(await namesOf('{a,b}.txt')).toEqual(['{a,b}.txt']);
    expect((await findOutputs(work, ['{c,d}.txt'])).missing).toEqual([
      'nothing matches "{c,d}.txt"; only * and ** are special in a pattern, {}, [] and ? are ordinary',
    ]);
  });

  it('follows a link within the directory, but not one that leads out', async () => {
    await files('releases/1/app');
    await symlink('releases/1', join(work, 'current'));
    await symlink('releases/1/app', join(work, 'app'));
    await symlink(join(root, 'secret'), join(work, 'leak'));
    await symlink(root, join(work, 'out'));
    const found = await findOutputs(work, ['current/*', 'app', 'leak']);
    expect(found.files.map(({ name }) => name)).toEqual(['app', 'current/app']);
    expect(found.escaping).toEqual(['leak']);
    expect((await findOutputs(work, ['out/secret'])).missing).toEqual([
      'nothing matches "out/secret"; out leads out of the working directory',
    ]);
  });

  it('stops following circular links', async () => {
    await files('a/file');
    await symlink('.', join(work, 'a', 'a'));
    await symlink('loop', join(work, 'loop'));
    expect(await namesOf('**/a/**')).toContain('a/file');
    expect((await findOutputs(work, ['loop'])).missing).toEqual(['nothing matches "loop"; loop is a dangling link']);
  });

  it('keeps links to uploaded files as links, and does not follow links with **', async () => {
    await files('real/file', 'lib/so.1.2');
    await symlink('real', join(work, 'link'));
    await symlink(join(work, 'real', 'file'), join(work, 'absolute'));
    await symlink('../lib/./so.1', join(work, 'lib', 'so'));
    await symlink('so.1.2', join(work, 'lib', 'so.1'));
    await symlink('..', join(work, 'real', 'up'));
    await symlink('real/up/lib/so.1.2', join(work, 'winding'));
    await symlink('not/there', join(work, 'dangling'));
    const targets = async (...patterns: string[]) =>
      (await findOutputs(work, patterns)).files.map((file) => [
        file.name,
        file.type === 'LINK' ? file.target : file.type,
      ]);
    expect(await targets('**')).toEqual([
      ['absolute', 'real/file'],
      ['dangling', 'not/there'],
      ['lib/so', 'so.1'],
      ['lib/so.1', 'so.1.2'],
      ['lib/so.1.2', 'FILE'],
      ['link', 'real'],
      ['real/file', 'FILE'],
      ['real/up', '..'],
      ['winding', 'lib/so.1.2'],
    ]);
    // The target of a link is not uploaded: a file is copied, and a folder doesn't count.
    expect(await targets('lib/so', 'lib/so.1.2')).toEqual([
      ['lib/so', 'so.1.2'],
      ['lib/so.1.2', 'FILE'],
    ]);
    expect(await targets('lib/so', 'absolute')).toEqual([
      ['absolute', 'FILE'],
      ['lib/so', 'FILE'],
    ]);
    expect(await targets('link/**', 'link')).toEqual([
      ['link/file', 'FILE'],
      ['link/up', '..'],
    ]);
    expect((await findOutputs(work, ['link'])).missing).toEqual([
      'nothing matches "link"; link is a directory; use "link/**" for the files in it',
    ]);
  });

  it('rejects every matching link that leads out, to files, to folders and to nothing', async () => {
    await symlink(root, join(work, 'folder'));
    await symlink('../secret', join(work, 'file'));
    await symlink('/not/there', join(work, 'nothing'));
    await symlink('file', join(work, 'through'));
    const { escaping, files: found } = await findOutputs(work, ['**']);
    expect([...escaping].sort()).toEqual(['file', 'folder', 'nothing', 'through']);
    expect(found).toEqual([]);
  });

  it('finds empty folders, which satisfy no pattern', async () => {
    await files('a/file');
    await mkdir(join(work, 'a/empty/deep'), { recursive: true });
    expect(await namesOf('**')).toEqual(['a/empty/deep', 'a/file']);
    expect((await findOutputs(work, ['a/empty/deep'])).missing).toEqual([
      'nothing matches "a/empty/deep"; a/empty/deep is an empty directory',
    ]);
  });
});
