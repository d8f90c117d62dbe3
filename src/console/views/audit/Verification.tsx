import { useState } from 'react';
import type { ApiError } from '../../../client/apiError';
import { useAsk } from '../../data/hooks';
import { timeNow } from '../../data/now';
import { asApiError } from '../../data/server';
import { Button } from '../../parts/Button';
import { ErrorNote } from '../../parts/ErrorNote';
import { Copy } from '../../parts/Id';
import { Panel } from '../../parts/Panel';
import { Status } from '../../parts/Status';
import { Time } from '../../parts/Time';
import styles from './Audit.module.css';
import { AuditVerifiedDocument, type AuditVerifiedQuery } from './generated';

type Result = NonNullable<AuditVerifiedQuery['verifyAudit']>;

interface State {
  readonly running: boolean;
  readonly result?: Result;
  readonly at?: string;
  readonly error?: ApiError;
}

const count = (records: number) => records.toLocaleString('en');

/** Verifies the whole chain, as many calls as that takes, and says what was checked or where it is broken. */
export function Verification() {
  const ask = useAsk();
  const [{ running, result, at, error }, setState] = useState<State>({ running: false });
  const verify = async () => {
    setState({ running: true });
    try {
      let from = 1;
      for (;;) {
        const { verifyAudit: checked } = await ask(AuditVerifiedDocument, { from });
        const isDone = !checked.valid || checked.checkedTo >= checked.lastSequence || checked.checkedTo < from;
        setState({ running: !isDone, result: checked, at: new Date(timeNow()).toISOString() });
        if (isDone) return;
        from = checked.checkedTo + 1;
      }
    } catch (failure) {
      setState({ running: false, error: asApiError(failure) });
    }
  };
  return (
    <div className={styles.verification}>
      <Panel>
        <div className={styles.verify}>
          <div className={styles.verdict} role="status">
            {result === undefined ? (
              <p>
                Each record contains the hash of the one before. Verifying recomputes them all and finds records that
                were changed, removed or inserted.
              </p>
            ) : running ? (
              <p>
                Checked {count(result.checkedTo)} of {count(result.lastSequence)} records …
              </p>
            ) : (
              <Verdict result={result} at={at} />
            )}
          </div>
          <Button icon="check" busy={running} onClick={() => void verify()}>
            Verify the chain
          </Button>
        </div>
        <ErrorNote error={error} onRetry={() => void verify()} />
      </Panel>
    </div>
  );
}

function Verdict({ result, at }: { readonly result: Result; readonly at: string | undefined }) {
  const { valid, firstBroken, problem, checkedTo, lastHash, unsealed } = result;
  if (!valid)
    return (
      <>
        <p>
          <Status status="FAILED">
            The chain is broken{firstBroken !== null && ` at record ${count(firstBroken)}`}
          </Status>
        </p>
        {problem !== null && <p>{problem}</p>}
        <p className={styles.quiet}>
          {firstBroken !== null && firstBroken > 1
            ? `Records 1 to ${count(firstBroken - 1)} are unchanged. Do not rely on those from ${count(firstBroken)} on: `
            : 'Do not rely on the records: '}
          compare them with a backup of the database.
        </p>
      </>
    );
  return (
    <>
      <p>
        <Status status="SUCCESS">
          {checkedTo === 0 ? 'The chain is empty' : `All ${count(checkedTo)} records of the chain are unchanged`}
        </Status>
      </p>
      <p className={styles.quiet}>
        Verified <Time at={at} />.{unsealed > 0 && ` ${count(unsealed)} new records join the chain within seconds.`}{' '}
        Keep number and hash of the last record elsewhere, to prove later that the end was not cut off:
      </p>
      <p className={styles.hash}>
        <code>
          {count(checkedTo)} {lastHash}
        </code>
        <Copy text={`${checkedTo} ${lastHash}`} label="Copy number and hash" />
      </p>
    </>
  );
}
