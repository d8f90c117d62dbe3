import type { ReactNode } from 'react';
import { ApiError } from '../../client/apiError';
import { useData } from '../data/hooks';
import { Button } from '../parts/Button';
import { Dialog } from '../parts/Dialog';
import { ErrorNote } from '../parts/ErrorNote';
import { Skeleton } from '../parts/Skeleton';
import { ActionRunDocument, type ActionRunFragment } from './generated';
import { HoldDialog } from './HoldDialog';
import { OperationDialog } from './OperationDialog';
import { RerunDialog } from './RerunDialog';
import { RestoreDialog } from './RestoreDialog';
import { ResumeDialog } from './ResumeDialog';

interface ActionDialogProps {
  readonly action: string;
  readonly on: string;
  readonly operation: string;
  readonly onClose: () => void;
}

export default function ActionDialog({ action, on, operation, onClose }: ActionDialogProps) {
  if (action === 'operation') return <OperationDialog runId={on} operationId={operation} onClose={onClose} />;
  return <OfRun action={action} on={on} onClose={onClose} />;
}

export interface RunActionProps {
  readonly run: ActionRunFragment;
  readonly onClose: () => void;
  /** Why the caller can't do it, by the server's decision. */
  readonly refusal: { readonly code: string; readonly message: string } | undefined;
}

function OfRun({ action, on, onClose }: Omit<ActionDialogProps, 'operation'>) {
  const { data, error, refresh } = useData(ActionRunDocument, { id: on });
  const run = data?.execution;
  const Of = dialogs[action];
  if (run === undefined || Of === undefined) {
    const unknown = new ApiError('NOT_FOUND', `The console has no action "${action}".`, false);
    const shown = Of === undefined ? unknown : error;
    return (
      <Dialog title="Run" onClose={onClose} actions={<Button onClick={onClose}>Close</Button>}>
        {shown ? <ErrorNote error={shown} onRetry={Of && refresh} /> : <Skeleton rows={4} />}
      </Dialog>
    );
  }
  const known = run.availableActions.find((one) => one.action === action);
  const refusal =
    known === undefined || known.allowed
      ? undefined
      : { code: known.code ?? 'FORBIDDEN', message: known.message ?? 'This is not possible now.' };
  return <Of run={run} onClose={onClose} refusal={refusal} />;
}

const dialogs: Readonly<Record<string, (props: RunActionProps) => ReactNode>> = {
  resume: ResumeDialog,
  rerun: RerunDialog,
  restore: RestoreDialog,
  abort: (props) => <HoldDialog {...props} kind="abort" />,
  pause: (props) => <HoldDialog {...props} kind="pause" />,
  continue: (props) => <HoldDialog {...props} kind="continue" />,
};
