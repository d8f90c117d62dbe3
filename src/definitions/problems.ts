import { Refusal } from '../refusal';
import type { Report } from './decoders';
import { locate, type SourceNode } from './sourceTree';
import type { DefinitionError } from './validationRules';

const MAX_ERRORS = 500;

/** Stops the checks of a source that has more errors than anybody reads: finding each of them costs time. */
class TooManyErrors extends Error {}

/** The errors of a source, in its order. */
export class Problems {
  private readonly errors: DefinitionError[] = [];

  constructor(errors: readonly DefinitionError[] = []) {
    this.errors.push(...errors);
  }

  get none(): boolean {
    return this.errors.length === 0;
  }

  get count(): number {
    return this.errors.length;
  }

  /** For errors of one document. */
  of(root: SourceNode, index: number): Report {
    return (rule, path, message, at) => {
      const place = locate(root, path);
      const { line, column } = at ?? place.at;
      if (this.errors.length >= MAX_ERRORS) throw new TooManyErrors();
      this.errors.push({ path: `documents[${index}]${place.text}`, line, column, rule, message });
    };
  }

  /** Does what finds errors, as far as that makes sense. */
  collect(find: () => void): void {
    try {
      find();
    } catch (error) {
      if (!(error instanceof TooManyErrors)) throw error;
    }
  }

  refuseIfAny(): void {
    const [first] = this.errors;
    if (first === undefined) return;
    const errors = [...this.errors].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
    const [shown = first] = errors;
    const where = shown.line === null ? '' : ` (line ${shown.line})`;
    const count =
      errors.length === 1 ? 'an error' : `${errors.length >= MAX_ERRORS ? 'at least ' : ''}${errors.length} errors`;
    throw new Refusal('INVALID_DEFINITION', `The definition has ${count}. ${shown.path}${where}: ${shown.message}`, {
      errors,
    });
  }
}
