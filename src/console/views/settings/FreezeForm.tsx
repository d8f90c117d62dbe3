import { useState } from 'react';
import type { EnvironmentType } from '../../../client/generated';
import { useAction } from '../../data/hooks';
import { timeNow } from '../../data/now';
import { Select, TextArea, TextField } from '../../parts/Field';
import { FormDialog } from '../../parts/FormDialog';
import { PickerField } from '../../parts/PickerField';
import { localTime } from '../../parts/times';
import { SettingsCreateFreezeDocument, type SettingsFreezeFragment, SettingsUpdateFreezeDocument } from './generated';
import { useChoices, usePlaces } from './names';
import styles from './Settings.module.css';

type Row = SettingsFreezeFragment;

const repeats = [
  { value: '', label: 'Not' },
  { value: 'FREQ=DAILY', label: 'Every day' },
  { value: 'FREQ=WEEKLY', label: 'Every week' },
  { value: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', label: 'On weekdays' },
  { value: 'FREQ=MONTHLY', label: 'Every month' },
  { value: 'FREQ=YEARLY', label: 'Every year' },
  { value: 'other', label: 'By another rule …' },
];
/** How a freeze repeats, in words where there are some. */
export const recurrenceText = (rule: string) =>
  repeats.find(({ value }) => value === rule)?.label.toLowerCase() ?? rule;

export interface FormProps {
  readonly onClose: () => void;
  readonly onDone: (text: string) => void;
}

/** A time as the field of a browser holds it, in the reader's zone. */
const localText = (at: string | null | undefined): string => localTime(at == null ? Number.NaN : Date.parse(at));
const isoText = (local: string): string | null => (local === '' ? null : new Date(local).toISOString());

/** All that a freeze is made of. */
export function FreezeForm({ freeze, onClose, onDone }: FormProps & { readonly freeze?: Row }) {
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
