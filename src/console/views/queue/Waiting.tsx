import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { Link } from 'wouter';
import { useShortcuts } from '../../app/shortcuts';
import type { UrlState } from '../../data/urlState';
import { Button, IconButton } from '../../parts/Button';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { Icon } from '../../parts/Icon';
import { Labels } from '../../parts/Labels';
import { Menu, type MenuItem } from '../../parts/Menu';
import { Panel } from '../../parts/Panel';
import { Skeleton } from '../../parts/Skeleton';
import { type Column, Table } from '../../parts/Table';
import { Time } from '../../parts/Time';
import { CancelDialog } from './CancelDialog';
import { JobCell } from './JobCell';
import { actionOf, mayChange, pathOf, whyOf } from './names';
import { PriorityDialog } from './PriorityDialog';
import styles from './Queue.module.css';
import { useDrag } from './useDrag';
import { neighborsOf, useMoves } from './useMoves';
import { idOf, type Queue, type QueueRow } from './useQueue';

interface WaitingProps {
  readonly queue: Queue;
  readonly url: UrlState;
  readonly filtered: boolean;
}

type Doing =
  | { readonly what: 'cancel'; readonly jobs: readonly QueueRow[] }
  | { readonly what: 'priority'; readonly job: QueueRow };

/** Jobs that wait, in the order in which they will be taken. */
export function Waiting({ queue, url, filtered }: WaitingProps) {
  const { rows, refresh } = queue;
  const moves = useMoves(queue);
  const list = useRef<HTMLDivElement>(null);
  const { drag, handlers } = useDrag(list, moves.moveTo);
  const { hold, release } = queue;
  const dragged = drag?.id;
  useEffect(() => {
    if (dragged === undefined) return;
    hold();
    return release;
  }, [dragged, hold, release]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [doing, setDoing] = useState<Doing>();
  const changeable = useMemo(() => rows.filter(mayChange), [rows]);
  const selected = changeable.filter((row) => chosen.has(idOf(row)));
  const lastChosen = useRef<string>(undefined);
  const focused = useRef<string>(undefined);

  // The row that a key moves keeps the focus at its new place.
  useEffect(() => {
    if (focused.current === undefined) return;
    const row = list.current?.querySelector(`[data-job="${focused.current}"]`)?.closest('tr');
    const link = row?.querySelector<HTMLElement>('[data-row-link]');
    if (link && link !== document.activeElement) link.focus();
    row?.scrollIntoView({ block: 'nearest' });
    focused.current = undefined;
  });
  useShortcuts([
    { keys: 'Alt+↑', does: 'Move the row up in the queue', run: () => undefined },
    { keys: 'Alt+↓', does: 'Move the row down in the queue', run: () => undefined },
  ]);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowUp: -1, ArrowDown: 2 }[event.key];
    const element = (event.target as HTMLElement).closest('tr[data-index]')?.querySelector<HTMLElement>('[data-job]');
    const id = element?.dataset.job;
    if (!event.altKey || step === undefined || id === undefined) return;
    event.preventDefault();
    const at = rows.findIndex((row) => idOf(row) === id);
    focused.current = id;
    moves.moveTo(id, at + step);
  };

  const toggle = (row: QueueRow, range: boolean) => {
    const id = idOf(row);
    const on = !chosen.has(id);
    const ids = changeable.map(idOf);
    const [from, to] = [ids.indexOf(lastChosen.current ?? ''), ids.indexOf(id)];
    const all = range && from >= 0 ? ids.slice(Math.min(from, to), Math.max(from, to) + 1) : [id];
    lastChosen.current = id;
    setChosen((before) => new Set(on ? [...before, ...all] : [...before].filter((one) => !all.includes(one))));
  };

  const controls = changeable.length > 0;
  const latest = useRef({ toggle, moves });
  useEffect(() => {
    latest.current = { toggle, moves };
  });
  const columns = useMemo((): Column<QueueRow>[] => {
    const itemsOf = (row: QueueRow): MenuItem[] => {
      const [back, ahead, priority, cancel] = ['move', 'moveAhead', 'setPriority', 'cancel'].map((name) =>
        actionOf(row, name),
      );
      const because = (answer: typeof back) =>
        answer?.allowed === false ? (answer.message ?? 'Not allowed.') : undefined;
      const { moveToEnd } = latest.current.moves;
      return [
        {
          label: 'Move to the top',
          icon: 'up',
          disabledBecause: because(ahead),
          onSelect: () => moveToEnd([idOf(row)], 'TOP'),
        },
        {
          label: 'Move to the bottom',
          icon: 'down',
          disabledBecause: because(back),
          onSelect: () => moveToEnd([idOf(row)], 'BOTTOM'),
        },
        {
          label: 'Set the priority …',
          icon: 'star',
          disabledBecause: because(priority),
          onSelect: () => setDoing({ what: 'priority', job: row }),
        },
        {
          label: 'Cancel …',
          icon: 'close',
          danger: true,
          disabledBecause: because(cancel),
          onSelect: () => setDoing({ what: 'cancel', jobs: [row] }),
        },
      ];
    };
    return [
      ...(controls
        ? [
            {
              ...{ key: 'choose', title: 'Choose', quiet: true, width: '72px' },
              cell: (row: QueueRow) =>
                mayChange(row) && (
                  <span className={styles.handles}>
                    {actionOf(row, 'move')?.allowed ? (
                      <span
                        className={styles.grip}
                        data-grip={idOf(row)}
                        title="Drag to move, or press Alt+↑ and Alt+↓ on the row"
                      >
                        <Icon name="grip" />
                      </span>
                    ) : (
                      <span className={styles.grip} />
                    )}
                    <input
                      type="checkbox"
                      className={styles.box}
                      aria-label={`Choose ${row.task.name} of ${pathOf(row)}`}
                      checked={chosen.has(idOf(row))}
                      onChange={(event) => latest.current.toggle(row, (event.nativeEvent as MouseEvent).shiftKey)}
                    />
                  </span>
                ),
            },
          ]
        : []),
      {
        ...{ key: 'place', title: 'Place', width: '66px', align: 'end', hideBelow: 640 },
        cell: ({ position, positionExact }) => (
          <span title="Place among the jobs that the same agents can take">
            {position === null ? '–' : positionExact ? position : '1,000+'}
          </span>
        ),
      },
      {
        ...{ key: 'job', title: 'Job' },
        cell: (row) => (
          <span data-job={idOf(row)}>
            <JobCell
              row={row}
              second={
                <>
                  {row.position !== null && `${row.positionExact ? row.position : '1,000+'}. `}
                  {whyOf(row)} Since <Time at={row.waitingSince} />.
                </>
              }
            />
          </span>
        ),
      },
      {
        ...{ key: 'why', title: 'Why', hideBelow: 900 },
        cell: (row) => (
          <span className={styles.quiet} title={row.whyNotRunning?.message}>
            {whyOf(row)}
          </span>
        ),
      },
      {
        ...{ key: 'labels', title: 'Requires', width: '13%', hideBelow: 1200 },
        cell: ({ labels }) => <Labels labels={labels} none="any agent" />,
      },
      {
        ...{ key: 'priority', title: 'Priority', width: '74px', align: 'end', hideBelow: 640 },
        cell: ({ priority }) => <span className={priority === 0 ? styles.quiet : styles.strong}>{priority}</span>,
      },
      {
        ...{ key: 'since', title: 'Waiting since', width: '112px', align: 'end', hideBelow: 640 },
        cell: ({ waitingSince }) => (
          <span className={styles.quiet}>
            <Time at={waitingSince} />
          </span>
        ),
      },
      {
        ...{ key: 'estimate', title: 'Starts about', width: '108px', align: 'end', hideBelow: 1200 },
        cell: ({ estimate }) => (
          <span className={styles.quiet}>
            <Time at={estimate} />
          </span>
        ),
      },
      ...(controls
        ? [
            {
              ...{ key: 'menu', title: 'Actions', quiet: true, width: '64px', align: 'end' as const },
              cell: (row: QueueRow) =>
                mayChange(row) && (
                  <span className={styles.above}>
                    <Menu label={`Actions of ${row.task.name}`} iconOnly items={itemsOf(row)} />
                  </span>
                ),
            },
          ]
        : []),
    ];
  }, [controls, chosen]);

  const row = rows.find((one) => idOf(one) === dragged);
  if (queue.loading) return <Skeleton label="Loading the queue" rows={12} />;
  return (
    <>
      <ErrorNote error={queue.error} onRetry={refresh} />
      {moves.refused && (
        <div className={styles.refused}>
          <ErrorNote error={moves.refused} />
          <p className={styles.quiet}>
            {neighborsOf(moves.refused, rows)} The list shows the order as it is now.{' '}
            <Button small kind="bare" onClick={moves.dismiss}>
              Dismiss
            </Button>
          </p>
        </div>
      )}
      <p className="quiet" role="status" aria-live="assertive">
        {moves.announced}
      </p>
      {controls && rows.length > 1 && (
        <div className={styles.many} role="toolbar" aria-label="Chosen jobs">
          <label className={styles.check}>
            <input
              type="checkbox"
              checked={selected.length === changeable.length}
              ref={(box) => {
                if (box) box.indeterminate = selected.length > 0 && selected.length < changeable.length;
              }}
              onChange={() => setChosen(new Set(selected.length === changeable.length ? [] : changeable.map(idOf)))}
            />
            <span>
              {selected.length === 0
                ? `Choose all${queue.hasMore ? ' that are loaded' : ''}`
                : `${selected.length} chosen`}
            </span>
          </label>
          {selected.length > 0 && (
            <>
              <Button
                small
                icon="up"
                disabledBecause={refusalOf(selected, 'moveAhead')}
                onClick={() => moves.moveToEnd(selected.map(idOf), 'TOP')}
              >
                To the top
              </Button>
              <Button
                small
                icon="down"
                disabledBecause={refusalOf(selected, 'move')}
                onClick={() => moves.moveToEnd(selected.map(idOf), 'BOTTOM')}
              >
                To the bottom
              </Button>
              <Button
                small
                kind="danger"
                disabledBecause={selected.length > MOST ? `At most ${MOST} jobs at once.` : undefined}
                onClick={() => setDoing({ what: 'cancel', jobs: selected })}
              >
                Cancel {selected.length} …
              </Button>
              <IconButton small icon="close" label="Choose none" onClick={() => setChosen(new Set())} />
            </>
          )}
        </div>
      )}
      <Panel padded={false}>
        {rows.length === 0 && !queue.error ? (
          <NothingWaits filtered={filtered} url={url} />
        ) : (
          <div
            ref={list}
            role="group"
            aria-label="Order of the queue"
            className={styles.list}
            data-dragging={dragged !== undefined}
            onKeyDown={onKeyDown}
            {...handlers}
          >
            <Table
              label="Waiting jobs"
              rows={rows}
              columns={columns}
              idOf={idOf}
              hasMore={queue.hasMore}
              loadingMore={queue.loadingMore}
              onMore={queue.loadMore}
            />
            {drag && (
              <>
                <div className={styles.drop} style={{ top: drag.line }} />
                <div className={styles.ghost} style={{ top: drag.pointer }}>
                  {row?.task.name} <span className={styles.quiet}>to row {drag.index + 1}</span>
                </div>
              </>
            )}
          </div>
        )}
      </Panel>
      {doing?.what === 'cancel' && (
        <CancelDialog
          jobs={doing.jobs}
          onClose={() => setDoing(undefined)}
          onCanceled={() => {
            setChosen(new Set());
            refresh();
          }}
        />
      )}
      {doing?.what === 'priority' && (
        <PriorityDialog job={doing.job} onClose={() => setDoing(undefined)} onSet={refresh} />
      )}
    </>
  );
}

/** Most jobs of one request. */
const MOST = 500;

function refusalOf(jobs: readonly QueueRow[], action: string): string | undefined {
  if (jobs.length > MOST) return `At most ${MOST} jobs at once.`;
  const refused = jobs.map((job) => actionOf(job, action)).find((answer) => answer?.allowed === false);
  return refused && (refused.message ?? 'Not allowed.');
}

function NothingWaits({ filtered, url }: { readonly filtered: boolean; readonly url: UrlState }) {
  if (filtered)
    return (
      <Empty
        icon="filter"
        title="No waiting job matches"
        action={
          <Button
            onClick={() => url.set({ application: undefined, label: undefined, priority: undefined, run: undefined })}
          >
            Clear the filters
          </Button>
        }
      >
        Other jobs may wait: choose fewer filters.
      </Empty>
    );
  return (
    <Empty icon="queue" title="No job waits">
      A task of a run becomes a job once everything that it depends on is done. It waits here until an agent with the
      labels that it requires has a free slot. <Link href="/start">Start a run</Link> to see one.
    </Empty>
  );
}
