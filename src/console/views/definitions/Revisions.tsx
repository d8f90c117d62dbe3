import { Suspense, useMemo } from 'react';
import { Link } from 'wouter';
import type { Given } from '../../../client/requests';
import { useData } from '../../data/hooks';
import { type Page, useList } from '../../data/list';
import type { UrlState } from '../../data/urlState';
import { IconButton } from '../../parts/Button';
import { TextDiff } from '../../parts/editor/lazy';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { Select } from '../../parts/Field';
import { Panel } from '../../parts/Panel';
import { Person } from '../../parts/Person';
import { Skeleton } from '../../parts/Skeleton';
import { type Column, Table } from '../../parts/Table';
import { Time } from '../../parts/Time';
import styles from './Definition.module.css';
import {
  ConsoleRevisionsDocument,
  type ConsoleRevisionsQuery,
  ConsoleRevisionTextDocument,
  type ConsoleRevisionTextQuery,
} from './generated';

interface Revision {
  readonly number: number;
  readonly createdAt: string;
  readonly contentHash: string;
  readonly author?: { readonly kind: string; readonly name: string; readonly owner?: string | null } | null;
}

const empty: Page<Revision> = { nodes: [], pageInfo: { hasNextPage: false } };

function pageOf({ node }: Given<ConsoleRevisionsQuery>): Page<Revision> {
  if (node === null) return empty;
  if ('revisions' in node) return node.revisions;
  return 'versions' in node ? node.versions : empty;
}

function textOf(data: Given<ConsoleRevisionTextQuery> | undefined, number: number): string | undefined {
  const node = data?.node;
  if (node == null) return undefined;
  const nodes = 'revisions' in node ? node.revisions.nodes : 'versions' in node ? node.versions.nodes : [];
  return nodes.find((one) => one.number === number)?.definition;
}

interface RevisionsProps {
  readonly id: string;
  /** Number of the newest revision. */
  readonly newest: number;
  /** `revision`, or `version` of a trigger. */
  readonly word: string;
  readonly url: UrlState;
}

/** Revisions, who made them, and the differences between two. The address holds the two numbers. */
export function Revisions({ id, newest, word, url }: RevisionsProps) {
  const to = numberIn(url.get('to'), newest) ?? newest;
  const from = numberIn(url.get('from'), newest) ?? Math.max(1, to - 1);
  const list = useList({
    document: ConsoleRevisionsDocument,
    variables: { id },
    pageOf,
    idOf: ({ number }: Revision) => `${number} of ${newest}`,
  });
  const columns = useMemo(() => columnsOf(word, from, to, url), [word, from, to, url]);
  return (
    <div className={styles.stack}>
      {newest === 1 ? (
        <Panel>
          <Empty icon="compare" title={`Only one ${word}`}>
            Every change that is applied makes another {word}. Their differences appear here.
          </Empty>
        </Panel>
      ) : (
        <Difference id={id} newest={newest} word={word} from={from} to={to} url={url} />
      )}
      <ErrorNote error={list.error} onRetry={list.refresh} />
      <Panel title={`${word.charAt(0).toUpperCase()}${word.slice(1)}s`} padded={false}>
        {list.loading ? (
          <Skeleton label={`Loading ${word}s`} rows={5} />
        ) : (
          <Table
            label={`${word}s`}
            rows={list.rows}
            columns={columns}
            idOf={({ number }) => String(number)}
            hasMore={list.hasMore}
            loadingMore={list.loadingMore}
            onMore={list.loadMore}
          />
        )}
      </Panel>
    </div>
  );
}

function numberIn(text: string, newest: number): number | undefined {
  const number = Number(text);
  return Number.isInteger(number) && number >= 1 && number <= newest ? number : undefined;
}

function columnsOf(word: string, from: number, to: number, url: UrlState): Column<Revision>[] {
  return [
    {
      ...{ key: 'number', title: word === 'version' ? 'Version' : 'Revision', width: '100px' },
      cell: ({ number }) => (
        <span className={number === from || number === to ? styles.chosen : undefined}>{number}</span>
      ),
    },
    {
      ...{ key: 'by', title: 'Changed by' },
      cell: ({ author }) =>
        author == null ? (
          <span className={styles.quiet}>unknown</span>
        ) : (
          <Person
            name={author.owner ?? author.name}
            kind={author.kind === 'API_KEY' && !author.owner ? 'key' : 'person'}
          />
        ),
    },
    { key: 'at', title: 'When', width: '120px', cell: ({ createdAt }) => <Time at={createdAt} /> },
    {
      ...{ key: 'hash', title: 'Content', width: '130px', hideBelow: 900 },
      cell: ({ contentHash }) => <code title={contentHash}>{contentHash.slice(0, 12)}</code>,
    },
    {
      ...{ key: 'compare', title: 'Differences', width: '180px', align: 'end' },
      cell: ({ number }) =>
        number === 1 ? (
          <span className={styles.quiet}>first</span>
        ) : (
          <Link href={url.href({ from: String(number - 1), to: String(number) })}>from {number - 1}</Link>
        ),
    },
  ];
}

interface DifferenceProps extends RevisionsProps {
  readonly from: number;
  readonly to: number;
}

function Difference({ id, newest, word, from, to, url }: DifferenceProps) {
  const before = useData(ConsoleRevisionTextDocument, { id, offset: newest - from });
  const after = useData(ConsoleRevisionTextDocument, { id, offset: newest - to });
  const retry = () => {
    before.refresh();
    after.refresh();
  };
  const texts = { before: textOf(before.data, from), after: textOf(after.data, to) };
  // A choice of all would be long for a definition with thousands.
  const options = Array.from({ length: Math.min(newest, 200) }, (_, index) => String(newest - index)).map((value) => ({
    value,
    label: `${word} ${value}`,
  }));
  const select = (name: 'from' | 'to', label: string, value: number) => (
    <Select
      label={label}
      options={options}
      value={String(value)}
      onChange={({ target }) => url.set({ from: String(from), to: String(to), [name]: target.value })}
    />
  );
  return (
    <Panel title="Differences" padded={false}>
      <div className={styles.pair}>
        {select('from', 'From', from)}
        <IconButton icon="compare" label="Swap" onClick={() => url.set({ from: String(to), to: String(from) })} />
        {select('to', 'To', to)}
      </div>
      <ErrorNote error={before.error ?? after.error} onRetry={retry} />
      {texts.before === undefined || texts.after === undefined ? (
        (before.loading || after.loading) && <Skeleton label="Loading the documents" rows={8} />
      ) : (
        <Suspense fallback={<Skeleton label="Loading the differences" rows={8} />}>
          <TextDiff label={`Differences from ${word} ${from} to ${to}`} before={texts.before} after={texts.after} />
        </Suspense>
      )}
    </Panel>
  );
}
