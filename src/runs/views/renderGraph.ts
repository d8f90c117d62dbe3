import type { ExecutionStatus } from '../../contract/statuses';
import type { GraphGroup, GraphNode, WorkflowGraph } from './workflowGraph';

export const graphFormats = ['JSON', 'MERMAID', 'DOT', 'ASCII'] as const;
export type GraphFormat = (typeof graphFormats)[number];

/**
 * Writes a graph for a drawing tool or a terminal. Names and labels come from definitions. In output that a tool reads
 * as a program they are escaped, so that nothing in them can end the text, begin another statement, or become markup.
 */
export function renderGraph(graph: WorkflowGraph, format: GraphFormat): string {
  return { JSON: asJson, MERMAID: asMermaid, DOT: asDot, ASCII: asText }[format](graph);
}

const asJson = ({ onFailure, nodes, groups }: WorkflowGraph): string =>
  `${JSON.stringify({ onFailure, nodes, groups }, null, 2)}\n`;

/**
 * Nodes with their numbers, and the edges between them. If many wait for many, a joint between them has one edge to or
 * from each.
 */
function numbered(graph: WorkflowGraph) {
  const { nodes, onFailure } = graph;
  const ids = new Map(nodes.map((node, index) => [node.name, `n${index}`]));
  const groups = lastOf(graph, ids);
  const joints = new Map<string, string>();
  const edges: [from: string, to: string][] = [];
  const sourcesOf = (name: string): readonly string[] => {
    const members = groups.get(name) ?? (ids.has(name) ? [ids.get(name) ?? ''] : []);
    if (members.length <= 1) return members;
    const joint = joints.get(name) ?? `j${joints.size}`;
    if (!joints.has(name)) for (const member of members) edges.push([member, joint]);
    joints.set(name, joint);
    return [joint];
  };
  for (const { name, dependsOn } of nodes) {
    for (const source of dependsOn.flatMap(sourcesOf)) edges.push([source, ids.get(name) ?? '']);
  }
  const handled: [from: string, to: string][] = nodes.flatMap((node) => {
    const handler = node.onFailure === null ? undefined : ids.get(node.onFailure);
    return handler === undefined ? [] : [[ids.get(node.name) ?? '', handler]];
  });
  const said = (node: GraphNode) =>
    node.level === null && node.name === onFailure ? [...linesOf(node), 'handler of the workflow'] : linesOf(node);
  return {
    handled,
    boxes: graph.groups
      .filter(({ type }) => type === 'workflow')
      .map((group, index) => ({ group, id: `w${index}`, lines: boxLines(group) })),
    named: nodes.map((node) => ({ node, id: ids.get(node.name) ?? '', lines: said(node) })),
    joints: [...joints.values()],
    edges,
  };
}

/** For each group, its nodes that no other waits for within it. What waits for the group waits for these. */
function lastOf({ nodes, groups }: WorkflowGraph, ids: ReadonlyMap<string, string>): ReadonlyMap<string, string[]> {
  const outer = new Map(groups.map((group) => [group.name, group]));
  const waitedFor = new Set(nodes.flatMap(({ dependsOn, level }) => (level === null ? [] : dependsOn)));
  const last = new Map<string, string[]>();
  const add = (group: string, id: string) => {
    const list = last.get(group) ?? [];
    last.set(group, list);
    list.push(id);
  };
  for (const { name, group, level } of nodes) {
    if (level === null) continue;
    let isLast = true;
    for (let [inside, around] = [name, group]; around !== null; ) {
      const { type, group: next = null } = outer.get(around) ?? {};
      isLast &&= type !== 'workflow' || !waitedFor.has(inside);
      if (isLast) add(around, ids.get(name) ?? '');
      [inside, around] = [around, next];
    }
  }
  return last;
}

/** Lines of text at the top of a box. */
function boxLines({ name, label, workflow, condition, onFailure, state }: GraphGroup): string[] {
  return [
    label,
    ...(label !== name && !name.endsWith(`/${label}`) ? [name] : []),
    `workflow ${workflow}`,
    ...(condition === null ? [] : [`if ${condition}`]),
    ...(onFailure === null ? [] : [`on failure ${onFailure}`]),
    ...(state === null ? [] : [stateText(state)]),
  ];
}

