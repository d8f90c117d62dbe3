import type { SourceNode } from './sourceTree';
import type { DefinitionError } from './validationRules';

/** A source as documents, before anything is known of what they mean. */
export interface ReadDocuments {
  /** Empty documents are left out: a source may begin or end with `---`. */
  readonly documents: readonly SourceNode[];
  readonly errors: readonly DefinitionError[];
  /** Every document could be read, whatever is wrong with it. */
  readonly complete: boolean;
}
