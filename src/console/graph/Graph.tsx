import { type KeyboardEvent, type PointerEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { Button, IconButton } from '../parts/Button';
import { classes } from '../parts/classes';
import { StatusShape } from '../parts/Status';
import { lookOf } from '../parts/statuses';
import styles from './Graph.module.css';
import {
  type Box,
  type Edge,
  type GraphGroup,
  type GraphNode,
  HEIGHT,
  type Layout,
  layOut,
  PITCH,
  WIDTH,
  unfolding,
} from './layout';

export type { GraphGroup, GraphNode } from './layout';

interface GraphProps {
  readonly nodes: readonly GraphNode[];
  readonly groups: readonly GraphGroup[];
  /** Statuses of the tasks that a node stands for. Absent for a definition, whose tasks have none. */
  readonly statusesOf?: (name: string) => readonly string[];
  readonly selected?: string | undefined;
  /** Node that the graph opens at if all of it doesn't fit, such as the task that failed. Defaults to the beginning. */
  readonly start?: string | undefined;
  readonly onOpen: (name: string) => void;
}

interface View {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

const MARGIN = 24;
/** Most boxes that are drawn. Farther away, several rows become one box. */
const MOST_BOXES = 400;
const MOST_EDGES = 1_200;
const clamp = (zoom: number) => Math.min(1.6, Math.max(0.04, zoom));

/** Statuses in the order in which a box with several of them shows one. */
const urgency =
  'FAILED ERROR EXPIRED REJECTED LOST RUNNING WAITING PAUSED ABORTED QUEUED PENDING SUCCESS SKIPPED'.split(' ');
const worstOf = (statuses: readonly string[]): string | undefined =>
  urgency.find((status) => statuses.includes(status)) ?? statuses[0];

/**
 * A graph of tasks, a column for each level. Draws only what is in the window, so that its size doesn't matter. Arrow
 * keys walk through the boxes; Enter opens one.
 */
export function Graph({ nodes, groups, statusesOf, selected, start, onOpen }: GraphProps) {
  const [toggled, setToggled] = useState(() => unfolding(nodes, groups, start));
  const layout = useMemo(() => layOut(nodes, groups, toggled), [nodes, groups, toggled]);
  const toggle = (group: string) =>
    setToggled(new Set(toggled.has(group) ? [...toggled].filter((one) => one !== group) : [...toggled, group]));
  const frame = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 900, height: 420 });
  const [moved, setMoved] = useState<View>();
  const [active, setActive] = useState<string>();
  const focusing = useRef(false);
  const opensAt = layout.boxes.get(start ?? '');
  const view = moved ?? firstView(layout, size, opensAt);

  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const zoomBy = (factor: number, at = { x: size.width / 2, y: size.height / 2 }) => {
    const zoom = clamp(view.zoom * factor);
    const scale = zoom / view.zoom;
    setMoved({ zoom, x: at.x - (at.x - view.x) * scale, y: at.y - (at.y - view.y) * scale });
  };
  const wheel = useRef(zoomBy);
  useEffect(() => {
    wheel.current = zoomBy;
  });
  useEffect(() => {
    const element = frame.current;
    // React listens passively, so it could not keep the page from zooming.
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const { left, top } = element?.getBoundingClientRect() ?? { left: 0, top: 0 };
      wheel.current(Math.exp(-event.deltaY / 300), { x: event.clientX - left, y: event.clientY - top });
    };
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  }, []);

  const drag = useRef<{ readonly x: number; readonly y: number; readonly from: View }>(undefined);
  const onPointerDown = (event: PointerEvent<Element>) => {
    if ((event.target as Element).closest('[data-box]') !== null) return;
    drag.current = { x: event.clientX, y: event.clientY, from: view };
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const onPointerMove = ({ clientX, clientY }: PointerEvent) => {
    if (drag.current === undefined) return;
    const { x, y, from } = drag.current;
    setMoved({ ...from, x: from.x + clientX - x, y: from.y + clientY - y });
  };
  const onPointerUp = () => {
    drag.current = undefined;
  };

  const boxes = layout.boxes;
  const current =
    (active === undefined ? undefined : boxes.get(active)) ??
    boxes.get(selected ?? '') ??
    opensAt ??
    layout.columns[0]?.[0];
  useEffect(() => {
    if (!focusing.current) return;
    focusing.current = false;
    frame.current?.querySelector<SVGElement>('[data-box][tabindex="0"]')?.focus({ preventScroll: true });
  });
  const goTo = (box: Box | undefined) => {
    if (box === undefined) return;
    focusing.current = true;
    setActive(box.key);
    setMoved(withBox(view, size, box));
  };
  const activate = (box: Box) => {
    if (box.folds !== null) toggle(box.folds);
    else onOpen(box.key);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const keys: Readonly<Record<string, () => void>> = {
      '+': () => zoomBy(1.25),
      '-': () => zoomBy(0.8),
      '0': () => setMoved(undefined),
      ArrowDown: () => goTo(current && layout.columns[current.column]?.[current.row + 1]),
      ArrowUp: () => goTo(current && layout.columns[current.column]?.[current.row - 1]),
      ArrowRight: () => goTo(current && nearest(layout.columns[current.column + 1], current)),
      ArrowLeft: () => goTo(current && nearest(layout.columns[current.column - 1], current)),
      Enter: () => current && activate(current),
      ' ': () => current && activate(current),
    };
    const run = keys[event.key];
    if (run === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    run();
  };

  const { shown, edges } = visible(layout, view, size);
  const tall = Math.min(560, Math.max(180, layout.height + 2 * MARGIN));
  return (
    <div className={styles.graph}>
      <div className={styles.tools}>
        <p className={styles.hint}>
          Drag to move, Ctrl and wheel to zoom, arrow keys to walk.{statusesOf && ' “Tasks” has the same as a list.'}
        </p>
        {[...layout.unfolded].map(([name, count]) => (
          <Button key={name} small onClick={() => toggle(name)}>
            Fold {name} ({count.toLocaleString('en')})
          </Button>
        ))}
        <IconButton small icon="minus" label="Zoom out" onClick={() => zoomBy(0.8)} />
        <IconButton small icon="plus" label="Zoom in" onClick={() => zoomBy(1.25)} />
        <Button small kind="bare" onClick={() => setMoved(fitting(layout, size))}>
          Fit
        </Button>
      </div>
      <div
        ref={frame}
        className={styles.frame}
        style={{ height: tall }}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={onPointerUp}
      >
        <svg className={styles.drawing} role="group" aria-label="Graph of the tasks" onKeyDown={onKeyDown}>
          <g transform={`translate(${view.x} ${view.y}) scale(${view.zoom})`}>
            <path className={styles.edges} d={edges.map(curve).join('')} />
            {shown.map((some) => (
              <BoxShape
                key={some[0]?.key}
                boxes={some}
                statusesOf={statusesOf}
                selected={some.some(({ key }) => key === selected)}
                focusable={some.some((box) => box === current)}
                plain={view.zoom < 0.4}
                onOpen={() => {
                  const [only] = some;
                  if (only === undefined) return;
                  if (some.length > 1) setMoved(withBox({ ...view, zoom: 1 }, size, only, true));
                  else activate(only);
                }}
              />
            ))}
          </g>
        </svg>
      </div>
    </div>
  );
}

interface BoxShapeProps {
  /** One box, or several rows that are too small to be told apart. */
  readonly boxes: readonly Box[];
  readonly statusesOf: ((name: string) => readonly string[]) | undefined;
  readonly selected: boolean;
  readonly focusable: boolean;
  readonly plain: boolean;
  readonly onOpen: () => void;
}

function BoxShape({ boxes, statusesOf, selected, focusable, plain, onOpen }: BoxShapeProps) {
  const [first] = boxes;
  const last = boxes.at(-1);
  if (first === undefined || last === undefined) return null;
  const nodes = boxes.flatMap((box) => box.nodes);
  const statuses = nodes.flatMap(({ name }) => statusesOf?.(name) ?? []);
  const status = worstOf(statuses);
  const look = status === undefined ? undefined : lookOf(status);
  const counted = statuses.length > 1 ? countsText(statuses) : (look?.word ?? 'not reached');
  const many = Math.max(nodes.length, statuses.length);
  const label = boxes.length > 1 ? `${first.label} to ${last.label}` : first.label;
  const name = `${label}${many > 1 ? ` ${many.toLocaleString('en')} tasks` : ''}${statusesOf ? `: ${counted}` : ''}`;
  return (
    <g
      data-box={first.key}
      role="button"
      tabIndex={focusable ? 0 : -1}
      aria-label={name}
      className={classes(styles.box, look && styles[look.tone], selected && styles.selected)}
      transform={`translate(${first.x} ${first.y})`}
      onClick={onOpen}
    >
      <title>{name}</title>
      {first.folds !== null && <rect x="5" y="5" width={WIDTH} height={HEIGHT} rx="6" className={styles.behind} />}
      <rect width={WIDTH} height={last.y - first.y + HEIGHT} rx="6" className={styles.rect} />
      <rect width="4" height={last.y - first.y + HEIGHT} rx="2" className={styles.side} />
      {!plain && boxes.length === 1 && (
        <>
          {look && (
            <g transform="translate(12 9.5)" className={styles.shape}>
              <StatusShape shape={look.shape} />
            </g>
          )}
          <text x={look ? 34 : 12} y="21.5" className={styles.text}>
            {cut(label, many > 1 ? 17 : 23)}
          </text>
          {many > 1 && (
            <text x={WIDTH - 10} y="21.5" textAnchor="end" className={styles.count}>
              {` ${many.toLocaleString('en')}`}
            </text>
          )}
        </>
      )}
    </g>
  );
}

const cut = (text: string, length: number) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

function countsText(statuses: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const status of statuses) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts]
    .map(([status, count]) => `${count.toLocaleString('en')} ${lookOf(status).word.toLowerCase()}`)
    .join(', ');
}

