import { Refusal } from '../../kernel/errors';
import type { Report } from './shape';
import { locate, type SourceNode, type TemplatePlace } from './sourceTree';
import { type DefinitionError, isWarning } from './validationRules';

const MAX_ERRORS = 500;

/** Stops the checks of a source once it has more errors than anybody reads, because finding them takes time. */
class TooManyErrors extends Error {}

/** Errors and warnings of a source. */
export class Problems {
  private readonly errors: DefinitionError[] = [];
  private readonly warned: DefinitionError[] = [];

  constructor(errors: readonly DefinitionError[] = []) {
    this.errors.push(...errors.filter(({ rule }) => !isWarning(rule)));
    this.warned.push(...errors.filter(({ rule }) => isWarning(rule)).slice(0, MAX_ERRORS));
  }

  get none(): boolean {
    return this.errors.length === 0;
  }

  get count(): number {
    return this.errors.length;
  }

  /** Reports problems of one document. */
  of(root: SourceNode, index: number): Report {
    return (rule, steps, message, at) => {
      const place = locate(root, steps);
      const { line, column, template } = at ?? place.at;
      const path = `documents[${index}]${place.text}`;
      const found =
        template === undefined
          ? { path, line, column, rule, message }
          : { path, line, column, rule, message: `${message} ${inTemplate(template)}`, template };
      if (isWarning(rule)) {
        if (this.warned.length < MAX_ERRORS) this.warned.push(found);
        return;
      }
      if (this.errors.length >= MAX_ERRORS) throw new TooManyErrors();
      this.errors.push(found);
    };
  }

  /** Runs checks until there are too many errors. */
  collect(find: () => void): void {
    try {
      find();
    } catch (error) {
      if (!(error instanceof TooManyErrors)) throw error;
    }
  }

  /** Sorted by position in the text. */
  get inOrder(): { readonly errors: readonly DefinitionError[]; readonly warnings: readonly DefinitionError[] } {
    return { errors: [...this.errors].sort(byPlace), warnings: [...this.warned].sort(byPlace) };
  }

  refuseIfAny(): void {
    const [first] = this.errors;
    if (first === undefined) return;
    const { errors } = this.inOrder;
    const [shown = first] = errors;
    const where = shown.line === null ? '' : ` (line ${shown.line})`;
    const count =
      errors.length === 1 ? 'an error' : `${errors.length >= MAX_ERRORS ? 'at least ' : ''}${errors.length} errors`;
    throw new Refusal('INVALID_DEFINITION', `The definition has ${count}. ${shown.path}${where}: ${shown.message}`, {
      errors,
    });
  }
}

const inTemplate = ({ name, line, column }: TemplatePlace): string =>
  `(Line ${line}, column ${column} of the template "${name}".)`;

const byPlace = (a: DefinitionError, b: DefinitionError): number =>
  (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
