import type { ReportView } from './Report';

/** Cases that are listed. */
const MOST_FAILED = 100;

/** Numbers and failed cases of a JUnit XML file. Undefined for anything else. */
export function readJunit(text: string): ReportView | undefined {
  const root = new DOMParser().parseFromString(text, 'application/xml').documentElement;
  if (root.tagName !== 'testsuites' && root.tagName !== 'testsuite') return undefined;
  const cases = [...root.getElementsByTagName('testcase')];
  const child = (of: Element, name: string) => [...of.children].find(({ tagName }) => tagName === name);
  const failed = cases.flatMap((one) => {
    const error = child(one, 'error');
    const problem = error ?? child(one, 'failure');
    if (problem === undefined) return [];
    const message = [problem.getAttribute('message'), problem.textContent?.trim()].filter(Boolean).join('\n');
    return [
      {
        suite: one.getAttribute('classname') ?? one.getAttribute('file') ?? '',
        name: one.getAttribute('name') ?? '',
        kind: error ? 'ERROR' : 'FAILURE',
        message,
      },
    ];
  });
  const errors = failed.filter(({ kind }) => kind === 'ERROR').length;
  const seconds = cases.reduce((sum, one) => sum + (Number(one.getAttribute('time')) || 0), 0);
  const tests = {
    tests: cases.length,
    failures: failed.length - errors,
    errors,
    skipped: cases.filter((one) => child(one, 'skipped')).length,
    durationMs: seconds * 1_000,
  };
  return { tests, failed: failed.slice(0, MOST_FAILED) };
}