const curve = ({ x1, y1, x2, y2 }: Edge): string => {
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
};

interface Size {
  readonly width: number;
  readonly height: number;
}

const fitting = ({ width, height }: Layout, size: Size): View => {
  const zoom = clamp(
    Math.min(1, (size.width - 2 * MARGIN) / Math.max(1, width), (size.height - 2 * MARGIN) / Math.max(1, height)),
  );
  return { zoom, x: Math.max(MARGIN, (size.width - width * zoom) / 2), y: MARGIN };
};

/** All of it if it stays readable; otherwise its beginning, or the box that it opens at. */
function firstView(layout: Layout, size: Size, opensAt: Box | undefined): View {
  const whole = fitting(layout, size);
  if (whole.zoom >= 0.6) return { ...whole, x: MARGIN };
  const beginning = { zoom: 0.85, x: MARGIN, y: MARGIN };
  return opensAt === undefined ? beginning : withBox(beginning, size, opensAt);
}

/** The view, moved as little as needed so that the box is in it. */
function withBox(view: View, size: Size, { x, y }: Box, centered = false): View {
  const { zoom } = view;
  const [left, top] = [x * zoom + view.x, y * zoom + view.y];
  const inside =
    left >= MARGIN &&
    left + WIDTH * zoom <= size.width - MARGIN &&
    top >= MARGIN &&
    top + HEIGHT * zoom <= size.height - MARGIN;
  if (inside && !centered) return view;
  return { zoom, x: size.width / 2 - (x + WIDTH / 2) * zoom, y: size.height / 2 - (y + HEIGHT / 2) * zoom };
}

