import type { ReactNode } from 'react';
import type { List } from '../data/list';
import { ErrorNote } from './ErrorNote';
import { Panel } from './Panel';
import { Skeleton } from './Skeleton';
import { type Column, Table } from './Table';

interface ListPanelProps<Row> {
  readonly list: List<Row>;
  /** Name of the table for screen readers. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  /** What screen readers hear while the first page loads. */
  readonly loading: string;
  /** Rows to draw meanwhile. */
  readonly skeletonRows?: number;
  /** Shown instead of the table if there are no rows. */
  readonly children: ReactNode;
}

/** A paged list as a table, with its error, while it loads, and when it is empty. */
export function ListPanel<Row extends { readonly id: string }>(props: ListPanelProps<Row>) {
  const { list, label, columns, loading, skeletonRows, children } = props;
  return (
    <>
      <ErrorNote error={list.error} onRetry={list.refresh} />
      <Panel padded={false}>
        {list.loading ? (
          <Skeleton label={loading} {...(skeletonRows !== undefined && { rows: skeletonRows })} />
        ) : list.rows.length > 0 ? (
          <Table
            label={label}
            rows={list.rows}
            columns={columns}
            idOf={({ id }) => id}
            hasMore={list.hasMore}
            loadingMore={list.loadingMore}
            onMore={list.loadMore}
          />
        ) : (
          children
        )}
      </Panel>
    </>
  );
}
