import { useState } from 'react';
import { useAction } from '../../data/hooks';
import { Button } from '../../parts/Button';
import { Dialog } from '../../parts/Dialog';
import { ErrorNote } from '../../parts/ErrorNote';
import { TextArea } from '../../parts/Field';
import { Status } from '../../parts/Status';
import { ConsoleCancelJobsDocument, type ConsoleCancelJobsMutation } from './generated';
import { pathOf } from './names';
import styles from './Queue.module.css';
import { idOf, type QueueRow } from './useQueue';

type Result = NonNullable<ConsoleCancelJobsMutation['cancelJobs']>['jobs'][number];

interface CancelDialogProps {
  readonly jobs: readonly QueueRow[];
  readonly onClose: () => void;
  readonly onCanceled: () => void;
}

/** Cancels jobs after a confirmation, and shows what became of each. */
export function CancelDialog({ jobs, onClose, onCanceled }: CancelDialogProps) {
  const [reason, setReason] = useState('');
  const [results, setResults] = useState<readonly Result[]>();
  const { run, running, error } = useAction(ConsoleCancelJobsDocument, { keyed: false });
  const waits = jobs.some(({ state }) => state !== 'RUNNING');
  const runs = jobs.some(({ state }) => state === 'RUNNING');
  const many = jobs.length > 1;
  const cancel = async () => {
    const done = await run({ input: { jobIds: jobs.map(idOf), reason: reason.trim() || undefined } });
    if (done === undefined) return;
    setResults(done.cancelJobs.jobs);
    onCanceled();
  };
  return (
    <Dialog
      title={many ? `Cancel ${jobs.length} jobs` : `Cancel ${jobs[0]?.task.name}`}
      onClose={onClose}
      actions={
        results ? (
          <Button kind="main" onClick={onClose}>
            Close
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>Keep {many ? 'them' : 'it'}</Button>
            <Button kind="danger" busy={running} onClick={() => void cancel()}>
              Cancel {many ? `${jobs.length} jobs` : 'the job'}
            </Button>
          </>
        )
      }
    >
      <div className={styles.form}>
        {!results && (
          <p>
            {waits &&
              `${many ? 'The tasks of jobs that wait fail' : 'Its task fails'}; no agent runs ${many ? 'them' : 'it'}. `}
            {runs && `${many ? 'The agents of jobs that run are' : 'Its agent is'} asked to end the command. `}
            Nothing is retried.
          </p>
        )}
        <ul className={styles.chosen} role={results && 'status'} aria-label="Jobs">
          {jobs.map((job) => (
            <li key={idOf(job)}>
              <div>
                <strong>{job.task.name}</strong> <span className={styles.quiet}>{pathOf(job)}</span>
              </div>
              {results && <Outcome result={results.find(({ jobId }) => jobId === idOf(job))} />}
            </li>
          ))}
        </ul>
        {!results && (
          <TextArea
            label="Reason"
            hint="Shown with the tasks."
            maxLength={5000}
            value={reason}
            onChange={({ target }) => setReason(target.value)}
          />
        )}
        <ErrorNote error={error} />
      </div>
    </Dialog>
  );
}

function Outcome({ result }: { readonly result: Result | undefined }) {
  switch (result?.outcome) {
    case 'WITHDRAWN':
      return <Status status="SUCCESS">Withdrawn: no agent had started it.</Status>;
    case 'REQUESTED':
      return <Status status="SUCCESS">Its agent ends it now.</Status>;
    default:
      return (
        <Status status="FAILED">
          {result?.message ?? 'No answer.'} <code>{result?.code}</code>
        </Status>
      );
  }
}
