/** A variable that a workflow or a pipeline declares. */
export interface VariableDefinition {
  readonly name: string;
  readonly type: 'string' | 'number' | 'boolean';
  readonly required: boolean;
  readonly defaultValue: string | null;
  readonly allowedValues: readonly string[] | null;
  readonly allowMultipleValues: boolean;
  /** Has its default, and nobody may give another value. */
  readonly fixed: boolean;
  readonly description: string | null;
}

/** What every workflow and pipeline row has. The definition itself is in its revisions. */
export interface DefinedEntity {
  readonly id: string;
  readonly applicationId: string;
  readonly name: string;
  readonly description: string | null;
  readonly currentRevisionId: string;
  readonly createdAt: Date;
  readonly createdBy: string | null;
  readonly updatedAt: Date;
  readonly deletedAt: Date | null;
}

/** An immutable version of a definition. */
export interface Revision<Definition> {
  readonly id: string;
  /** The workflow or pipeline that it is a revision of. */
  readonly entityId: string;
  /** From 1, without gaps, within the entity. */
  readonly number: number;
  /** SHA-256 (hex) of the definition's canonical JSON. */
  readonly contentHash: string;
  readonly definition: Definition;
  readonly createdAt: Date;
  readonly createdBy: string | null;
}
