import { didYouMean } from '../../kernel/didYouMean';
import { type NameProblem, unknown } from './checkCondition';
import type { Catalog } from './knownNames';
import { registeredBy } from './matrix';
import type { OutputReference } from './outputReferences';
import type { StageElement } from './pipeline';

/** An element of a stage before the one that is checked. */
export interface EarlierElement {
  readonly stage: string;
  readonly element: StageElement;
}

/** Problem with an output of an earlier element, as far as it is known before anything runs. */
export function outputProblem(
  { stage, element: name, kind, name: output }: Pick<OutputReference, 'stage' | 'element' | 'kind' | 'name'>,
  earlier: readonly EarlierElement[],
  workflows: Catalog['workflows'],
): NameProblem | undefined {
  const found = earlier.find((one) => one.element.name === name && (stage === null || one.stage === stage));
  if (found === undefined) {
    const there = earlier.filter((one) => stage === null || one.stage === stage);
    if (stage !== null && there.length === 0) {
      return unknown(
        `no earlier stage is "${stage}"${didYouMean(stage, [...new Set(earlier.map((one) => one.stage))])}`,
      );
    }
    const where = stage === null ? 'no earlier stage' : `the stage "${stage}"`;
    const names = there.map((one) => one.element.name);
    return unknown(`${where} has ${stage === null ? 'an' : 'no'} element "${name}"${didYouMean(name, names)}`);
  }
  const { element } = found;
  if (element.type === 'APPROVAL') {
    if (kind === 'variables') return unknown(`"${name}" is an approval, which has no variables`);
    const inputs = element.inputs.map((one) => one.name);
    if (inputs.includes(output)) return undefined;
    return unknown(`the approval "${name}" has no input "${output}"${didYouMean(output, inputs)}`);
  }
  const definition = workflows.get(element.workflow);
  if (definition == null) return undefined;
  const { outputs, tasks } = definition;
  if (kind === 'outputs') {
    if (Object.hasOwn(outputs, output)) return undefined;
    const hint = didYouMean(output, Object.keys(outputs));
    return unknown(`the workflow "${element.workflow}" declares no output "${output}"${hint}`);
  }
  const registered = Object.entries(tasks).flatMap(([task, one]) => registeredBy(task, one));
  if (registered.includes(output)) return undefined;
  const message = `no task of the workflow "${element.workflow}" registers "${output}"${didYouMean(output, registered)}`;
  return { rule: 'UNSURE_NAME', message };
}
