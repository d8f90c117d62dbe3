import type { ReactNode } from 'react';
import { ApiError } from '../../client/apiError';
import { useData } from '../data/hooks';
import { Button } from '../parts/Button';
import { Dialog } from '../parts/Dialog';
import { ErrorNote } from '../parts/ErrorNote';
import { Skeleton } from '../parts/Skeleton';
import { ActionRunDocument } from './generated';
import { HoldDialog } from './HoldDialog';
import { ExtendDialog } from './ExtendDialog';
import { InterveneDialog, RetryDialog } from './FailureDialogs';
import type { ActionSubject } from './openAction';
import { OperationDialog } from './OperationDialog';
import { RerunDialog } from './RerunDialog';
import { PromoteDialog } from './PromoteDialog';
import { RestoreEnvironmentsDialog, RollbackDialog } from './RollbackDialogs';
import type { RunActionProps } from './runAction';
import { RestoreDialog } from './RestoreDialog';
import { ResumeDialog } from './ResumeDialog';

interface ActionDialogProps {
  readonly action: string;
  readonly subject: ActionSubject;
  readonly onClose: () => void;
}

export default function ActionDialog({ action, subject, onClose }: ActionDialogProps) {
  switch (action) {
    case 'operation':
      return <OperationDialog runId={subject.on} operationId={subject.operation ?? ''} onClose={onClose} />;
    case 'rollback':
      return <RollbackDialog subject={subject} onClose={onClose} />;
    case 'promote':
      return <PromoteDialog subject={subject} onClose={onClose} />;
    case 'restoreEnvironments':
      return <RestoreEnvironmentsDialog subject={subject} onClose={onClose} />;
    default:
      return <OfRun action={action} subject={subject} onClose={onClose} />;
  }
}

function OfRun({ action, subject, onClose }: ActionDialogProps) {
  const { data, error, refresh } = useData(ActionRunDocument, { id: subject.on });
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
  return <Of run={run} subject={subject} onClose={onClose} refusal={refusal} />;
}

const dialogs: Readonly<Record<string, (props: RunActionProps) => ReactNode>> = {
  resume: ResumeDialog,
  rerun: RerunDialog,
  restore: RestoreDialog,
  abort: (props) => <HoldDialog {...props} kind="abort" />,
  pause: (props) => <HoldDialog {...props} kind="pause" />,
  cancelRestore: (props) => <HoldDialog {...props} kind="cancelRestore" />,
  overrideFreeze: (props) => <HoldDialog {...props} kind="overrideFreeze" />,
  retry: RetryDialog,
  intervene: InterveneDialog,
  extend: ExtendDialog,
  continue: (props) => <HoldDialog {...props} kind="continue" />,
};
