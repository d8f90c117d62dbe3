import { useState } from 'react';
import type { ApprovalActionType } from '../../../client/generated';
import { useData } from '../../data/hooks';
import { type LiveSource, useLive } from '../../data/live';
import { useThrottled } from '../../data/throttled';
import { waiting as waitingForReader } from '../../data/waiting';
import { ApprovalCard } from '../../parts/approval/ApprovalCard';
import { DecideDialog } from '../../parts/approval/DecideDialog';
import { type ApprovalCardFragment, ApprovalsOfRunDocument } from '../../parts/approval/generated';
import { Button } from '../../parts/Button';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { Panel } from '../../parts/Panel';
import { Skeleton } from '../../parts/Skeleton';
import styles from './Details.module.css';
import type { Run } from './runData';

interface ApprovalsProps {
  readonly run: Run;
  readonly source: LiveSource | null;
  /** True to show only those that wait. */
  readonly waiting?: boolean;
}

interface Deciding {
  readonly action: ApprovalActionType;
  readonly approval: ApprovalCardFragment;
}

const AGAIN_MS = 200;

/** Approvals of the run as the inbox shows them, with buttons for those that the reader can decide. */
export function Approvals({ run, source, waiting = false }: ApprovalsProps) {
  const applicationId = run.application?.id ?? '';
  const { data, error, loading, refresh } = useData(
    ApprovalsOfRunDocument,
    { applicationId, id: run.id },
    { pause: applicationId === '' },
  );
  const soon = useThrottled(refresh);
  useLive(source, (changes) => {
    if (changes.some(({ all, type = '' }) => all || type.startsWith('APPROVAL'))) soon(AGAIN_MS);
  });
  const decidable = waitingForReader.use();
  const [deciding, setDeciding] = useState<Deciding>();
  const all = data?.approvalDetails?.approvalDetails ?? [];
  const shown = waiting ? all.filter(({ status }) => status === 'WAITING') : all;
  const may = run.availableActions.find(({ action }) => action === 'approve');
  if (waiting && shown.length === 0) return null;
  return (
    <div className={waiting ? styles.asks : styles.stack}>
      <ErrorNote error={error} onRetry={refresh} />
      {loading && <Skeleton label="Loading approvals" rows={3} />}
      {shown.map((approval) => (
        <Panel key={approval.approvalId} padded={false}>
          <ApprovalCard
            approval={approval}
            within
            actions={
              decidable.has(approval.approvalId) && (
                <>
                  <Button onClick={() => setDeciding({ action: 'REJECT', approval })}>Reject …</Button>
                  <Button kind="main" onClick={() => setDeciding({ action: 'APPROVE', approval })}>
                    Approve …
                  </Button>
                </>
              )
            }
          >
            {approval.status === 'WAITING' && may?.allowed === false && may.message}
          </ApprovalCard>
        </Panel>
      ))}
      {!loading && shown.length === 0 && error === undefined && (
        <Panel>
          <Empty icon="approvals" title="No approvals">
            An approval appears here when a stage or task asks for one.
          </Empty>
        </Panel>
      )}
      {deciding && (
        <DecideDialog
          action={deciding.action}
          approvals={[deciding.approval]}
          onClose={() => setDeciding(undefined)}
          onDecided={refresh}
        />
      )}
    </div>
  );
}
