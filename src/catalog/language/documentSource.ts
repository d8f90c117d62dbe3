import type { SourceNode } from './sourceTree';
import type { DefinitionError } from './validationRules';

/** Documents of a source, before they are interpreted. */
export interface ReadDocuments {
  /** Without empty documents: a source may start or end with `---`. */
  readonly documents: readonly SourceNode[];
  readonly errors: readonly DefinitionError[];
  /** True if every document could be read, with or without errors. */
  readonly complete: boolean;
  /** True for TOML without a `kind`, whose tool finds mistakes only when a task runs. */
  readonly isTaskGraph?: boolean;
}
