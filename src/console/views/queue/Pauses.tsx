import { type FormEvent, useId, useRef, useState } from 'react';
import { useAction } from '../../data/hooks';
import { Button } from '../../parts/Button';
import { Dialog } from '../../parts/Dialog';
import { ErrorNote } from '../../parts/ErrorNote';
import { TextArea, TextField } from '../../parts/Field';
import { Labels } from '../../parts/Labels';
import { labelsOf } from '../../parts/labelText';
import { StatusShape } from '../../parts/Status';
import { Time } from '../../parts/Time';
import { toast } from '../../parts/Toast';
import { Until } from '../../parts/Until';
import { ConsolePauseQueueDocument, ConsoleResumeQueueDocument, type QueuePauseBarFragment } from './generated';
import styles from './Queue.module.css';

interface PausesProps {
  readonly pauses: readonly QueuePauseBarFragment[];
  readonly mayResume: boolean;
  readonly onChange: () => void;
}

/** What of the queue is paused: by whom, why, and until when. */
export function Pauses({ pauses, mayResume, onChange }: PausesProps) {
  const resume = useAction(ConsoleResumeQueueDocument, { keyed: false });
  const end = async (pauseId: string) => {
    const done = await resume.run({ input: { pauseId } });
    // Somebody else may have ended it, so that it is read again in any case.
    onChange();
    if (done !== undefined) toast('The queue continues.');
  };
  return (
    <>
      <ErrorNote error={resume.error} />
      {pauses.length > 0 && (
        <ul className={styles.pauses} aria-label="Pauses of the queue">
          {pauses.map(({ id, labels, note, until, at, by }) => (
            <li key={id} className={styles.pause}>
              <span className={styles.pauseIcon}>
                <StatusShape shape="pause" />
              </span>
              <div className={styles.pauseText}>
                <p className={styles.pauseWhat}>
                  {labels.length === 0 ? (
                    <strong>The queue is paused</strong>
                  ) : (
                    <>
                      <strong>Paused for jobs that require</strong> <Labels labels={labels} wrap />
                    </>
                  )}
                  {note && <span>{note}</span>}
                </p>
                <p className={styles.quiet}>
                  By {by.name}, <Time at={at} />. Jobs that run continue; new ones wait{' '}
                  {until === null ? (
                    'until somebody resumes the queue.'
                  ) : (
                    <>
                      until the pause ends <Time at={until} />.
                    </>
                  )}
                </p>
              </div>
              {mayResume && (
                <Button small icon="start" busy={resume.running} onClick={() => void end(id)}>
                  Resume
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

interface PauseDialogProps {
  readonly onClose: () => void;
  readonly onPaused: () => void;
}

export function PauseDialog({ onClose, onPaused }: PauseDialogProps) {
  const form = useId();
  const [labels, setLabels] = useState('');
  const [note, setNote] = useState('');
  const until = useRef<() => string | undefined>(() => undefined);
  const { run, running, error } = useAction(ConsolePauseQueueDocument, { keyed: false });
  const pause = async (event: FormEvent) => {
    event.preventDefault();
    const input = { labels: labelsOf(labels), note: note.trim() || undefined, until: until.current() };
    if ((await run({ input })) === undefined) return;
    toast('The queue is paused.');
    onPaused();
    onClose();
  };
  return (
    <Dialog
      title="Pause the queue"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="main" type="submit" form={form} busy={running}>
            Pause
          </Button>
        </>
      }
    >
      <form id={form} className={styles.form} onSubmit={(event) => void pause(event)}>
        <p>Jobs keep arriving and those that run finish, but no agent gets a new one that matches.</p>
        <TextField
          label="Only jobs that require these labels"
          hint="Such as os=linux zone=a. A job must require all of them. Empty: all jobs."
          value={labels}
          autoComplete="off"
          spellCheck={false}
          onChange={({ target }) => setLabels(target.value)}
        />
        <Until
          label="Ends"
          never="When somebody resumes it"
          onChange={(at) => {
            until.current = at;
          }}
        />
        <TextArea
          label="Note"
          hint="Shown with every job that waits for it."
          maxLength={1000}
          value={note}
          onChange={({ target }) => setNote(target.value)}
        />
        <ErrorNote error={error} />
      </form>
    </Dialog>
  );
}
