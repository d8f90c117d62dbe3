interface RunOfDefinition {
  readonly pipeline?: { readonly name: string } | null;
  readonly workflow?: { readonly name: string } | null;
}

/** Name of the pipeline or workflow that a run is of, as far as the reader may see it. */
export const definitionName = ({ pipeline, workflow }: RunOfDefinition): string =>
  pipeline?.name ?? workflow?.name ?? 'deleted or hidden definition';