interface Drawn {
  readonly node: GraphNode;
  readonly id: string;
  readonly lines: readonly string[];
}
type DrawnBox = Pick<Drawn, 'id' | 'lines'> & { readonly group: GraphGroup };

/** Statements of the nodes in boxes, from the outermost. */
function inBoxes(
  { named, boxes }: { readonly named: readonly Drawn[]; readonly boxes: readonly DrawnBox[] },
  groups: readonly GraphGroup[],
  write: { readonly node: (node: Drawn) => string; readonly open: (box: DrawnBox) => string[]; readonly close: string },
): string[] {
  const boxNames = new Set(boxes.map(({ group }) => group.name));
  const outer = new Map(groups.map(({ name, group }) => [name, group]));
  const boxOf = (group: string | null): string | null =>
    group === null || boxNames.has(group) ? group : (outer.get(group) ?? null);
  const nodesIn = new Map<string | null, Drawn[]>([null, ...boxNames].map((name) => [name, []]));
  for (const one of named) if (one.node.level !== null) nodesIn.get(boxOf(one.node.group))?.push(one);
  const boxesIn = new Map<string | null, DrawnBox[]>([null, ...boxNames].map((name) => [name, []]));
  for (const one of boxes) boxesIn.get(one.group.group)?.push(one);
  const written = (box: string | null, indent: string): string[] => [
    ...(nodesIn.get(box) ?? []).map((one) => indent + write.node(one)),
    ...(boxesIn.get(box) ?? []).flatMap((one) => [
      ...write.open(one).map((text, index) => (index === 0 ? indent : `${indent}  `) + text),
      ...written(one.group.name, `${indent}  `),
      indent + write.close,
    ]),
  ];
  return written(null, '  ');
}

/** Lines of text in a node's box. */
function linesOf({ name, label, type, group, combinations, condition, state }: GraphNode): string[] {
  const element = type === 'workflow' || type === 'approval';
  const lines = [label];
  if (label !== name && !label.endsWith(name) && !name.endsWith(`/${label}`) && !element) lines.push(name);
  if (element) lines.push(`stage ${group}`);
  if (combinations !== null) lines.push(`${combinations} combinations`);
  if (type !== 'normal') lines.push(type);
  if (condition !== null) lines.push(`${element ? 'skip if' : 'if'} ${condition}`);
  if (state !== null) lines.push(stateText(state));
  return lines;
}

function stateText({ status, counts }: NonNullable<GraphNode['state']>): string {
  const parts = Object.entries(counts);
  return parts.length <= 1 ? status : `${status} (${parts.map(([one, count]) => `${count} ${one}`).join(', ')})`;
}

const colors: Readonly<Partial<Record<ExecutionStatus, string>>> = {
  RUNNING: '#bbdefb',
  SUCCESS: '#c8e6c9',
  FAILED: '#ffcdd2',
  ERROR: '#ffcdd2',
  ABORTED: '#ffe0b2',
  EXPIRED: '#ffe0b2',
  SKIPPED: '#eeeeee',
};

/** Mermaid accepts characters as numbers; all characters except plain ones are written this way. */
const mermaidText = (text: string): string =>
  text.replace(/[^A-Za-z0-9 ._=,-]/gu, (character) => `#${character.codePointAt(0)};`);

function asMermaid(graph: WorkflowGraph): string {
  const drawing = numbered(graph);
  const { named, joints, edges, handled } = drawing;
  const box = ({ node, id, lines: own }: Drawn) => {
    const status = node.state !== null && node.state.status in colors ? `:::${node.state.status}` : '';
    return `${id}["${own.map(mermaidText).join('<br/>')}"]${status}`;
  };
  const detached = named.filter(({ node }) => node.level === null);
  const used = new Set(named.flatMap(({ node }) => node.state?.status ?? []));
  const classes = Object.entries(colors).filter(([status]) => used.has(status as ExecutionStatus));
  return lines(
    'flowchart TD',
    ...inBoxes(drawing, graph.groups, {
      node: box,
      open: ({ id, lines: own }) => [`subgraph ${id}["${own.map(mermaidText).join('<br/>')}"]`],
      close: 'end',
    }),
    ...joints.map((id) => `  ${id}((" "))`),
    ...edges.map(([from, to]) => `  ${from} --> ${to}`),
    ...(detached.length === 0
      ? []
      : ['  subgraph detached["detached"]', ...detached.map((one) => `    ${box(one)}`), '  end']),
    ...handled.map(([from, to]) => `  ${from} -. on failure .-> ${to}`),
    ...classes.map(([status, color]) => `  classDef ${status} fill:${color}`),
  );
}

