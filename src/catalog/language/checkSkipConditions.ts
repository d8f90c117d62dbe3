import { didYouMean } from '../../kernel/didYouMean';
import {
  checkCondition,
  checkMessage,
  declaredKinds,
  fieldKind,
  fieldProblem,
  type NameProblem,
  unknown,
} from './checkCondition';
import { type EarlierElement, outputProblem } from './checkOutputReference';
import type { Complain } from './checkVariables';
import type { Catalog } from './knownNames';
import type { Kind } from './conditionTypes';
import { CHANGED, type Reference } from './conditionValues';
import type { PipelineDefinition } from './pipeline';

/** Properties that a `skip_condition` can read from an earlier element or stage. */
const elementFields = ['status', 'reason_code', 'variables', 'outputs'];
const stageFields = ['status'];

/** Checks the `skip_condition` of every element, and the expressions in messages of approvals. `variables` are those of the pipeline; null if they are unknown. */
export function checkSkipConditions(
  { stages, variables: declared }: PipelineDefinition,
  variables: ReadonlySet<string> | null,
  workflows: Catalog['workflows'],
  complain: Complain,
): void {
  const kinds = declaredKinds(declared);
  const kindOf = (reference: Reference) => elementKind(reference, kinds);
  const earlier: EarlierNames = { steps: new Set(), stages: new Set(), elements: [], workflows };
  stages.forEach((stage, index) => {
    const problemOf = (reference: Reference) => elementProblem(reference, earlier, variables);
    stage.elements.forEach((element, position) => {
      const path = ['stages', index, 'elements', position];
      if (element.skipCondition !== null)
        checkCondition(element.skipCondition, [...path, 'skipCondition'], complain, problemOf, kindOf);
      if (element.type === 'APPROVAL')
        checkMessage(element.message ?? '', [...path, 'approval', 'message'], complain, { problemOf, kindOf });
    });
    earlier.stages.add(stage.name);
    for (const element of stage.elements) {
      earlier.steps.add(element.name);
      earlier.elements.push({ stage: stage.name, element });
    }
  });
}

function elementKind({ path }: Reference, kinds: ReadonlyMap<string, Kind>): Kind {
  const [root = '', second = '', third, fourth] = path;
  const field = root === 'stages' && fourth !== undefined ? fourth : third;
  if (root === CHANGED) return 'boolean';
  if (root === 'steps' || root === 'stages') return fieldKind(field);
  return kinds.get(root === 'vars' ? second : root) ?? 'given';
}

interface EarlierNames {
  readonly steps: Set<string>;
  readonly stages: Set<string>;
  readonly elements: EarlierElement[];
  readonly workflows: Catalog['workflows'];
}

function elementProblem(
  reference: Reference,
  earlier: EarlierNames,
  variables: ReadonlySet<string> | null,
): NameProblem | undefined {
  const [root = '', second, third, fourth, fifth] = reference.path;
  if (root === CHANGED) {
    const message = '"changed" belongs to the "if" of a task, which comes after a task with a checkout';
    return { rule: 'NO_CHECKOUT', message };
  }
  if (root === 'steps' && second !== undefined && third === 'outputs' && fourth !== undefined) {
    const output = { stage: null, element: second, kind: third, name: fourth } as const;
    return outputProblem(output, earlier.elements, earlier.workflows);
  }
  if (root === 'stages' && second !== undefined && third !== undefined && fifth !== undefined) {
    if (fourth === 'outputs' || fourth === 'variables')
      return outputProblem(
        { stage: second, element: third, kind: fourth, name: fifth },
        earlier.elements,
        earlier.workflows,
      );
  }
  if (root === 'steps' || root === 'stages') {
    const [fields, known, what] =
      root === 'steps' ? [elementFields, earlier.steps, 'element'] : [stageFields, earlier.stages, 'stage'];
    return fieldProblem(reference, fields, (name) =>
      known.has(name)
        ? undefined
        : `no earlier stage ${what === 'stage' ? 'is' : 'has an element'} "${name}"${didYouMean(name, [...known])}`,
    );
  }
  const name = root === 'vars' ? second : root;
  if (name === undefined) return unknown('"vars" needs the name of a variable: vars.NAME');
  if (variables === null || variables.has(name)) return undefined;
  if (reference.asked && root === 'vars' && reference.path.length === 2) return undefined;
  return unknown(`the pipeline has no variable "${name}"${didYouMean(name, [...variables])}`);
}
