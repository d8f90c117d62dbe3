interface RunOfDefinition {
  readonly __typename?: string;
  readonly pipeline?: { readonly name: string } | null;
  readonly workflow?: { readonly name: string } | null;
}

/** In place of a name that the API does not give. It doesn't tell a deleted object from one that the reader may not see. */
export const unnamed = (kind: 'application' | 'pipeline' | 'workflow' | 'service'): string =>
  `${kind} (deleted or hidden from you)`;

/** Name of the pipeline or workflow that a run is of, as far as the reader may see it. */
export const definitionName = ({ __typename, pipeline, workflow }: RunOfDefinition): string =>
  pipeline?.name ?? workflow?.name ?? unnamed(__typename === 'WorkflowExecution' ? 'workflow' : 'pipeline');
