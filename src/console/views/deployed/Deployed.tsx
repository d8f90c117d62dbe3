import { useEffect, useMemo, useState } from 'react';
import { useData } from '../../data/hooks';
import { useList } from '../../data/list';
import { useLive } from '../../data/live';
import { type UrlState, useUrlState } from '../../data/urlState';
import type { EnvironmentFilter } from '../../../client/generated';
import type { ApiError } from '../../../client/apiError';
import { openAction } from '../../actions/openAction';
import { Button } from '../../parts/Button';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { Icon } from '../../parts/Icon';
import { PageHead } from '../../parts/PageHead';
import { Panel } from '../../parts/Panel';
import { Picker } from '../../parts/Picker';
import { Skeleton } from '../../parts/Skeleton';
import { exactText, localTime } from '../../parts/times';
import { Attention } from './Attention';
import { CellDialog } from './CellDialog';
import { type Column, columnOf, gridsOf, pastColumnOf } from './cells';
import styles from './Deployed.module.css';
import {
  DeployedApplicationsDocument,
  type DeployedEnvironmentFragment,
  DeployedPageDocument,
  DeployedPastDocument,
} from './generated';
import { ServiceGrid } from './ServiceGrid';

/** What is deployed where, now or at a moment in the past. */
export default function Deployed() {
  const url = useUrlState();
  const moment = Date.parse(url.get('at'));
  const filters = useMemo(() => filtersOf(url), [url]);
  const past = Number.isNaN(moment) ? undefined : new Date(moment).toISOString();
  return (
    <>
      <PageHead title="Deployed">
        <Filters url={url} />
      </PageHead>
      {past === undefined ? <Now url={url} filters={filters} /> : <Past url={url} filters={filters} time={past} />}
      {url.get('environment') !== '' && url.get('service') !== '' && (
        <CellDialog
          environmentId={url.get('environment')}
          service={url.get('service')}
          onClose={() => url.set({ environment: undefined, service: undefined })}
        />
      )}
    </>
  );
}

function filtersOf(url: UrlState): EnvironmentFilter[] {
  const applications = url.all('application');
  const types = url.all('type') as ('PROD' | 'NON_PROD')[];
  const filters: EnvironmentFilter[] = [];
  if (applications.length > 0) filters.push({ application: { operator: 'IN', values: applications } });
  if (types.length > 0) filters.push({ environmentType: { operator: 'IN', values: types } });
  if (url.get('drifted') !== '') filters.push({ drifted: true });
  return filters;
}

const types = [
  { value: 'PROD', label: 'Production' },
  { value: 'NON_PROD', label: 'Not production' },
];
const drifts = [{ value: 'yes', label: 'Only with drift' }];

function Filters({ url }: { readonly url: UrlState }) {
  const [opened, setOpened] = useState(false);
  const chosen = url.all('application');
  const { data, loading } = useData(DeployedApplicationsDocument, {}, { pause: !opened && chosen.length === 0 });
  const choices = (data?.applications.nodes ?? []).map(({ id, name }) => ({ value: id, label: name }));
  const at = Date.parse(url.get('at'));
  return (
    <search className={styles.filters}>
      <label className={styles.search}>
        <span className="quiet">Service or application</span>
        <Icon name="search" />
        <input
          type="search"
          placeholder="Service or application"
          value={url.get('text')}
          onChange={({ target }) => url.set({ text: target.value })}
        />
      </label>
      <Picker
        label="Application"
        multiple
        choices={choices}
        value={chosen}
        onChange={(application) => url.set({ application })}
        onOpen={() => setOpened(true)}
        loading={loading}
      />
      <Picker label="Environments" choices={types} value={url.all('type')} onChange={(type) => url.set({ type })} />
      <Picker label="Drift" choices={drifts} value={url.all('drifted')} onChange={(drifted) => url.set({ drifted })} />
      <label className={styles.moment}>
        As of
        <input
          type="datetime-local"
          value={localTime(at)}
          onChange={({ target }) => {
            const time = Date.parse(target.value);
            url.set({ at: Number.isNaN(time) ? undefined : new Date(time).toISOString() });
          }}
        />
      </label>
    </search>
  );
}

/** Events after which the grid may show something else. */
const relevant = /DEPLOY|DRIFT|ROLLED_BACK|EXECUTION_STATUS|EXECUTION_CREATED|FREEZE|RESTORE/;

interface NowProps {
  readonly url: UrlState;
  readonly filters: EnvironmentFilter[];
}

