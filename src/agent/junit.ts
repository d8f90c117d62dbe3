import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import sax from 'sax';
import { type FailedCase, reportLimits } from '../contract/jobReport';

/** All files together. Reading takes a second for each 30 MB. */
const MOST_BYTES = 256 * 1024 ** 2;
/** Attributes, names and comments; longer text arrives in pieces. */
const MOST_BUFFERED = 1024 ** 2;
const MOST_DEPTH = 100;
const MOST_ATTRIBUTES = 1000;
/** Text of a failure that is kept until its secrets are masked, so that none is cut in two. */
const MOST_RAW = reportLimits.text + 16_384;
const MOST_COUNT = 2_147_483_647;

interface TestCase {
  readonly name: string;
  readonly suite: string;
  /** NaN if the report does not say. */
  readonly seconds: number;
  outcome: 'PASSED' | 'SKIPPED' | FailedCase['kind'];
  message: string;
}

/**
 * Numbers and failed cases of JUnit XML files. Files are read as streams in bounded memory. Entities that a file
 * declares are not expanded: their use is a mistake of the file.
 */
export class TestResults {
  readonly failed: FailedCase[] = [];
  private tests = 0;
  private failures = 0;
  private errors = 0;
  private skipped = 0;
  private seconds = 0;
  private bytes = 0;

  /** `hide` masks secrets. */
  constructor(private readonly hide: (text: string) => string) {}

  get numbers() {
    const { tests, failures, errors, skipped } = this;
    return { tests, failures, errors, skipped, durationMs: Math.min(MOST_COUNT, Math.round(this.seconds * 1000)) };
  }

  /** Throws if the file is not a JUnit report. The cases before the mistake count. */
  async read(path: string, signal: AbortSignal): Promise<void> {
    // The command may have left a named pipe, or a link to a file that only the agent may read.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw new Error('it is not a file');
      this.bytes += stat.size;
      if (this.bytes > MOST_BYTES) throw new Error(`all reports together exceed ${MOST_BYTES} bytes`);
      const parse = this.parser();
      for await (const chunk of file.createReadStream({ encoding: 'utf8', end: stat.size, autoClose: false })) {
        signal.throwIfAborted();
        parse(chunk);
      }
      parse(null);
    } finally {
      await file.close();
    }
  }

  /** Returns a function that takes the parts of a document, and null at its end. */
  parser(): (chunk: string | null) => void {
    Object.assign(sax, { MAX_BUFFER_LENGTH: MOST_BUFFERED });
    const parser = sax.parser(true);
    let mistake: string | undefined;
    const wrong = (what: string) => {
      mistake ??= `line ${parser.line + 1}: ${what}`;
    };
    let any = false;
    let depth = 0;
    let attributes = 0;
    let current: TestCase | undefined;
    let inFailure = false;
    let startsText = false;
    parser.onerror = (error) => wrong(`not well-formed XML: ${error.message.split('\n', 1)[0]}`);
    parser.onopentagstart = () => {
      any = true;
      attributes = 0;
      if (++depth > MOST_DEPTH) wrong(`more than ${MOST_DEPTH} elements within each other`);
    };
    parser.onattribute = () => {
      if (++attributes > MOST_ATTRIBUTES) wrong(`more than ${MOST_ATTRIBUTES} attributes`);
    };
    parser.onopentag = ({ name, attributes: of }) => {
      const attribute = (key: string) => String(of[key] ?? '').slice(0, MOST_RAW);
      if (depth === 1 && name !== 'testsuites' && name !== 'testsuite') {
        wrong(`not a JUnit report: its root is <${name.slice(0, 50)}>, not <testsuites> or <testsuite>`);
      }
      if (name === 'testcase') {
        const suite = attribute('classname') || attribute('file');
        const seconds = Number(attribute('time').replaceAll(',', ''));
        current = { name: attribute('name'), suite, seconds, outcome: 'PASSED', message: '' };
      } else if (current !== undefined && (name === 'failure' || name === 'error')) {
        if (current.outcome === 'PASSED' || current.outcome === 'SKIPPED') {
          current.outcome = name === 'failure' ? 'FAILURE' : 'ERROR';
          current.message = attribute('message');
        }
        inFailure = true;
        startsText = true;
      } else if (current?.outcome === 'PASSED' && name === 'skipped') current.outcome = 'SKIPPED';
    };
    const text = (more: string) => {
      if (!inFailure || current === undefined || current.message.length >= MOST_RAW) return;
      const added = startsText ? more.trimStart() : more;
      if (added === '') return;
      // Most tools repeat the message at the beginning of the text.
      if (startsText && added.startsWith(current.message)) current.message = '';
      const gap = startsText && current.message !== '' ? '\n' : '';
      startsText = false;
      current.message = (current.message + gap + added).slice(0, MOST_RAW);
    };
    parser.ontext = text;
    parser.oncdata = text;
    parser.onclosetag = (name) => {
      depth--;
      if (name === 'failure' || name === 'error') inFailure = false;
      // After a mistake, the parser continues to the end of its chunk.
      if (name !== 'testcase' || current === undefined || mistake !== undefined) return;
      this.add(current);
      current = undefined;
    };
    return (chunk) => {
      if (mistake === undefined) {
        if (chunk === null) parser.close();
        else parser.write(chunk);
      }
      if (chunk === null && !any) wrong('not a JUnit report: it is empty');
      if (mistake !== undefined) throw new Error(mistake);
    };
  }

  private add({ outcome, name, suite, seconds, message }: TestCase): void {
    this.tests++;
    if (Number.isFinite(seconds) && seconds > 0) this.seconds += seconds;
    if (outcome === 'SKIPPED') this.skipped++;
    if (outcome === 'FAILURE') this.failures++;
    if (outcome === 'ERROR') this.errors++;
    if (outcome === 'PASSED' || outcome === 'SKIPPED' || this.failed.length >= reportLimits.failed) return;
    const short = (text: string, most: number) => this.hide(text).slice(0, most).trimEnd();
    this.failed.push({
      kind: outcome,
      name: short(name, reportLimits.name),
      suite: short(suite, reportLimits.name),
      message: short(message, reportLimits.text),
    });
  }
}
