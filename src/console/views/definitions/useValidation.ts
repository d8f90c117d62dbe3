import { useMemo } from 'react';
import { useData } from '../../data/hooks';
import { useSettled } from '../../data/settled';
import type { TextProblem } from '../../parts/editor/YamlEditor';
import { ConsoleValidationDocument } from './generated';

export interface Validation {
  readonly problems: readonly (TextProblem & { readonly path: string; readonly rule: string })[];
  /** True while the newest text has not been checked. */
  readonly checking: boolean;
  readonly error: ReturnType<typeof useData>['error'];
}

const TYPING_MS = 300;
const none: Validation['problems'] = [];

/** What the server finds in a text, some moments after one stopped typing. */
export function useValidation(source: string): Validation {
  const settled = useSettled(source, TYPING_MS);
  const { data, error, loading } = useData(ConsoleValidationDocument, { source: settled });
  const found = data?.validateDefinition;
  const problems = useMemo(() => {
    if (found === undefined) return none;
    const errors = found.errors.map((one) => ({ ...one, severity: 'error' as const }));
    return [...errors, ...found.warnings.map((one) => ({ ...one, severity: 'warning' as const }))];
  }, [found]);
  return { problems, checking: loading || settled !== source, error };
}
