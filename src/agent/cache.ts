import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ClaimedJob } from '../contract/agentProtocol';
import type { Log } from '../kernel/log';
import type { JobLog } from './jobLog';
import { removeFolder } from './leftovers';
import { findOutputs } from './outputs';
import type { JobClient } from './protocolClient';
import { moveEntries } from './workFolder';
import type { JobFolder } from './workplace';

/**
 * The cache of a job: an archive of some of its files, restored before its command and saved after it has succeeded.
 * Nothing about it fails a job; the job's log has a note.
 */
const CHECKSUM = /\$\{\{\s*checksum\(\s*((?:"[^"]*"|'[^']*')(?:\s*,\s*(?:"[^"]*"|'[^']*'))*)\s*\)\s*\}\}/g;
const MAX_KEY = 500;

interface CacheContext {
  readonly cache: NonNullable<ClaimedJob['cache']>;
  readonly folder: JobFolder;
  readonly client: JobClient;
  readonly output: JobLog;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export class JobCache {
  /** Null if the key can't be made, or if the server has an entry for it. */
  private key: string | null = null;

  constructor(private readonly context: CacheContext) {}

  async restore(): Promise<void> {
    const { cache, folder, client, output, log, signal } = this.context;
    await this.attempt('restored', async () => {
      this.key = await this.filled(cache.key);
      const prefixes = await Promise.all(cache.restoreKeys.map((one) => this.filled(one)));
      const response = await client.getCache(this.key, prefixes, signal);
      if (response === null) {
        output.note(`no cache for the key ${this.key}`);
        return;
      }
      const file = join(folder.path, 'cache.tar.gz');
      const extracted = join(folder.path, 'cache');
      const { key, sha256 } = response;
      if (key === this.key) this.key = null;
      try {
        const hash = createHash('sha256');
        response.body.on('data', (chunk: Buffer) => hash.update(chunk));
        await pipeline(response.body, createWriteStream(file), { signal });
        if (hash.digest('hex') !== sha256) throw new Error('its content was damaged on the way');
        await mkdir(extracted);
        await tar(['-xzf', file, '-C', extracted], signal);
        // Not by tar, which writes through links that a checkout contains.
        await moveEntries(extracted, folder.work);
      } finally {
        await rm(file, { force: true });
        await removeFolder(extracted, log);
      }
      output.note(`cache restored from the key ${key}`);
    });
  }

  async save(): Promise<void> {
    const { cache, folder, client, output, signal } = this.context;
    const { key } = this;
    if (key === null) return;
    await this.attempt('saved', async () => {
      const { files } = await findOutputs(folder.work, cache.paths);
      if (files.length === 0) {
        output.note('no file matches the paths of the cache, so nothing was saved');
        return;
      }
      const file = join(folder.path, 'cache.tar.gz');
      try {
        const names = `${files.map(({ name }) => name).join('\0')}\0`;
        await tar(['--null', '--no-recursion', '-czf', file, '-C', folder.work, '-T', '-'], signal, names);
        const { size } = await stat(file);
        const saved = await client.sendCache(key, size, createReadStream(file), signal);
        output.note(saved ? `cache saved with the key ${key}` : `another job has already saved the cache ${key}`);
      } finally {
        await rm(file, { force: true });
      }
    });
  }

  private async attempt(what: string, work: () => Promise<void>): Promise<void> {
    const { output, log, signal } = this.context;
    try {
      await work();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const why = error instanceof Error ? error.message : String(error);
      log.warn({ err: error }, `a cache could not be ${what}`);
      output.note(`the cache could not be ${what}: ${why}`);
    }
  }

  /** The key with the checksums of files. */
  private async filled(text: string): Promise<string> {
    const { folder } = this.context;
    let key = '';
    let end = 0;
    for (const match of text.matchAll(CHECKSUM)) {
      const patterns = [...(match[1] ?? '').matchAll(/"([^"]*)"|'([^']*)'/g)].map(([, a, b]) => a ?? b ?? '');
      const hash = createHash('sha256');
      const { files } = await findOutputs(folder.work, patterns);
      for (const file of files) {
        hash.update(`${file.name}\0`);
        if (file.type === 'FILE')
          hash.update(
            createHash('sha256')
              .update(await readFile(file.path))
              .digest(),
          );
      }
      if (files.length === 0) throw new Error(`no file matches ${patterns.join(', ')}, so its key has no checksum`);
      key += text.slice(end, match.index) + hash.digest('hex').slice(0, 32);
      end = match.index + match[0].length;
    }
    key += text.slice(end);
    if (key.length > MAX_KEY) throw new Error(`its key has more than ${MAX_KEY} characters`);
    return key;
  }
}

/** Runs tar, which every system has; it never extracts outside of the folder. */
function tar(args: readonly string[], signal: AbortSignal, input = ''): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('tar', args, { stdio: ['pipe', 'ignore', 'pipe'], signal });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-500);
    });
    child.once('error', reject);
    child.stdin.once('error', () => undefined);
    child.stdin.end(input);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`tar ended with ${code}: ${errors.trim()}`)),
    );
  });
}
