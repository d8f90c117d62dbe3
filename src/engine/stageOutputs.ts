import { type OutputReference, partsOf } from '../catalog/language/outputReferences';
import type { WorkflowElement } from '../catalog/language/pipeline';
import type { WorkflowDefinition } from '../catalog/language/workflow';
import type { Execution, StageExecution } from './execution';
import { valueErrors } from './resolveVariables';
import type { RunSlice } from './runSlice';
import { type ElementResults, laterVariables, outputsOf } from './workflowOutputs';

/** Results of these elements, by stage execution. Requires all facts together. */
export function resultsOfElements(
  run: RunSlice,
  stages: readonly StageExecution[],
): ReadonlyMap<string, ElementResults> {
  const ran = stages.flatMap((stage) => {
    const { workflowExecutionId: executionId, workflowRevisionId: revisionId } = stage;
    return executionId === null || revisionId === null ? [] : [{ stage, executionId, revisionId }];
  });
  run.require(
    ...ran.flatMap(({ executionId, revisionId }) => [
      { kind: 'variables' as const, key: executionId },
      { kind: 'workflow' as const, key: revisionId },
    ]),
  );
  const approved = stages.filter(({ kind, status }) => kind === 'APPROVAL' && status === 'SUCCESS');
  return new Map([
    ...approved.map((stage): [string, ElementResults] => [stage.id, approvalResults(stage)]),
    ...ran.map(({ stage, executionId, revisionId }): [string, ElementResults] => {
      const variables = new Map(run.variables(executionId).map(({ name, value }) => [name, value]));
      const outputs = outputsOf(run.fact('workflow', revisionId), stage.variables, variables);
      return [stage.id, { variables, outputs }];
    }),
  ]);
}

/** The values of its form, which the element keeps when it is approved. */
const approvalResults = ({ variables }: StageExecution): ElementResults => ({
  variables: new Map(),
  outputs: new Map(Object.entries(variables)),
});

/** Reason why an element can't begin: a reference has no value, or a value that its workflow does not accept. */
export interface Unfilled {
  readonly status: 'FAILED';
  readonly reasonCode: 'REFERENCE_UNFILLED' | 'BAD_VALUE';
  readonly reason: string;
}

/** Fills the references of elements that are about to begin, with the results of earlier stages. */
export class ElementFiller {
  private readonly stages: readonly StageExecution[];
  private readonly results: ReadonlyMap<string, ElementResults>;

  constructor(
    private readonly run: RunSlice,
    private readonly execution: Execution,
    texts: readonly string[],
  ) {
    const references = texts.flatMap((text) => partsOf(text)).filter((part) => part.is === 'OUTPUT');
    this.stages = references.length === 0 ? [] : run.elements(execution.id);
    const named = this.stages.filter((stage) => references.some((one) => one.element === stage.stepName));
    this.results = resultsOfElements(run, named);
  }

  text(text: string): { readonly value: string } | Unfilled {
    const filled: string[] = [];
    for (const part of partsOf(text)) {
      const [value, why] =
        part.is === 'OUTPUT'
          ? this.output(part)
          : part.is === 'VARIABLE'
            ? [this.execution.variables[part.name], 'the pipeline’s variable has no value']
            : [part.text, ''];
      if (value === undefined) {
        const name = part.is === 'VARIABLE' ? `\${${part.name}}` : part.is === 'OUTPUT' ? part.text : '';
        return { status: 'FAILED', reasonCode: 'REFERENCE_UNFILLED', reason: `${name} has no value: ${why}` };
      }
      filled.push(value);
    }
    return { value: filled.join('') };
  }

  /** Values of an element that only become known when it begins, except those that a person has given. */
  variables(
    stage: StageExecution,
    element: WorkflowElement,
  ): { readonly variables: Readonly<Record<string, string>> } | Unfilled {
    const values: Record<string, string> = {};
    const declared = laterVariables(element).length === 0 ? [] : this.definitionOf(stage).variables;
    for (const name of laterVariables(element)) {
      if (stage.answers !== null && Object.hasOwn(stage.answers.values, name)) continue;
      const filled = this.text(element.variables[name] ?? '');
      if ('status' in filled) return { ...filled, reason: `its variable ${name} can’t be filled: ${filled.reason}` };
      const variable = declared.find((one) => one.name === name);
      const [error] = variable === undefined ? [] : valueErrors(variable, filled.value);
      if (error !== undefined) {
        return { status: 'FAILED', reasonCode: 'BAD_VALUE', reason: `its variable ${name} ${error}` };
      }
      values[name] = filled.value;
    }
    return { variables: values };
  }

  private definitionOf({ workflowRevisionId }: StageExecution): WorkflowDefinition {
    return this.run.fact('workflow', workflowRevisionId ?? '');
  }

  private output({ stage, element, kind, name, otherwise }: OutputReference): [string | undefined, string] {
    const found = this.stages.find((one) => one.stepName === element && (stage === null || one.stageName === stage));
    const value = found && this.results.get(found.id)?.[kind].get(name);
    if (value !== undefined || otherwise !== null) return [value ?? otherwise ?? undefined, ''];
    if (found === undefined) return [undefined, `the run has no element "${element}"`];
    if (found.kind === 'APPROVAL' && found.status === 'SUCCESS') {
      return [undefined, `the approval "${element}" was given without it`];
    }
    if (found.workflowExecutionId === null) return [undefined, `the element "${element}" ended ${found.status}`];
    const declares = kind === 'variables' || Object.hasOwn(this.definitionOf(found).outputs, name);
    return [
      undefined,
      declares
        ? `no task of the element "${element}" has set it`
        : `the workflow of "${element}" as it ran has no such output`,
    ];
  }
}
