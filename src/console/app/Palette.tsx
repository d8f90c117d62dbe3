import { type KeyboardEvent, type ReactNode, useEffect, useId, useMemo, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { useData } from '../data/hooks';
import { classes } from '../parts/classes';
import { Icon, type IconName } from '../parts/Icon';
import { Status } from '../parts/Status';
import { Time } from '../parts/Time';
import { PaletteRunsDocument, PaletteTargetsDocument } from './generated';
import styles from './Palette.module.css';
import { pages } from './pages';

interface Target {
  readonly group: string;
  readonly icon: IconName;
  readonly title: string;
  readonly hint?: ReactNode;
  readonly href: string;
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Opens pages, applications, pipelines, and runs by their id. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useId();
  const [, navigate] = useLocation();
  const [search, setSearch] = useState('');
  const [active, setActive] = useState(0);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const found = useTargets(search.trim());
  const at = Math.min(active, Math.max(0, found.length - 1));

  const open = (target: Target | undefined) => {
    if (target === undefined) return;
    onClose();
    navigate(target.href);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = (at + step + found.length) % Math.max(1, found.length);
      setActive(next);
      document.getElementById(`${list}-${next}`)?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') {
      event.preventDefault();
      open(found[at]);
    }
  };
  return (
    <dialog
      ref={dialog}
      className={styles.palette}
      aria-label="Find"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
      onKeyDown={onKeyDown}
    >
      <div className={styles.search}>
        <Icon name="search" />
        <input
          role="combobox"
          aria-label="Find a page, application, pipeline or run"
          aria-expanded="true"
          aria-controls={list}
          aria-activedescendant={found.length > 0 ? `${list}-${at}` : undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder="Page, application, pipeline, or ID of a run"
          value={search}
          onChange={(event) => {
            setSearch(event.target.value);
            setActive(0);
          }}
        />
        <kbd>Esc</kbd>
      </div>
      <div id={list} role="listbox" aria-label="Results" className={styles.list} tabIndex={-1}>
        {found.map((target, index) => (
          <div
            key={`${target.group} ${target.href}`}
            id={`${list}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            className={classes(styles.option, index === at && styles.active)}
            onPointerMove={() => setActive(index)}
            onClick={() => open(target)}
            onKeyDown={onKeyDown}
          >
            <Icon name={target.icon} />
            <span className={styles.title}>{target.title}</span>
            <span className={styles.hint}>{target.hint ?? target.group}</span>
          </div>
        ))}
      </div>
      {found.length === 0 && <p className={styles.none}>Nothing matches. Runs are found by their whole ID.</p>}
    </dialog>
  );
}

function useTargets(search: string): readonly Target[] {
  const { data } = useData(PaletteTargetsDocument, {});
  const byId = UUID.test(search);
  const filters = byId ? [{ execution: { operator: 'EQUALS' as const, values: [search] } }] : [];
  const runs = useData(PaletteRunsDocument, { filters }).data?.executions.nodes;
  return useMemo(() => {
    const recent = (runs ?? []).map((run): Target => {
      const name = (run.__typename === 'PipelineExecution' ? run.pipeline?.name : run.workflow?.name) ?? 'Run';
      const hint = (
        <>
          <Status status={run.status} /> <Time at={run.createdAt} />
        </>
      );
      return {
        group: 'Run',
        icon: 'runs',
        title: `${run.application?.name ?? ''} / ${name}`,
        hint,
        href: `/runs/${run.id}`,
      };
    });
    if (byId) return recent;
    const places = pages.flatMap(({ path, title, icon }): Target[] =>
      path.includes(':') || icon === undefined ? [] : [{ group: 'Page', icon, title, href: path }],
    );
    const applications = (data?.applications.nodes ?? []).map(
      ({ id, name }): Target => ({
        group: 'Application',
        icon: 'deployed',
        title: name,
        href: `/runs?application=${id}`,
      }),
    );
    const pipelines = (data?.pipelines.nodes ?? []).map(
      ({ id, name, application }): Target => ({
        ...{ group: 'Pipeline', icon: 'definitions', title: `${application?.name ?? ''} / ${name}` },
        href: `/runs?pipeline=${id}`,
      }),
    );
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = ({ title, group }: Target) =>
      words.every((word) => `${title} ${group}`.toLowerCase().includes(word));
    return [...places, ...applications, ...pipelines, ...recent].filter(matches).slice(0, 40);
  }, [data, runs, search, byId]);
}
