import { useMemo } from 'react';
import { useLocation } from 'wouter';
import { useData } from '../../data/hooks';
import { Graph, type GraphGroup, type GraphNode } from '../../graph/Graph';
import { ErrorNote } from '../../parts/ErrorNote';
import { Panel } from '../../parts/Panel';
import { Skeleton } from '../../parts/Skeleton';
import { ConsoleDefinitionGraphDocument } from './generated';

interface Parsed {
  readonly nodes: readonly GraphNode[];
  readonly groups: readonly GraphGroup[];
}

interface DefinitionGraphProps {
  readonly id: string;
  readonly kind: 'Pipeline' | 'Workflow';
  /** Number of the revision, with which the graph changes. */
  readonly revision: number;
}

/** The graph of the current revision of a pipeline or workflow. */
export function DefinitionGraph({ id, kind, revision }: DefinitionGraphProps) {
  const [, navigate] = useLocation();
  const variables = kind === 'Pipeline' ? { pipelineId: id } : { workflowId: id };
  const { data, error, refresh } = useData(ConsoleDefinitionGraphDocument, variables);
  const text = data?.workflowGraph?.text;
  const graph = useMemo(() => (text === undefined ? undefined : (JSON.parse(text) as Parsed)), [text]);
  return (
    <Panel title={`Graph of revision ${revision}`} padded={false}>
      <ErrorNote error={error} onRetry={refresh} />
      {graph === undefined && error === undefined && <Skeleton label="Loading the graph" rows={6} />}
      {graph && (
        <Graph
          {...graph}
          onOpen={(name) => {
            const label = graph.nodes.find((node) => node.name === name)?.label ?? '';
            const workflow = kind === 'Pipeline' ? label.split(': ')[1] : undefined;
            if (workflow !== undefined) navigate(`/definitions?kind=workflows&name=${encodeURIComponent(workflow)}`);
          }}
        />
      )}
    </Panel>
  );
}
