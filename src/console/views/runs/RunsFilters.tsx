import { useState } from 'react';
import { useData } from '../../data/hooks';
import type { UrlState } from '../../data/urlState';
import { FilterBar } from '../../parts/FilterBar';
import { type Choice, Picker } from '../../parts/Picker';
import { lookOf } from '../../parts/statuses';
import { idFilters, periods } from './filters';
import { RunsFilterChoicesDocument } from './generated';

const statuses =
  'RUNNING WAITING QUEUED PAUSED FAILED ERROR ABORTED EXPIRED REJECTED SUCCESS SKIPPED RESUMING RESTORING'.split(' ');
const statusChoices: readonly Choice[] = statuses.map((value) => ({ value, label: lookOf(value).word }));
const periodChoices: readonly Choice[] = Object.entries(periods).map(([value, { label }]) => ({ value, label }));
const people: readonly Choice[] = [{ value: 'me', label: 'Me' }];

interface Named {
  readonly id: string;
  readonly name: string;
  readonly application?: { readonly name: string } | null;
}

const choicesOf = (nodes: readonly Named[] | undefined): readonly Choice[] =>
  (nodes ?? []).map(({ id, name, application }) => ({ value: id, label: name, hint: application?.name }));

/** Filters of the list, which the address holds. */
export function RunsFilters({ url }: { readonly url: UrlState }) {
  const named = idFilters.some((name) => name !== 'status' && url.all(name).length > 0);
  const [opened, setOpened] = useState(false);
  const { data, loading } = useData(RunsFilterChoicesDocument, {}, { pause: !(named || opened) });
  const pickers = [
    { name: 'application', label: 'Application', choices: choicesOf(data?.applications.nodes) },
    { name: 'pipeline', label: 'Pipeline', choices: choicesOf(data?.pipelines.nodes) },
    { name: 'workflow', label: 'Workflow', choices: choicesOf(data?.workflows.nodes) },
    { name: 'environment', label: 'Environment', choices: choicesOf(data?.environments.nodes) },
    { name: 'service', label: 'Service', choices: choicesOf(data?.services.nodes) },
  ];
  const open = () => setOpened(true);
  return (
    <FilterBar url={url}>
      <Picker
        label="Status"
        multiple
        choices={statusChoices}
        value={url.all('status')}
        onChange={(status) => url.set({ status })}
      />
      {pickers.map(({ name, label, choices }) => (
        <Picker
          key={name}
          label={label}
          multiple
          choices={choices}
          value={url.all(name)}
          onChange={(value) => url.set({ [name]: value })}
          onOpen={open}
          loading={loading}
        />
      ))}
      <Picker label="Started by" choices={people} value={url.all('by')} onChange={(by) => url.set({ by })} />
      <Picker label="Time" choices={periodChoices} value={url.all('since')} onChange={(since) => url.set({ since })} />
    </FilterBar>
  );
}
