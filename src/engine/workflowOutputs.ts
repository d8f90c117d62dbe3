import { partsOf } from '../catalog/language/outputReferences';
import type { WorkflowElement } from '../catalog/language/pipeline';
import type { WorkflowDefinition } from '../catalog/language/workflow';

/**
 * Outputs of a workflow: texts composed of variables that its tasks have set, and of its inputs. An output with a
 * missing variable has no value.
 */
export function outputsOf(
  { outputs }: Pick<WorkflowDefinition, 'outputs'>,
  given: Readonly<Record<string, string>>,
  set: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [name, text] of Object.entries(outputs)) {
    const parts = partsOf(text).map((part) => {
      if (part.is === 'VARIABLE') return set.get(part.name) ?? given[part.name];
      return part.text;
    });
    if (parts.every((part) => part !== undefined)) values.set(name, parts.join(''));
  }
  return values;
}

/** Results of an element's workflow for later stages. */
export interface ElementResults {
  readonly variables: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<string, string>;
}

export const NO_RESULTS: ElementResults = { variables: new Map(), outputs: new Map() };

/** Variables of an element whose values come from earlier stages. */
export const laterVariables = (element: WorkflowElement): string[] =>
  Object.keys(element.variables).filter((name) =>
    partsOf(element.variables[name] ?? '').some(({ is }) => is === 'OUTPUT'),
  );
