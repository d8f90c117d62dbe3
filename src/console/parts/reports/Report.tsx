import { Markdown } from '../markdown/Markdown';
import { durationText } from '../times';
import styles from './Report.module.css';

interface Failed {
  readonly suite: string;
  readonly name: string;
  readonly kind: string;
  readonly message: string;
}

export interface TestNumbers {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
  readonly durationMs: number;
}

/** Report of a job, as the API has it; also of a JUnit file. */
export interface ReportView {
  readonly tests: TestNumbers | null;
  readonly failed: readonly Failed[];
  readonly summary?: string | null;
  readonly summaryTruncated?: boolean;
  readonly warnings?: readonly string[];
}

interface ReportProps {
  readonly report: ReportView;
  /** Level of the first heading of the summary. */
  readonly level?: 3 | 4;
}

/** Numbers of tests, the cases that failed with their messages, and the summary of a task. */
export function Report({ report, level }: ReportProps) {
  const { tests, failed, summary, summaryTruncated = false, warnings = [] } = report;
  const missing = tests === null ? 0 : tests.failures + tests.errors - failed.length;
  return (
    <div className={styles.report}>
      {tests && <Numbers tests={tests} />}
      {failed.length > 0 && (
        <ul className={styles.cases} aria-label="Failed tests">
          {failed.map(({ suite, name, kind, message }, index) => (
            <li key={`${index} ${suite} ${name}`}>
              <details open={failed.length <= 3}>
                <summary>
                  <span className={styles.bad}>{kind === 'ERROR' ? 'Error' : 'Failed'}</span>{' '}
                  <span className={styles.suite}>{suite}</span> {name}
                </summary>
                <pre className={styles.text} tabIndex={0} role="group" aria-label={`Message of ${name}`}>
                  {message === '' ? 'The report has no message.' : message}
                </pre>
              </details>
            </li>
          ))}
        </ul>
      )}
      {missing > 0 && failed.length > 0 && (
        <p className={styles.quiet}>{missing.toLocaleString('en')} further failed tests are not listed.</p>
      )}
      {summary && <Markdown text={summary} level={level} />}
      {summaryTruncated && <p className={styles.quiet}>The summary was too long; its end is missing.</p>}
      {warnings.map((warning) => (
        <p key={warning} className={styles.quiet}>
          {warning}
        </p>
      ))}
    </div>
  );
}

function Numbers({ tests: { tests, failures, errors, skipped, durationMs } }: { readonly tests: TestNumbers }) {
  const parts = [
    { title: 'Tests', count: tests },
    { title: 'Passed', count: Math.max(0, tests - failures - errors - skipped), tone: 'good' },
    { title: 'Failed', count: failures, tone: 'bad' },
    { title: 'Errors', count: errors, tone: 'bad' },
    { title: 'Skipped', count: skipped },
  ];
  return (
    <dl className={styles.numbers} aria-label="Test results">
      {parts
        .filter(({ title, count }) => count > 0 || title !== 'Errors')
        .map(({ title, count, tone = '' }) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd className={count > 0 ? styles[tone] : undefined}>{count.toLocaleString('en')}</dd>
          </div>
        ))}
      <div>
        <dt>Duration</dt>
        <dd>{durationText(durationMs)}</dd>
      </div>
    </dl>
  );
}
