import { createReadStream } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sax from 'sax';
import { type FailedCase, type JobReport, reportLimits } from '../contract/jobReport';
import type { Mask } from './secretMask';
import { isErrno } from './sessions';

/** Files of `$SLIPWAY_REPORTS` that are read; a test runner writes one for each module at most. */
const MOST_FILES = 1000;
/** All files together. Reading takes a second for each 30 MB. */
const MOST_BYTES = 256 * 1024 ** 2;

/**
 * What a command reports for people: JUnit XML in the folder `$SLIPWAY_REPORTS`, and Markdown in the file
 * `$SLIPWAY_SUMMARY`. Null if there is nothing. A report that can't be read is a warning in it, never a failure.
 */
export async function readReport(
  summaryFile: string,
  folder: string,
  mask: Mask | undefined,
): Promise<JobReport | null> {
  const summary = await readStart(summaryFile, reportLimits.summaryBytes);
  const files = await xmlFiles(folder);
  if (summary === null && files.length === 0) return null;
  const hide = (text: string) => mask?.hide(text) ?? text;
  const suite = new Suite();
  const warnings: string[] = [];
  let bytes = 0;
  for (const name of files.slice(0, MOST_FILES)) {
    try {
      bytes += await suite.read(join(folder, name), MOST_BYTES - bytes);
    } catch (error) {
      warnings.push(`${name}: ${error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : error}`);
    }
  }
  if (files.length > MOST_FILES) warnings.push(`only ${MOST_FILES} of ${files.length} files were read`);
  return {
    summary: summary === null ? null : hide(summary.text),
    summaryTruncated: summary?.truncated ?? false,
    tests: files.length === 0 ? null : suite.numbers(),
    failed: suite.failed.map((one) => ({
      ...one,
      name: hide(one.name),
      suite: hide(one.suite),
      message: hide(one.message),
    })),
    warnings: warnings.slice(0, reportLimits.warnings).map((text) => hide(text).slice(0, reportLimits.text)),
  };
}

/** Numbers and failed cases of JUnit files. Streams, so the size of a file does not matter; entities are not expanded. */
class Suite {
  readonly failed: FailedCase[] = [];
  private tests = 0;
  private failures = 0;
  private errors = 0;
  private skipped = 0;
  private seconds = 0;

  numbers() {
    const { tests, failures, errors, skipped } = this;
    return { tests, failures, errors, skipped, durationMs: Math.round(this.seconds * 1000) };
  }

  /** Returns the size of the file. */
  async read(path: string, most: number): Promise<number> {
    const parser = sax.parser(true, { position: false });
    let bad: Error | undefined;
    let current:
      | { name: string; suite: string; outcome: 'PASSED' | 'SKIPPED' | FailedCase['kind']; message: string }
      | undefined;
    let inFailure = false;
    const attribute = (tag: sax.Tag | sax.QualifiedTag, name: string) => String(tag.attributes[name] ?? '');
    const short = (text: string) => text.slice(0, reportLimits.text);
    parser.onerror = (error) => {
      bad ??= error;
    };
    parser.onopentag = (tag) => {
      if (tag.name === 'testcase') {
        const suite = attribute(tag, 'classname') || attribute(tag, 'file');
        current = { name: short(attribute(tag, 'name')), suite: short(suite), outcome: 'PASSED', message: '' };
        const seconds = Number(attribute(tag, 'time').replaceAll(',', ''));
        if (Number.isFinite(seconds) && seconds > 0) this.seconds += seconds;
      } else if (current !== undefined && (tag.name === 'failure' || tag.name === 'error')) {
        current.outcome = tag.name === 'failure' ? 'FAILURE' : 'ERROR';
        current.message = short(attribute(tag, 'message'));
        inFailure = true;
      } else if (current !== undefined && tag.name === 'skipped') current.outcome = 'SKIPPED';
    };
    const text = (more: string) => {
      if (inFailure && current !== undefined && current.message.length < reportLimits.text) {
        current.message = short(current.message + (current.message === '' ? more.trimStart() : `\n${more}`));
      }
    };
    parser.ontext = text;
    parser.oncdata = text;
    parser.onclosetag = (name) => {
      if (name === 'failure' || name === 'error') inFailure = false;
      if (name !== 'testcase' || current === undefined) return;
      this.add(current);
      current = undefined;
    };
    let bytes = 0;
    for await (const chunk of createReadStream(path, { encoding: 'utf8' })) {
      bytes += Buffer.byteLength(chunk);
      if (bytes > most) throw new Error(`the reports have more than ${MOST_BYTES} bytes`);
      parser.write(chunk);
      if (bad !== undefined) throw new Error(`not well-formed XML: ${bad.message}`);
    }
    parser.close();
    if (bad !== undefined) throw new Error(`not well-formed XML: ${(bad as Error).message}`);
    return bytes;
  }

  private add({ outcome, name, suite, message }: { outcome: string; name: string; suite: string; message: string }) {
    this.tests++;
    if (outcome === 'SKIPPED') this.skipped++;
    if (outcome === 'FAILURE') this.failures++;
    if (outcome === 'ERROR') this.errors++;
    if ((outcome === 'FAILURE' || outcome === 'ERROR') && this.failed.length < reportLimits.failed) {
      this.failed.push({ kind: outcome, name, suite, message: message.trimEnd() });
    }
  }
}

async function xmlFiles(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.xml'));
    return files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return [];
    throw error;
  }
}

/** Beginning of a file; null if there is none, or nothing in it. */
async function readStart(path: string, most: number): Promise<{ text: string; truncated: boolean } | null> {
  try {
    // O_NONBLOCK: a named pipe at this path would block the agent.
    const file = await open(path, 0o4000);
    try {
      const buffer = Buffer.alloc(most + 1);
      const { bytesRead } = await file.read(buffer, 0, most + 1, 0);
      const text = buffer.toString('utf8', 0, Math.min(bytesRead, most)).replace(/\ufffd$/, '');
      return text.trim() === '' ? null : { text, truncated: bytesRead > most };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EISDIR', 'EACCES', 'ENXIO', 'ESPIPE')) return null;
    throw error;
  }
}
