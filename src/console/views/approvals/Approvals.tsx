import { useMemo, useState } from 'react';
import type { ApprovalActionType, ApprovalStatus } from '../../../client/generated';
import { useData } from '../../data/hooks';
import { useList } from '../../data/list';
import { useLive } from '../../data/live';
import { type UrlState, useUrlState } from '../../data/urlState';
import { waiting } from '../../data/waiting';
import { ApprovalCard } from '../../parts/approval/ApprovalCard';
import { DecideDialog } from '../../parts/approval/DecideDialog';
import { type ApprovalCardFragment, ApprovalsPageDocument } from '../../parts/approval/generated';
import { Button } from '../../parts/Button';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { PageHead } from '../../parts/PageHead';
import { Panel } from '../../parts/Panel';
import { Picker } from '../../parts/Picker';
import { Skeleton } from '../../parts/Skeleton';
import { Tabs } from '../../parts/Tabs';
import { ApprovalApplicationsDocument } from './generated';
import styles from './Approvals.module.css';

const DECIDED: ApprovalStatus[] = ['APPROVED', 'REJECTED', 'EXPIRED', 'ABORTED'];
const WAITING: ApprovalStatus[] = ['WAITING'];

/** Inbox of approvals: those that wait for the reader, all that wait, and those that were decided. */
export default function Approvals() {
  const url = useUrlState();
  const mine = waiting.use();
  const tabs = [
    { id: 'mine', title: 'For you', count: mine.size, panel: () => <Inbox key="mine" url={url} show="mine" /> },
    { id: 'all', title: 'All waiting', panel: () => <Inbox key="all" url={url} show="all" /> },
    { id: 'decided', title: 'Decided', panel: () => <Inbox key="decided" url={url} show="decided" /> },
  ];
  return (
    <>
      <PageHead title="Approvals" actions={<ApplicationPicker url={url} />} />
      <Tabs label="Approvals" name="show" url={url} tabs={tabs} />
    </>
  );
}

function ApplicationPicker({ url }: { readonly url: UrlState }) {
  const [opened, setOpened] = useState(false);
  const pause = !opened && url.get('application') === '';
  const { data, loading } = useData(ApprovalApplicationsDocument, {}, { pause });
  return (
    <Picker
      label="Application"
      choices={(data?.applications.nodes ?? []).map(({ id, name }) => ({ value: id, label: name }))}
      value={url.all('application')}
      onChange={(application) => url.set({ application })}
      onOpen={() => setOpened(true)}
      loading={loading}
    />
  );
}

interface Deciding {
  readonly action: ApprovalActionType;
  readonly approvals: readonly ApprovalCardFragment[];
}

