/** A node as `workflowGraph` describes it. */
export interface GraphNode {
  readonly name: string;
  readonly label: string;
  readonly type: string;
  readonly group: string | null;
  readonly level: number | null;
  readonly dependsOn: readonly string[];
  readonly condition: string | null;
  readonly onFailure: string | null;
}

/** Nodes that can be folded into one box: combinations of a matrix, or tasks of a workflow that a task runs. */
export interface GraphGroup {
  readonly name: string;
  readonly label: string;
  readonly type: string;
  /** Group that contains it. */
  readonly group: string | null;
}

/** A box of the drawing: one node, or all nodes of a folded group. */
export interface Box {
  readonly key: string;
  readonly label: string;
  readonly nodes: readonly GraphNode[];
  /** Group that it stands for. */
  readonly folds: string | null;
  readonly column: number;
  readonly row: number;
  readonly x: number;
  readonly y: number;
}

export interface Edge {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

export interface Layout {
  readonly boxes: ReadonlyMap<string, Box>;
  /** Boxes by column, from the top. */
  readonly columns: readonly (readonly Box[])[];
  readonly edges: readonly Edge[];
  readonly width: number;
  readonly height: number;
  /** Groups that can be folded and are not, with the number of their nodes. */
  readonly unfolded: ReadonlyMap<string, number>;
}

export const WIDTH = 196;
export const HEIGHT = 34;
export const PITCH = HEIGHT + 12;
const COLUMN = WIDTH + 72;
/** Groups of this size are folded first. */
const FOLD_FROM = 30;
/** Columns are centered while all of them are about as high as a window. */
const CENTERED = 40;

/**
 * Places the nodes: a column for each level, which the server names. `toggled` holds groups that were folded or
 * unfolded by a person.
 */
export function layOut(
  nodes: readonly GraphNode[],
  groups: readonly GraphGroup[],
  toggled: ReadonlySet<string>,
): Layout {
  const outer = new Map(groups.map((group) => [group.name, group]));
  const around = (name: string | null): string[] => {
    const names: string[] = [];
    for (let one = name; one !== null; one = outer.get(one)?.group ?? null) names.push(one);
    return names;
  };
  const waitedFor = new Set(nodes.flatMap(({ dependsOn, level }) => (level === null ? [] : dependsOn)));
  const members = new Map<string, GraphNode[]>();
  /** What waits for a group waits for these. */
  const ends = new Map<string, GraphNode[]>();
  const add = (lists: Map<string, GraphNode[]>, group: string, node: GraphNode) => {
    const list = lists.get(group) ?? [];
    lists.set(group, list);
    list.push(node);
  };
  for (const node of nodes) {
    let inside = node.name;
    let isEnd = node.level !== null;
    for (const group of around(node.group)) {
      isEnd &&= outer.get(group)?.type !== 'workflow' || !waitedFor.has(inside);
      add(members, group, node);
      if (isEnd) add(ends, group, node);
      inside = group;
    }
  }
  const foldable = [...members].filter(
    ([name, list]) => list.length >= FOLD_FROM || (outer.get(name)?.type === 'workflow' && list.length > 1),
  );
  const folded = new Set(
    foldable.flatMap(([name, list]) => (list.length >= FOLD_FROM !== toggled.has(name) ? [name] : [])),
  );
  /** The outermost folded group. */
  const foldOf = (name: string | null) => around(name).findLast((group) => folded.has(group));
  const unfolded = new Map(
    foldable.flatMap(([name, list]) => (foldOf(name) === undefined ? [[name, list.length] as const] : [])),
  );
  const keyOf = ({ group, name }: GraphNode) => {
    const fold = foldOf(group);
    return fold === undefined ? name : groupKey(fold);
  };

  const last = Math.max(-1, ...nodes.map(({ level }) => level ?? -1));
  const columns: { key: string; label: string; nodes: GraphNode[]; folds: string | null }[][] = [];
  const made = new Map<string, { nodes: GraphNode[] }>();
  for (const node of nodes) {
    const key = keyOf(node);
    const known = made.get(key);
    if (known) {
      known.nodes.push(node);
      continue;
    }
    const folds = foldOf(node.group) ?? null;
    const box = { key, label: folds === null ? node.label : (outer.get(folds)?.label ?? folds), nodes: [node], folds };
    made.set(key, box);
    const column = node.level ?? last + 1;
    while (columns.length <= column) columns.push([]);
    columns[column]?.push(box);
  }
  const shown = columns.filter((column) => column.length > 0);
  const highest = Math.max(1, ...shown.map((column) => column.length));
  const rows = new Map<string, number>();
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const known = new Map<string, readonly string[]>();
  /** Keys of the boxes that stand for a node or a group. */
  const keysOf = (name: string): readonly string[] => {
    const keys = known.get(name) ?? keysFound(name);
    known.set(name, keys);
    return keys;
  };
  const keysFound = (name: string): readonly string[] => {
    const fold = foldOf(name);
    if (fold !== undefined) return [groupKey(fold)];
    const node = byName.get(name);
    const list = node === undefined ? (ends.get(name) ?? []) : [node];
    return [...new Set(list.map(keyOf))];
  };
  const sources = (node: GraphNode) => node.dependsOn.flatMap(keysOf);

  const boxes = new Map<string, Box>();
  const placed = shown.map((column, index) => {
    const above = highest <= CENTERED ? (highest - column.length) / 2 : 0;
    // Next to what it waits for, so that fewer lines cross.
    const weight = (box: { nodes: readonly GraphNode[] }) => {
      const from = box.nodes
        .slice(0, 1)
        .flatMap((node) => sources(node).slice(0, 20))
        .flatMap((key) => rows.get(key) ?? []);
      return from.length === 0 ? 0 : from.reduce((sum, row) => sum + row, 0) / from.length;
    };
    const weights = new Map(column.map((box) => [box, weight(box)]));
    const ordered = index === 0 ? column : [...column].sort((a, b) => (weights.get(a) ?? 0) - (weights.get(b) ?? 0));
    return ordered.map((box, row): Box => {
      rows.set(box.key, above + row);
      const done = { ...box, column: index, row, x: index * COLUMN, y: (above + row) * PITCH };
      boxes.set(box.key, done);
      return done;
    });
  });
  return {
    boxes,
    columns: placed,
    edges: edgesOf(nodes, boxes, { keyOf, keysOf }),
    width: Math.max(0, placed.length * COLUMN - (COLUMN - WIDTH)),
    height: highest * PITCH - (PITCH - HEIGHT),
    unfolded,
  };
}

/** The groups to unfold so that a node has a box of its own; none without a node. */
export function unfolding(
  nodes: readonly GraphNode[],
  groups: readonly GraphGroup[],
  name: string | undefined,
): ReadonlySet<string> {
  const toggled = new Set<string>();
  if (!nodes.some((node) => node.name === name)) return toggled;
  for (;;) {
    const around = [...layOut(nodes, groups, toggled).boxes.values()].find(
      ({ folds, nodes: inside }) => folds !== null && inside.some((node) => node.name === name),
    );
    if (around?.folds == null) return toggled;
    toggled.add(around.folds);
  }
}

const groupKey = (name: string): string => `group ${name}`;

interface Names {
  readonly keyOf: (node: GraphNode) => string;
  readonly keysOf: (name: string) => readonly string[];
}

/** Lines from each box to those that wait for it. If many wait for a group, its lines meet in a joint. */
function edgesOf(nodes: readonly GraphNode[], boxes: ReadonlyMap<string, Box>, names: Names): Edge[] {
  const { keyOf, keysOf } = names;
  const edges: Edge[] = [];
  const seen = new Set<string>();
  const joints = new Map<string, { x: number; y: number }>();
  const out = ({ x, y }: Box) => ({ x: x + WIDTH, y: y + HEIGHT / 2 });
  const jointOf = (group: string, keys: readonly string[]) => {
    const known = joints.get(group);
    if (known) return known;
    const ends = keys.flatMap((key) => boxes.get(key) ?? []).map(out);
    const x = Math.max(...ends.map((end) => end.x)) + 28;
    const y = ends.reduce((sum, end) => sum + end.y, 0) / Math.max(1, ends.length);
    joints.set(group, { x, y });
    for (const end of ends) edges.push({ x1: end.x, y1: end.y, x2: x, y2: y });
    return { x, y };
  };
  for (const node of nodes) {
    const key = keyOf(node);
    const to = boxes.get(key);
    if (to === undefined) continue;
    for (const name of node.dependsOn) {
      const pair = `${name}\n${key}`;
      if (seen.has(pair)) continue;
      seen.add(pair);
      const keys = keysOf(name);
      // Within a folded group.
      if (keys.includes(key)) continue;
      const box = boxes.get(keys[0] ?? '');
      const from = keys.length > 1 ? jointOf(name, keys) : box && out(box);
      if (from) edges.push({ x1: from.x, y1: from.y, x2: to.x, y2: to.y + HEIGHT / 2 });
    }
  }
  return edges;
}