function Now({ url, filters }: NowProps) {
  const list = useList({
    document: DeployedPageDocument,
    variables: { filters },
    pageOf: ({ environments }) => environments,
    idOf: ({ id }: DeployedEnvironmentFragment) => id,
    only: (ids) => ({ filters: [...filters, { environment: { operator: 'IN' as const, values: ids } }] }),
    pageSize: PAGE,
  });
  const applications = url.all('application');
  const [seen, setSeen] = useState(0);
  useLive(liveSource(applications), (changes) => {
    if (!changes.some(({ all, type = '' }) => all || relevant.test(type))) return;
    setSeen((count) => count + 1);
  });
  const { refresh } = list;
  useEffect(() => {
    if (seen === 0) return;
    // Many events of one run together make one reading.
    const timer = setTimeout(refresh, 400);
    return () => clearTimeout(timer);
  }, [seen, refresh]);
  const columns = useMemo(() => list.rows.map(columnOf), [list.rows]);
  return (
    <div className={styles.page}>
      <Attention columns={columns} applications={applications} seen={seen} />
      <Grids url={url} columns={columns} {...list} />
    </div>
  );
}

const PAGE = 60;

const liveSource = (applications: readonly string[]) => ({
  kind: 'executions' as const,
  filters: applications.length > 0 ? [{ application: { operator: 'IN' as const, values: [...applications] } }] : [],
  includeIndirectExecutions: true,
});

function Past({ url, filters, time }: NowProps & { readonly time: string }) {
  const list = useList({
    document: DeployedPastDocument,
    variables: { filters, time },
    pageOf: ({ environments }) => environments,
    idOf: ({ id }) => id,
    pageSize: PAGE,
  });
  const columns = useMemo(() => list.rows.map(pastColumnOf), [list.rows]);
  const applications = [...new Map(columns.map(({ application }) => [application.id, application])).values()];
  return (
    <div className={styles.past}>
      <div className={styles.pastNote} role="status">
        <Icon name="audit" />
        <p>
          <strong>The past.</strong> As it was on {exactText(Date.parse(time))}.
        </p>
        {applications.length === 1 && applications[0] && (
          <Button small onClick={() => openAction('restoreEnvironments', { on: applications[0]?.id ?? '', time })}>
            Bring back this state …
          </Button>
        )}
        <Button small kind="main" onClick={() => url.set({ at: undefined })}>
          Back to now
        </Button>
      </div>
      <Grids url={url} columns={columns} {...list} past={time} />
    </div>
  );
}

interface GridsProps {
  readonly url: UrlState;
  readonly columns: readonly Column[];
  readonly loading: boolean;
  readonly error: ApiError | undefined;
  readonly refresh: () => void;
  readonly hasMore: boolean;
  readonly loadingMore: boolean;
  readonly loadMore: () => void;
  readonly past?: string;
}

function Grids({ url, columns, loading, error, refresh, hasMore, loadingMore, loadMore, past }: GridsProps) {
  const grids = useMemo(() => gridsOf(columns, url.get('text')), [columns, url]);
  const filtered = ['text', 'application', 'type', 'drifted'].some((name) => url.get(name) !== '');
  return (
    <>
      <ErrorNote error={error} onRetry={refresh} />
      {loading ? (
        <Panel padded={false}>
          <Skeleton label="Loading environments" rows={8} />
        </Panel>
      ) : grids.length > 0 ? (
        grids.map((grid) => (
          <ServiceGrid
            key={grid.application.id}
            grid={grid}
            past={past}
            onOpen={(environment, service) => url.set({ environment, service }, { push: true })}
          />
        ))
      ) : error !== undefined ? null : filtered ? (
        <Panel padded={false}>
          <Empty
            icon="filter"
            title="Nothing matches"
            action={
              <Button
                onClick={() =>
                  url.set({ text: undefined, application: undefined, type: undefined, drifted: undefined })
                }
              >
                Clear the filters
              </Button>
            }
          >
            No environment or service matches these filters.
          </Empty>
        </Panel>
      ) : (
        <Panel padded={false}>
          <Empty icon="deployed" title="No environments yet">
            Describe an application, its environments, services and a pipeline in a file, and apply it:{' '}
            <code>slipway apply -f slipway.yaml</code>. What is deployed where then appears here.
          </Empty>
        </Panel>
      )}
      {hasMore && (
        <p className={styles.more}>
          <Button busy={loadingMore} onClick={loadMore}>
            Load more environments
          </Button>
        </p>
      )}
    </>
  );
}