function Inbox({ url, show }: { readonly url: UrlState; readonly show: 'mine' | 'all' | 'decided' }) {
  const decidableNow = waiting.use();
  const application = url.get('application');
  const variables = useMemo(
    () => ({
      mine: show === 'mine',
      status: show === 'decided' ? DECIDED : WAITING,
      applicationId: application === '' ? null : application,
    }),
    [show, application],
  );
  const list = useList({
    document: ApprovalsPageDocument,
    variables,
    pageOf: ({ approvals }) => approvals,
    idOf: ({ approvalId }: ApprovalCardFragment) => approvalId,
    only: (ids) => ({ ...variables, ids }),
    pageSize: 20,
  });
  useLive({ kind: 'approvals', all: true }, (changes) => {
    if (changes.some(({ all }) => all)) return list.refresh();
    list.update([...new Set(changes.flatMap(({ approvalId }) => approvalId ?? []))]);
  });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [deciding, setDeciding] = useState<Deciding>();
  const decidable = list.rows.filter(({ approvalId }) => decidableNow.has(approvalId));
  const selected = decidable.filter(({ approvalId }) => chosen.has(approvalId));
  const decide = (action: ApprovalActionType, approvals: readonly ApprovalCardFragment[]) => () =>
    setDeciding({ action, approvals });
  const toggle = (id: string) =>
    setChosen((before) => new Set(before.has(id) ? [...before].filter((one) => one !== id) : [...before, id]));
  if (list.loading) return <Skeleton label="Loading approvals" rows={6} />;
  return (
    <>
      <ErrorNote error={list.error} onRetry={list.refresh} />
      {list.rows.length === 0 && !list.error && (
        <Panel>
          <Nothing show={show} filtered={application !== ''} url={url} />
        </Panel>
      )}
      {decidable.length > 1 && (
        <div className={styles.many} role="toolbar" aria-label="Chosen approvals">
          <label className={styles.check}>
            <input
              type="checkbox"
              checked={selected.length === decidable.length}
              ref={(box) => {
                if (box) box.indeterminate = selected.length > 0 && selected.length < decidable.length;
              }}
              onChange={() =>
                setChosen(
                  new Set(selected.length === decidable.length ? [] : decidable.map(({ approvalId }) => approvalId)),
                )
              }
            />
            <span>{selected.length === 0 ? 'Choose all' : `${selected.length} chosen`}</span>
          </label>
          {selected.length > 0 && (
            <>
              <Button small kind="main" onClick={decide('APPROVE', selected)}>
                Approve {selected.length}
              </Button>
              <Button small kind="danger" onClick={decide('REJECT', selected)}>
                Reject {selected.length}
              </Button>
            </>
          )}
        </div>
      )}
      <ul className={styles.list} aria-label="Approvals">
        {list.rows.map((approval) => {
          const { approvalId } = approval;
          const mine = decidableNow.has(approvalId);
          return (
            <li key={approvalId}>
              <Panel padded={false}>
                <ApprovalCard
                  approval={approval}
                  select={
                    mine &&
                    decidable.length > 1 && (
                      <input
                        type="checkbox"
                        className={styles.box}
                        aria-label="Choose"
                        checked={chosen.has(approvalId)}
                        onChange={() => toggle(approvalId)}
                      />
                    )
                  }
                  actions={
                    mine && (
                      <>
                        <Button onClick={decide('REJECT', [approval])}>Reject …</Button>
                        <Button kind="main" onClick={decide('APPROVE', [approval])}>
                          Approve …
                        </Button>
                      </>
                    )
                  }
                />
              </Panel>
            </li>
          );
        })}
      </ul>
      {list.hasMore && (
        <p className={styles.more}>
          <Button kind="bare" busy={list.loadingMore} onClick={list.loadMore}>
            {list.loadingMore ? 'Loading more …' : 'Load more'}
          </Button>
        </p>
      )}
      {deciding && (
        <DecideDialog
          {...deciding}
          onClose={() => setDeciding(undefined)}
          onDecided={() => {
            setChosen(new Set());
            list.refresh();
          }}
        />
      )}
    </>
  );
}

interface NothingProps {
  readonly show: 'mine' | 'all' | 'decided';
  readonly filtered: boolean;
  readonly url: UrlState;
}

function Nothing({ show, filtered, url }: NothingProps) {
  if (filtered)
    return (
      <Empty
        icon="filter"
        title="Nothing in this application"
        action={<Button onClick={() => url.set({ application: undefined })}>Show all applications</Button>}
      >
        Approvals of other applications are not shown.
      </Empty>
    );
  if (show === 'mine')
    return (
      <Empty
        icon="approvals"
        title="Nothing waits for you"
        action={<Button onClick={() => url.set({ show: 'all' })}>Show all that wait</Button>}
      >
        Approvals that your user groups can decide appear here as soon as a run asks for them.
      </Empty>
    );
  return (
    <Empty icon="approvals" title={show === 'all' ? 'Nothing waits for approval' : 'Nothing was decided yet'}>
      Add an element with <code>approval</code> to a stage of a pipeline: its runs wait there for a person.
    </Empty>
  );
}