const nearest = (column: readonly Box[] | undefined, { y }: Box): Box | undefined =>
  column?.reduce<Box | undefined>(
    (best, box) => (best === undefined || Math.abs(box.y - y) < Math.abs(best.y - y) ? box : best),
    undefined,
  );

/** What is in the window: boxes, several of them as one if they would be too small or too many, and lines. */
function visible(layout: Layout, view: View, size: Size) {
  const left = -view.x / view.zoom;
  const top = -view.y / view.zoom;
  const right = left + size.width / view.zoom;
  const bottom = top + size.height / view.zoom;
  const columns = layout.columns.filter(([box]) => box !== undefined && box.x <= right && box.x + WIDTH >= left);
  const rows = Math.min(Math.ceil((bottom - top) / PITCH), Math.max(1, ...columns.map((column) => column.length)));
  let each = Math.max(1, Math.ceil(9 / (PITCH * view.zoom)));
  while ((rows / each) * columns.length > MOST_BOXES) each *= 2;
  const shown = columns.flatMap((column) => {
    const above = column[0]?.y ?? 0;
    const first = Math.max(0, Math.floor((top - above - HEIGHT) / PITCH / each) * each);
    const last = Math.min(column.length, Math.ceil((bottom - above) / PITCH));
    const groups: (readonly Box[])[] = [];
    for (let row = first; row < last; row += each) groups.push(column.slice(row, row + each));
    return groups;
  });
  const edges: Edge[] = [];
  for (const edge of layout.edges) {
    if (edge.x1 > right || edge.x2 < left) continue;
    if (Math.min(edge.y1, edge.y2) > bottom || Math.max(edge.y1, edge.y2) < top) continue;
    if (edges.push(edge) >= MOST_EDGES) break;
  }
  return { shown, edges };
}
