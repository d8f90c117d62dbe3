import { readValue } from './expressions';
import type { WorkflowDefinition } from './workflow';
import { CHANGED } from './conditionValues';

/** Patterns of all `changed(…)` in a workflow, which its checkouts have to answer. */
export const changePatterns = ({ tasks }: WorkflowDefinition): string[] => [
  ...new Set(Object.values(tasks).flatMap(({ condition }) => (condition === null ? [] : patternsIn(condition)))),
];

/** Patterns of `changed(…)` in a condition. */
export function patternsIn(condition: string): string[] {
  if (!condition.includes('changed')) return [];
  const expression = readValue(condition);
  if (!('decide' in expression)) return [];
  return expression.references.flatMap(({ path: [root, pattern] }) =>
    root === CHANGED && pattern !== undefined ? [pattern] : [],
  );
}
