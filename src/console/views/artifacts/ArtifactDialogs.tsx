import { type FormEvent, useState } from 'react';
import { useAction } from '../../data/hooks';
import { Button } from '../../parts/Button';
import { Dialog } from '../../parts/Dialog';
import { ErrorNote } from '../../parts/ErrorNote';
import { TextField } from '../../parts/Field';
import { bytesText } from '../../parts/numbers';
import { toast } from '../../parts/Toast';
import styles from './Artifacts.module.css';
import { ArtifactDeletedDocument, ArtifactPinnedDocument, ArtifactUnpinnedDocument } from './generated';

interface ArtifactDialogProps {
  readonly artifact: { readonly id: string; readonly name: string; readonly size: number };
  readonly onClose: () => void;
  /** Called after the change. */
  readonly onDone: () => void;
}

/** Keeps an artifact, with a reason for others. */
export function PinDialog({ artifact: { id, name }, onClose, onDone }: ArtifactDialogProps) {
  const [note, setNote] = useState('');
  const action = useAction(ArtifactPinnedDocument, { keyed: false });
  const pin = async (event?: FormEvent) => {
    event?.preventDefault();
    if ((await action.run({ input: { artifactId: id, note: note.trim() || null } })) === undefined) return;
    toast(`${name} is pinned.`);
    onClose();
    onDone();
  };
  return (
    <Dialog
      title="Pin the artifact"
      size="small"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="main" busy={action.running} onClick={() => void pin()}>
            Pin
          </Button>
        </>
      }
    >
      <form className={styles.form} onSubmit={(event) => void pin(event)}>
        <p>
          The retention never deletes <strong className={styles.name}>{name}</strong> until somebody unpins it.
        </p>
        <TextField
          label="Reason"
          hint="For others, such as a release or a ticket."
          maxLength={1_000}
          value={note}
          onChange={({ target }) => setNote(target.value)}
        />
        <ErrorNote error={action.error} />
      </form>
    </Dialog>
  );
}

/** Deletes the content of an artifact, which can't be undone. */
export function DeleteDialog({ artifact: { id, name, size }, onClose, onDone }: ArtifactDialogProps) {
  const action = useAction(ArtifactDeletedDocument, { keyed: false });
  const remove = async () => {
    if ((await action.run({ input: { artifactId: id } })) === undefined) return;
    toast(`${name} is deleted.`);
    onClose();
    onDone();
  };
  return (
    <Dialog
      title="Delete the artifact"
      size="small"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" busy={action.running} onClick={() => void remove()}>
            Delete
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        <p>
          The content of <strong className={styles.name}>{name}</strong> ({bytesText(size)}) is deleted and can’t be
          brought back. Its name, size and SHA-256 stay readable. A run that is resumed may miss it.
        </p>
        <ErrorNote error={action.error} />
      </div>
    </Dialog>
  );
}

interface UnpinButtonProps {
  readonly id: string;
  readonly disabledBecause: string | undefined;
  readonly onDone: () => void;
}

/** Leaves an artifact to the retention again. */
export function UnpinButton({ id, disabledBecause, onDone }: UnpinButtonProps) {
  const action = useAction(ArtifactUnpinnedDocument, { keyed: false });
  const unpin = async () => {
    if ((await action.run({ input: { artifactId: id } })) !== undefined) onDone();
  };
  return (
    <>
      <Button icon="star" busy={action.running} disabledBecause={disabledBecause} onClick={() => void unpin()}>
        Unpin
      </Button>
      <ErrorNote error={action.error} />
    </>
  );
}
