import { useState } from 'react';
import type { EnvironmentType } from '../../../client/generated';
import { useAction } from '../../data/hooks';
import { useList } from '../../data/list';
import { timeNow } from '../../data/now';
import { Button } from '../../parts/Button';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { Select, TextArea, TextField } from '../../parts/Field';
import { ConfirmDialog, FormDialog } from '../../parts/FormDialog';
import { Panel } from '../../parts/Panel';
import { PickerField } from '../../parts/PickerField';
import { Skeleton } from '../../parts/Skeleton';
import { Status } from '../../parts/Status';
import { type Column, Table } from '../../parts/Table';
import { Time } from '../../parts/Time';
import { toast } from '../../parts/Toast';
import {
  SettingsCreateFreezeDocument,
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
      <ErrorNote error={list.error} onRetry={list.refresh} />
      <Panel padded={false}>
        {list.loading ? (
          <Skeleton label="Loading freezes" />
        ) : list.rows.length > 0 ? (
          <Table
            label="Freezes"
            rows={list.rows}
            columns={columns}
            idOf={({ id }) => id}
            hasMore={list.hasMore}
            loadingMore={list.loadingMore}
            onMore={list.loadMore}
          />
        ) : (
          <Empty icon="pause" title="No freezes">
            Create one for holidays or an incident, or a deployment window for the hours in which deployments may begin.
          </Empty>
        )}
      </Panel>
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

const repeats = [
  { value: '', label: 'Not' },
  { value: 'FREQ=DAILY', label: 'Every day' },
  { value: 'FREQ=WEEKLY', label: 'Every week' },
  { value: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', label: 'On weekdays' },
  { value: 'FREQ=MONTHLY', label: 'Every month' },
  { value: 'FREQ=YEARLY', label: 'Every year' },
  { value: 'other', label: 'By another rule …' },
];
const recurrenceText = (rule: string) => repeats.find(({ value }) => value === rule)?.label.toLowerCase() ?? rule;

interface FormProps {
  readonly onClose: () => void;
  readonly onDone: (text: string) => void;
}

/** A time as the field of a browser holds it, in the reader's zone. */
const localText = (at: string | null | undefined): string => {
  if (at == null) return '';
  const time = new Date(at);
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};
const isoText = (local: string): string | null => (local === '' ? null : new Date(local).toISOString());

function FreezeForm({ freeze, onClose, onDone }: FormProps & { readonly freeze?: Row }) {
  const { applicationChoices, groupChoices, loading } = useChoices();
  const { environmentChoices, serviceChoices, loading: loadingPlaces } = usePlaces();
  const [name, setName] = useState(freeze?.name ?? '');
  const [kind, setKind] = useState(freeze?.kind ?? 'FREEZE');
  const [reason, setReason] = useState(freeze?.reason ?? '');
  const [from, setFrom] = useState(localText(freeze?.from ?? new Date(timeNow()).toISOString()));
  const [until, setUntil] = useState(localText(freeze?.until));
  const known = repeats.some(({ value }) => value === (freeze?.recurrence ?? ''));
  const [repeat, setRepeat] = useState(known ? (freeze?.recurrence ?? '') : 'other');
  const [rule, setRule] = useState(freeze?.recurrence ?? '');
  const [timeZone, setTimeZone] = useState(
    freeze?.timeZone ?? new Intl.DateTimeFormat('en').resolvedOptions().timeZone,
  );
  const [applications, setApplications] = useState<readonly string[]>(freeze?.applicationIds ?? []);
  const [environments, setEnvironments] = useState<readonly string[]>(freeze?.environmentIds ?? []);
  const [types, setTypes] = useState<readonly string[]>(freeze?.environmentTypes ?? []);
  const [groups, setGroups] = useState<readonly string[]>(freeze?.exceptGroupIds ?? []);
  const [services, setServices] = useState<readonly string[]>(freeze?.exceptServiceIds ?? []);
  const create = useAction(SettingsCreateFreezeDocument, { keyed: false });
  const update = useAction(SettingsUpdateFreezeDocument, { keyed: false });
  const some = <T extends string>(ids: readonly T[]) => (ids.length === 0 ? null : [...ids]);
  const save = async () => {
    const input = {
      ...{ name, reason, kind, timeZone },
      from: isoText(from) ?? '',
      until: isoText(until),
      recurrence: (repeat === 'other' ? rule : repeat) || null,
      applicationIds: some(applications),
      environmentIds: some(environments),
      environmentTypes: some(types as readonly EnvironmentType[]),
      exceptGroupIds: [...groups],
      exceptServiceIds: [...services],
    };
    if (freeze === undefined) {
      if ((await create.run({ input })) !== undefined) onDone(`${name} was created.`);
    } else if ((await update.run({ input: { ...input, freezeId: freeze.id } })) !== undefined)
      onDone(`${name} was changed.`);
  };
  return (
    <FormDialog
      title={freeze === undefined ? 'New freeze' : `Edit ${freeze.name}`}
      label={freeze === undefined ? 'Create' : 'Save'}
      onClose={onClose}
      onSubmit={() => void save()}
      action={freeze === undefined ? create : update}
      disabledBecause={from === '' ? 'Give the start.' : undefined}
    >
      {(problemOf) => (
        <>
          <div className={styles.pair}>
            <TextField
              label="Name"
              required
              autoFocus
              value={name}
              problem={problemOf('name')}
              onChange={({ target }) => setName(target.value)}
            />
            <Select
              label="Kind"
              options={[
                { value: 'FREEZE', label: 'Freeze: no deployments' },
                { value: 'DEPLOYMENT_WINDOW', label: 'Window: deployments only then' },
              ]}
              value={kind}
              problem={problemOf('kind')}
              onChange={({ target }) => setKind(target.value as Row['kind'])}
            />
          </div>
          <TextArea
            label="Reason"
            required
            rows={2}
            hint="Shown to everybody whose deployment waits or is refused."
            value={reason}
            problem={problemOf('reason')}
            onChange={({ target }) => setReason(target.value)}
          />
          <div className={styles.pair}>
            <TextField
              label="From"
              type="datetime-local"
              required
              value={from}
              problem={problemOf('from')}
              onChange={({ target }) => setFrom(target.value)}
            />
            <TextField
              label="Until"
              type="datetime-local"
              hint="Empty: until somebody ends it."
              value={until}
              problem={problemOf('until')}
              onChange={({ target }) => setUntil(target.value)}
            />
            <Select
              label="Repeats"
              options={repeats}
              value={repeat}
              problem={repeat === 'other' ? undefined : problemOf('recurrence')}
              onChange={({ target }) => setRepeat(target.value)}
            />
            <TextField
              label="Time zone"
              spellCheck={false}
              hint="Repeated windows keep their times of day in it."
              value={timeZone}
              problem={problemOf('timeZone')}
              onChange={({ target }) => setTimeZone(target.value)}
            />
          </div>
          {repeat === 'other' && (
            <TextField
              label="Rule"
              spellCheck={false}
              placeholder="FREQ=WEEKLY;BYDAY=FR"
              hint="A rule of RFC 5545."
              value={rule}
              problem={problemOf('recurrence')}
              onChange={({ target }) => setRule(target.value)}
            />
          )}
          <div className={styles.pair}>
            <PickerField
              label="Types of environments"
              empty="All types"
              multiple
              choices={[
                { value: 'PROD', label: 'Production' },
                { value: 'NON_PROD', label: 'Non-production' },
              ]}
              value={types}
              problem={problemOf('environmentTypes')}
              onChange={setTypes}
            />
            <PickerField
              label="Environments"
              empty="All environments"
              multiple
              choices={environmentChoices}
              loading={loadingPlaces}
              value={environments}
              problem={problemOf('environmentIds')}
              onChange={setEnvironments}
            />
            <PickerField
              label="Applications"
              empty="All applications"
              multiple
              choices={applicationChoices}
              loading={loading}
              value={applications}
              problem={problemOf('applicationIds')}
              onChange={setApplications}
            />
            <PickerField
              label="Except for members of"
              empty="No exception"
              multiple
              choices={groupChoices}
              loading={loading}
              value={groups}
              problem={problemOf('exceptGroupIds')}
              onChange={setGroups}
            />
            <PickerField
              label="Except for services"
              empty="No exception"
              multiple
              choices={serviceChoices}
              loading={loadingPlaces}
              value={services}
              problem={problemOf('exceptServiceIds')}
              onChange={setServices}
            />
          </div>
          <p className={styles.small}>
            Who has the permission to override freezes can deploy in spite of it, with a reason.
          </p>
        </>
      )}
    </FormDialog>
  );
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
