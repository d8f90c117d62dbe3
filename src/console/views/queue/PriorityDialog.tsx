import { type FormEvent, useId, useState } from 'react';
import { useAction } from '../../data/hooks';
import { Button } from '../../parts/Button';
import { Dialog } from '../../parts/Dialog';
import { ErrorNote } from '../../parts/ErrorNote';
import { Select, TextField } from '../../parts/Field';
import { toast } from '../../parts/Toast';
import { ConsoleSetPriorityDocument } from './generated';
import { pathOf, runOf } from './names';
import styles from './Queue.module.css';
import { idOf, type QueueRow } from './useQueue';

interface PriorityDialogProps {
  readonly job: QueueRow;
  readonly onClose: () => void;
  readonly onSet: () => void;
}

/** Gives a job, or all jobs of its run, another priority. */
export function PriorityDialog({ job, onClose, onSet }: PriorityDialogProps) {
  const form = useId();
  const [of, setOf] = useState('job');
  const [priority, setPriority] = useState(String(job.priority));
  const { run, running, error } = useAction(ConsoleSetPriorityDocument, { keyed: false });
  const set = async (event: FormEvent) => {
    event.preventDefault();
    const target = of === 'job' ? { jobId: idOf(job) } : { executionId: runOf(job) };
    const value = priority.trim() === '' ? null : Number(priority);
    const done = await run({ input: { ...target, priority: value } });
    if (done === undefined) return;
    const { priority: now, movedJobs } = done.setPriority;
    toast(`The priority is ${now}. ${movedJobs === 1 ? '1 waiting job' : `${movedJobs} waiting jobs`} moved.`);
    onSet();
    onClose();
  };
  return (
    <Dialog
      title={`Priority of ${job.task.name}`}
      size="small"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="main" type="submit" form={form} busy={running}>
            Set
          </Button>
        </>
      }
    >
      <form id={form} className={styles.form} onSubmit={(event) => void set(event)}>
        <p className={styles.quiet}>{pathOf(job)}</p>
        <Select
          label="For"
          options={[
            { value: 'job', label: 'This job' },
            { value: 'run', label: 'All jobs of its run' },
          ]}
          value={of}
          onChange={({ target }) => setOf(target.value)}
        />
        <TextField
          label="Priority"
          hint="−100 to 100. Jobs with a higher one are taken first. Empty: that of its run, pipeline or application."
          type="number"
          min={-100}
          max={100}
          step={1}
          value={priority}
          onChange={({ target }) => setPriority(target.value)}
        />
        <ErrorNote error={error} />
      </form>
    </Dialog>
  );
}
