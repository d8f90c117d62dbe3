import type { WorkflowDefinition } from './workflow';

/** Names that definitions of an application can refer to: existing ones, and those of the source. */
export interface Catalog {
  readonly environments: ReadonlySet<string>;
  readonly services: ReadonlySet<string>;
  /** Null: the source defines it, but with errors, so only its name is known. */
  readonly workflows: ReadonlyMap<string, WorkflowDefinition | null>;
}
