import { useState } from 'react';
import { useAction } from '../../data/hooks';
import { useList } from '../../data/list';
import { timeNow } from '../../data/now';
import { Button } from '../../parts/Button';
import { Empty } from '../../parts/Empty';
import { ConfirmDialog } from '../../parts/FormDialog';
import { Status } from '../../parts/Status';
import { ListPanel } from '../../parts/ListPanel';
import type { Column } from '../../parts/Table';
import { Time } from '../../parts/Time';
import { toast } from '../../parts/Toast';
import { type FormProps, FreezeForm, recurrenceText } from './FreezeForm';
import {
  SettingsDeleteFreezeDocument,
  type SettingsFreezeFragment,
  SettingsFreezesDocument,
  SettingsUpdateFreezeDocument,
} from './generated';
import { type Choices, nameIn, type Places, useChoices, usePlaces } from './names';
import { RowMenu, SettingsHead } from './parts';
import { listText } from './permissionText';
import styles from './Settings.module.css';
import { useViewer } from './viewer';

type Row = SettingsFreezeFragment;
type Doing = { readonly kind: 'create' } | { readonly kind: 'edit' | 'end' | 'delete'; readonly freeze: Row };

const isWindow = ({ kind }: Row) => kind === 'DEPLOYMENT_WINDOW';

/** Times without deployments, and times outside of which there are none. */
export default function Freezes() {
  const list = useList({
    document: SettingsFreezesDocument,
    variables: {},
    pageOf: ({ freezes }) => freezes,
    idOf: ({ id }: Row) => id,
  });
  const choices = useChoices();
  const places = usePlaces();
  const [doing, setDoing] = useState<Doing>();
  const because = useViewer().because('MANAGE_FREEZES');
  const close = () => setDoing(undefined);
  const done = (text: string) => {
    toast(text);
    close();
    list.refresh();
  };
  const columns: Column<Row>[] = [
    {
      key: 'name',
      title: 'Name',
      cell: (freeze) => (
        <div className={styles.two}>
          <strong title={freeze.name}>{freeze.name}</strong>
          <span className={styles.second} title={freeze.reason}>
            {freeze.reason}
          </span>
        </div>
      ),
    },
    {
      ...{ key: 'now', title: 'Now', width: '150px', hideBelow: 640 },
      cell: (freeze) => <State freeze={freeze} />,
    },
    {
      ...{ key: 'covers', title: 'Covers', hideBelow: 900 },
      cell: (freeze) => {
        const text = coveredText(freeze, choices, places);
        return <span title={text}>{text}</span>;
      },
    },
    {
      ...{ key: 'repeats', title: 'Repeats', width: '180px', hideBelow: 1200 },
      cell: ({ recurrence }) => (
        <span className={styles.quiet} title={recurrence ?? undefined}>
          {recurrence === null ? 'no' : recurrenceText(recurrence)}
        </span>
      ),
    },
    {
      ...{ key: 'when', title: 'Next change', width: '150px' },
      cell: (freeze) => <When freeze={freeze} />,
    },
    {
      ...{ key: 'menu', title: 'Actions', quiet: true, width: '64px' },
      cell: (freeze) => (
        <RowMenu
          of={freeze.name}
          items={[
            {
              ...{ label: 'Edit', icon: 'settings', disabledBecause: because },
              onSelect: () => setDoing({ kind: 'edit', freeze }),
            },
            {
              ...{ label: 'End now', icon: 'check' },
              disabledBecause:
                because ??
                (freeze.recurrence !== null
                  ? 'It repeats: edit or delete it.'
                  : freeze.currentWindow === null
                    ? 'It is not in effect.'
                    : undefined),
              onSelect: () => setDoing({ kind: 'end', freeze }),
            },
            {
              ...{ label: 'Delete', icon: 'close', danger: true, disabledBecause: because },
              onSelect: () => setDoing({ kind: 'delete', freeze }),
            },
          ]}
        />
      ),
    },
  ];
  return (
    <>
      <SettingsHead
        title="Freezes"
        lead="During a freeze, deployments wait or are refused. With deployment windows, they wait outside of all windows. Deployments that have begun continue."
        actions={
          <Button kind="main" icon="plus" disabledBecause={because} onClick={() => setDoing({ kind: 'create' })}>
            New freeze
          </Button>
        }
      />
      <ListPanel list={list} label="Freezes" columns={columns} loading="Loading freezes">
        <Empty icon="pause" title="No freezes">
          Create one for holidays or an incident, or a deployment window for the hours in which deployments may begin.
        </Empty>
      </ListPanel>
      {doing?.kind === 'create' && <FreezeForm onClose={close} onDone={done} />}
      {doing?.kind === 'edit' && <FreezeForm freeze={doing.freeze} onClose={close} onDone={done} />}
      {doing?.kind === 'end' && <EndFreeze freeze={doing.freeze} onClose={close} onDone={done} />}
      {doing?.kind === 'delete' && <DeleteFreeze freeze={doing.freeze} onClose={close} onDone={done} />}
    </>
  );
}

