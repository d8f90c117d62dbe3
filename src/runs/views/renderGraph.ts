import type { ExecutionStatus } from '../../contract/statuses';
import type { GraphNode, WorkflowGraph } from './workflowGraph';

export const graphFormats = ['JSON', 'MERMAID', 'DOT', 'ASCII'] as const;
export type GraphFormat = (typeof graphFormats)[number];

/**
 * Writes a graph for a tool that draws it, or for a terminal. Names and labels come from definitions: where they stand
 * in a text that a tool reads as a program they are written so that nothing in them can end the text, begin another
 * statement, or become markup.
 */
export function renderGraph(graph: WorkflowGraph, format: GraphFormat): string {
  return { JSON: asJson, MERMAID: asMermaid, DOT: asDot, ASCII: asText }[format](graph);
}

const asJson = ({ onFailure, nodes }: WorkflowGraph): string => `${JSON.stringify({ onFailure, nodes }, null, 2)}\n`;

/**
 * The nodes with the numbers that stand for them, and the edges between those. Where many wait for many, a point
 * between them has an edge of each.
 */
function numbered({ nodes, onFailure }: WorkflowGraph) {
  const ids = new Map(nodes.map((node, index) => [node.name, `n${index}`]));
  const groups = new Map<string, string[]>();
  for (const { name, group } of nodes) {
    if (group === null) continue;
    const list = groups.get(group) ?? [];
    groups.set(group, list);
    list.push(ids.get(name) ?? '');
  }
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
    named: nodes.map((node) => ({ node, id: ids.get(node.name) ?? '', lines: said(node) })),
    joints: [...joints.values()],
    edges,
  };
}

/** The lines of a node's box. */
function linesOf({ name, label, type, group, combinations, condition, state }: GraphNode): string[] {
  const element = type === 'workflow' || type === 'approval';
  const lines = [label];
  if (label !== name && !label.endsWith(name) && !element) lines.push(name);
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

/** Mermaid knows characters by their numbers; everything but what is surely plain is written so. */
const mermaidText = (text: string): string =>
  text.replace(/[^A-Za-z0-9 ._=,-]/gu, (character) => `#${character.codePointAt(0)};`);

function asMermaid(graph: WorkflowGraph): string {
  const { named, joints, edges, handled } = numbered(graph);
  const box = ({ node, id, lines: own }: (typeof named)[number]) => {
    const status = node.state !== null && node.state.status in colors ? `:::${node.state.status}` : '';
    return `${id}["${own.map(mermaidText).join('<br/>')}"]${status}`;
  };
  const detached = named.filter(({ node }) => node.level === null);
  const used = new Set(named.flatMap(({ node }) => node.state?.status ?? []));
  const classes = Object.entries(colors).filter(([status]) => used.has(status as ExecutionStatus));
  return lines(
    'flowchart TD',
    ...named.filter(({ node }) => node.level !== null).map((one) => `  ${box(one)}`),
    ...joints.map((id) => `  ${id}((" "))`),
    ...edges.map(([from, to]) => `  ${from} --> ${to}`),
    ...(detached.length === 0
      ? []
      : ['  subgraph detached["detached"]', ...detached.map((one) => `    ${box(one)}`), '  end']),
    ...handled.map(([from, to]) => `  ${from} -. on failure .-> ${to}`),
    ...classes.map(([status, color]) => `  classDef ${status} fill:${color}`),
  );
}

/** In a quoted string of DOT a backslash begins an escape, and a quote ends it. */
const dotText = (text: string): string =>
  text.replace(/[\\"]/g, (character) => `\\${character}`).replace(/\p{Cc}/gu, ' ');

function asDot(graph: WorkflowGraph): string {
  const { named, joints, edges, handled } = numbered(graph);
  const box = ({ node, id, lines: own }: (typeof named)[number]) => {
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
    ...named.filter(({ node }) => node.level !== null).map((one) => `  ${box(one)}`),
    ...joints.map((id) => `  ${id} [shape=point];`),
    ...edges.map(([from, to]) => `  ${from} -> ${to};`),
    ...(detached.length === 0
      ? []
      : ['  subgraph cluster_detached {', '    label="detached";', ...detached.map((one) => `    ${box(one)}`), '  }']),
    ...handled.map(([from, to]) => `  ${from} -> ${to} [style=dashed, label="on failure"];`),
    '}',
  );
}

/** Printable ASCII, so that no terminal can be told anything by a name. */
const plainText = (text: string): string =>
  text.replace(/[^\x20-\x7e]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);

function asText({ nodes, onFailure }: WorkflowGraph): string {
  const width = Math.max(0, ...nodes.map(({ name }) => plainText(name).length));
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
  return lines(...rows);
}

const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`;