/** In a quoted string of DOT, a backslash begins an escape, and a quote ends the string. */
const dotText = (text: string): string =>
  text.replace(/[\\"]/g, (character) => `\\${character}`).replace(/\p{Cc}/gu, ' ');

function asDot(graph: WorkflowGraph): string {
  const drawing = numbered(graph);
  const { named, joints, edges, handled } = drawing;
  const box = ({ node, id, lines: own }: Drawn) => {
    const color = node.state === null ? undefined : colors[node.state.status];
    const style = [...(color === undefined ? [] : ['filled']), ...(node.level === null ? ['dashed'] : [])];
    const attributes = [
      `label="${own.map(dotText).join('\\n')}"`,
      ...(style.length === 0 ? [] : [`style="${style.join(',')}"`]),
      ...(color === undefined ? [] : [`fillcolor="${color}"`]),
    ];
    return `${id} [${attributes.join(', ')}];`;
  };
  const detached = named.filter(({ node }) => node.level === null);
  return lines(
    'digraph workflow {',
    '  node [shape=box];',
    ...inBoxes(drawing, graph.groups, {
      node: box,
      open: ({ id, lines: own }) => [`subgraph cluster_${id} {`, `label="${own.map(dotText).join('\\n')}";`],
      close: '}',
    }),
    ...joints.map((id) => `  ${id} [shape=point];`),
    ...edges.map(([from, to]) => `  ${from} -> ${to};`),
    ...(detached.length === 0
      ? []
      : ['  subgraph cluster_detached {', '    label="detached";', ...detached.map((one) => `    ${box(one)}`), '  }']),
    ...handled.map(([from, to]) => `  ${from} -> ${to} [style=dashed, label="on failure"];`),
    '}',
  );
}

/** Printable ASCII only, so that a name can't send control sequences to a terminal. */
const plainText = (text: string): string =>
  text.replace(/[^\x20-\x7e]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);

function asText({ nodes, groups, onFailure }: WorkflowGraph): string {
  const width = [...nodes, ...groups].reduce((most, { name }) => Math.max(most, plainText(name).length), 0);
  const rows = nodes.map((node, index) => {
    const { name, label, level, dependsOn } = node;
    const [, ...more] = linesOf({ ...node, label: name });
    const after = dependsOn.length === 0 ? [] : [`after ${dependsOn.join(', ')}`];
    const handler = node.onFailure === null ? [] : [`on failure ${node.onFailure}`];
    const whole = level === null && name === onFailure ? ['handler of the workflow'] : [];
    const said = [...(label === name ? [] : [`"${label}"`]), ...after, ...more, ...handler, ...whole]
      .map(plainText)
      .join('; ');
    const heading = level === null ? 'detached' : `level ${level}`;
    const begins = index === 0 || nodes[index - 1]?.level !== level;
    const row = `  ${plainText(name).padEnd(width)}  ${said}`.trimEnd();
    return begins ? `${index === 0 ? '' : '\n'}${heading}\n${row}` : row;
  });
  const boxes = groups.filter(({ type }) => type === 'workflow');
  const boxRows = boxes.map((group) => {
    const [label = '', ...more] = boxLines(group);
    const named = group.name.endsWith(label) ? [] : [`"${label}"`];
    const said = [...named, ...more.filter((text) => text !== group.name)].map(plainText).join('; ');
    return `  ${plainText(group.name).padEnd(width)}  ${said}`;
  });
  return lines(...rows, ...(boxes.length === 0 ? [] : ['\nboxes', ...boxRows]));
}

const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`;
