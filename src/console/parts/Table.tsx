import { useWindowVirtualizer } from '@tanstack/react-virtual';
import {
  type ComponentProps,
  memo,
  type ReactNode,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { Link } from 'wouter';
import { useShortcuts } from '../app/shortcuts';
import { Button } from './Button';
import { classes } from './classes';
import styles from './Table.module.css';

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  /** True to show the title to screen readers only, such as that of a column of buttons. */
  readonly quiet?: boolean;
  readonly cell: (row: Row) => ReactNode;
  /** Width in CSS. Columns without one share the rest. */
  readonly width?: string;
  /** `end` for numbers. */
  readonly align?: 'end';
  /** Window width below which the column is hidden. What it says must then appear in another cell. */
  readonly hideBelow?: 640 | 900 | 1200;
}

interface TableProps<Row> {
  /** Name for screen readers. */
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly idOf: (row: Row) => string;
  readonly hasMore?: boolean;
  readonly loadingMore?: boolean;
  readonly onMore?: () => void;
}

const ROW_HEIGHT = 41;
const AHEAD = 15;

/**
 * A table of any length, of which only the rows in the window are rendered. `j` and `k` move the focus between the
 * `RowLink`s of its rows.
 */
export function Table<Row>({
  label,
  rows,
  columns,
  idOf,
  hasMore = false,
  loadingMore = false,
  onMore,
}: TableProps<Row>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [margin, setMargin] = useState(0);
  useLayoutEffect(() => {
    const measure = () => {
      const top = body.current?.getBoundingClientRect().top;
      if (top !== undefined) setMargin(Math.round(top + window.scrollY));
    };
    measure();
    // What is above the table may grow, such as the end of a log.
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: 10,
    scrollMargin: margin,
    scrollPaddingStart: 96,
    scrollPaddingEnd: 24,
    getItemKey: (index) => idOf(rows[index] as Row),
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (hasMore && !loadingMore && last >= rows.length - AHEAD) onMore?.();
  }, [hasMore, loadingMore, last, rows.length, onMore]);

  const linkAt = useCallback(
    (index: number) => body.current?.querySelector<HTMLElement>(`[data-index="${index}"] [data-row-link]`),
    [],
  );
  const move = (step: number) => {
    const now = Number(document.activeElement?.closest<HTMLElement>('tr[data-index]')?.dataset.index ?? -1);
    const next = Math.max(0, Math.min(rows.length - 1, now + step));
    const link = linkAt(next);
    virtual.scrollToIndex(next);
    if (link) return link.focus({ preventScroll: true });
    requestAnimationFrame(() => linkAt(next)?.focus({ preventScroll: true }));
  };
  useShortcuts([
    { keys: 'j', does: 'Next row', run: () => move(1) },
    { keys: 'k', does: 'Previous row', run: () => move(-1) },
  ]);

  const before = (items[0]?.start ?? margin) - margin;
  const after = virtual.getTotalSize() - ((items.at(-1)?.end ?? margin) - margin);
  return (
    <>
      <table className={styles.table} aria-label={label} aria-rowcount={hasMore ? -1 : rows.length + 1}>
        <colgroup>
          {columns.map(({ key, width, hideBelow }) => (
            <col key={key} style={{ width }} className={hideBelow && styles[`below${hideBelow}`]} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" className={cellClass(column)}>
                {column.quiet ? <span className="quiet">{column.title}</span> : column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {before > 0 && <Space height={before} />}
          {items.map(({ index, key }) => {
            const row = rows[index];
            if (row === undefined) return null;
            return <Row key={String(key)} row={row} index={index} columns={columns} measure={virtual.measureElement} />;
          })}
          {after > 0 && <Space height={after} />}
        </tbody>
      </table>
      {hasMore && (
        <p className={styles.more}>
          <Button kind="bare" busy={loadingMore} onClick={onMore}>
            {loadingMore ? 'Loading more …' : 'Load more'}
          </Button>
        </p>
      )}
    </>
  );
}

const cellClass = <Row,>({ align, hideBelow }: Column<Row>) =>
  classes(align === 'end' && styles.end, hideBelow && styles[`below${hideBelow}`]);

interface RowProps<Of> {
  readonly row: Of;
  readonly index: number;
  readonly columns: readonly Column<Of>[];
  readonly measure: (element: HTMLElement | null) => void;
}

function PlainRow<Of>({ row, index, columns, measure }: RowProps<Of>) {
  return (
    <tr ref={measure} data-index={index} aria-rowindex={index + 2}>
      {columns.map((column) => (
        <td key={column.key} className={cellClass(column)}>
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
}

/** Scrolling renders only the rows that come into the window. */
const Row = memo(PlainRow) as typeof PlainRow;

/** In place of rows outside the window. One cell: more would make columns of those that are hidden. */
const Space = ({ height }: { readonly height: number }) => (
  <tr>
    <td className={styles.space} style={{ height }} />
  </tr>
);

/** The link of a row: the whole row is its target, and `j` and `k` focus it. */
export const RowLink = ({ className, ...rest }: ComponentProps<typeof Link> & { readonly className?: string }) => (
  <Link {...rest} data-row-link="" className={classes(styles.link, className)} />
);
