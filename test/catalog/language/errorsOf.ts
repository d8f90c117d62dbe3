import { type ParsedSource, parseDefinitions } from '../../../src/catalog/language/parseDefinitions';
import type { DefinitionFormat } from '../../../src/catalog/language/readDocuments';
import { validateSource } from '../../../src/catalog/language/validateSource';
import type { DefinitionError } from '../../../src/catalog/language/validationRules';
import { Refusal } from '../../../src/kernel/errors';

/** Errors of a source as they leave the server, if nothing else exists. */
export function errorsOf(source: string, format: DefinitionFormat = 'YAML'): readonly DefinitionError[] {
  return refusedErrors(() => {
    const parsed = parseDefinitions({ source, format });
    validateSource(parsed, new Map());
    parsed.problems.refuseIfAny();
  });
}

export function refusedErrors(work: () => void): readonly DefinitionError[] {
  try {
    work();
  } catch (error) {
    return errorsIn(error);
  }
  return [];
}

export function errorsIn(error: unknown): readonly DefinitionError[] {
  if (error instanceof Refusal && error.code === 'INVALID_DEFINITION') {
    return error.details.errors as readonly DefinitionError[];
  }
  throw error;
}

/** Reads a valid source, and returns its first document. */
export function parsed(source: string, format: DefinitionFormat = 'YAML'): ParsedSource {
  const result = parseDefinitions({ source, format });
  result.problems.refuseIfAny();
  return result;
}