/** In effect or not, by shape, word and color. */
function State({ freeze }: { readonly freeze: Row }) {
  const open = freeze.currentWindow !== null;
  if (isWindow(freeze)) return <Status status={open ? 'ONLINE' : 'PAUSED'}>{open ? 'Window open' : 'Outside'}</Status>;
  if (open) return <Status status="PAUSED">Frozen</Status>;
  return (
    <Status status={freeze.nextWindow === null ? 'SKIPPED' : 'QUEUED'}>{freeze.nextWindow ? 'Not yet' : 'Over'}</Status>
  );
}

function When({ freeze: { currentWindow, nextWindow } }: { readonly freeze: Row }) {
  if (currentWindow !== null)
    return currentWindow.until === null ? (
      <span className={styles.quiet}>no end</span>
    ) : (
      <span>
        ends <Time at={currentWindow.until} />
      </span>
    );
  if (nextWindow === null) return <span className={styles.quiet}>–</span>;
  return (
    <span>
      begins <Time at={nextWindow.from} />
    </span>
  );
}

function coveredText(freeze: Row, { applications }: Choices, { environments }: Places): string {
  const { environmentIds, environmentTypes, applicationIds } = freeze;
  const parts = [
    ...(environmentTypes ?? []).map((type) => (type === 'PROD' ? 'production' : 'non-production')),
    ...(environmentIds ?? []).map((id) => nameIn(environments, id)),
  ];
  const where = parts.length === 0 ? 'all environments' : listText(parts);
  return applicationIds === null
    ? where
    : `${where} of ${listText(applicationIds.map((id) => nameIn(applications, id)))}`;
}

function EndFreeze({ freeze, onClose, onDone }: FormProps & { readonly freeze: Row }) {
  const action = useAction(SettingsUpdateFreezeDocument, { keyed: false });
  const end = async () => {
    const until = new Date(timeNow()).toISOString();
    if ((await action.run({ input: { freezeId: freeze.id, until } })) !== undefined)
      onDone(`${freeze.name} has ended.`);
  };
  return (
    <ConfirmDialog
      title={`End ${freeze.name} now?`}
      label="End it now"
      onClose={onClose}
      action={action}
      onConfirm={() => void end()}
    >
      <p>Deployments that wait for its end begin, unless another freeze holds them back.</p>
    </ConfirmDialog>
  );
}

function DeleteFreeze({ freeze, onClose, onDone }: FormProps & { readonly freeze: Row }) {
  const action = useAction(SettingsDeleteFreezeDocument, { keyed: false });
  const remove = async () => {
    if ((await action.run({ input: { freezeId: freeze.id } })) !== undefined) onDone(`${freeze.name} was deleted.`);
  };
  return (
    <ConfirmDialog
      title={`Delete ${freeze.name}?`}
      label="Delete it"
      onClose={onClose}
      action={action}
      onConfirm={() => void remove()}
    >
      <p>
        {isWindow(freeze)
          ? 'Without any deployment window, deployments may begin at any time.'
          : 'Deployments that wait for it begin, unless another freeze holds them back.'}
      </p>
    </ConfirmDialog>
  );
}
