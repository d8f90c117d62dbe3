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

/** A box of the drawing: one node, or all nodes of a folded group. */
export interface Box {
  readonly key: string;
  readonly label: string;
  readonly nodes: readonly GraphNode[];
  readonly folded: boolean;
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
  /** Groups that can be folded, with the number of their nodes. */
  readonly groups: ReadonlyMap<string, number>;
}

export const WIDTH = 196;
export const HEIGHT = 34;
export const PITCH = HEIGHT + 12;
const COLUMN = WIDTH + 72;
/** Groups of this size are folded. */
const FOLD_FROM = 30;
/** Columns are centered while all of them are about as high as a window. */
const CENTERED = 40;

/** Places the nodes: a column for each level, which the server names. `open` holds the groups that are not folded. */
export function layOut(nodes: readonly GraphNode[], open: ReadonlySet<string>): Layout {
  const members = new Map<string, GraphNode[]>();
  for (const node of nodes) {
    if (node.group === null) continue;
    const list = members.get(node.group) ?? [];
    members.set(node.group, list);
    list.push(node);
  }
  const large = [...members].filter(([, list]) => list.length >= FOLD_FROM);
  const groups = new Map(large.map(([name, list]) => [name, list.length]));
  const folded = new Set([...groups.keys()].filter((name) => !open.has(name)));
  const keyOf = ({ group, name }: GraphNode) => (group !== null && folded.has(group) ? groupKey(group) : name);

  const last = Math.max(-1, ...nodes.map(({ level }) => level ?? -1));
  const columns: { key: string; label: string; nodes: GraphNode[]; folded: boolean }[][] = [];
  const made = new Map<string, { nodes: GraphNode[] }>();
  for (const node of nodes) {
    const key = keyOf(node);
    const known = made.get(key);
    if (known) {
      known.nodes.push(node);
      continue;
    }
    const isFolded = key !== node.name;
    const box = { key, label: isFolded ? (node.group ?? '') : node.label, nodes: [node], folded: isFolded };
    made.set(key, box);
    const column = node.level ?? last + 1;
    while (columns.length <= column) columns.push([]);
    columns[column]?.push(box);
  }
  const shown = columns.filter((column) => column.length > 0);
  const highest = Math.max(1, ...shown.map((column) => column.length));
  const rows = new Map<string, number>();
  const sources = (node: GraphNode) =>
    node.dependsOn.flatMap((name): readonly string[] => {
      const group = members.get(name);
      if (group === undefined) return made.has(name) ? [name] : [foldedOf(name)].filter((key) => made.has(key));
      return folded.has(name) ? [groupKey(name)] : group.map(({ name: one }) => one);
    });
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const foldedOf = (name: string) => {
    const node = byName.get(name);
    return node === undefined ? '' : keyOf(node);
  };

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
    edges: edgesOf(nodes, boxes, { keyOf, members, folded, foldedOf }),
    width: Math.max(0, placed.length * COLUMN - (COLUMN - WIDTH)),
    height: highest * PITCH - (PITCH - HEIGHT),
    groups,
  };
}

const groupKey = (name: string): string => `group ${name}`;

interface Names {
  readonly keyOf: (node: GraphNode) => string;
  readonly members: ReadonlyMap<string, readonly GraphNode[]>;
  readonly folded: ReadonlySet<string>;
  readonly foldedOf: (name: string) => string;
}

/** Lines from each box to those that wait for it. If many wait for a group, its lines meet in a joint. */
function edgesOf(nodes: readonly GraphNode[], boxes: ReadonlyMap<string, Box>, names: Names): Edge[] {
  const { keyOf, members, folded, foldedOf } = names;
  const edges: Edge[] = [];
  const seen = new Set<string>();
  const joints = new Map<string, { x: number; y: number }>();
  const out = ({ x, y }: Box) => ({ x: x + WIDTH, y: y + HEIGHT / 2 });
  const jointOf = (group: string, list: readonly GraphNode[]) => {
    const known = joints.get(group);
    if (known) return known;
    const ends = list.flatMap(({ name }) => boxes.get(name) ?? []).map(out);
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
      const group = members.get(name);
      const whole = group !== undefined && !folded.has(name) && group.length > 1;
      const box = boxes.get(folded.has(name) ? groupKey(name) : foldedOf(name));
      const from = whole ? jointOf(name, group) : box && out(box);
      if (from) edges.push({ x1: from.x, y1: from.y, x2: to.x, y2: to.y + HEIGHT / 2 });
    }
  }
  return edges;
}
