import { literalReferences } from './environmentValues';
import { didYouMean } from '../../kernel/didYouMean';
import type { PipelineDefinition, WorkflowElement } from './pipeline';
import { type ArtifactSource, artifactSource, leavesFiles } from './artifactSource';
import { GIVEN_ENVIRONMENT, type WorkflowDefinition } from './workflow';
import { checkSkipConditions } from './checkSkipConditions';
import { type Complain, checkVariables } from './checkVariables';
import { checkConcurrency } from './concurrency';
import type { Catalog } from './knownNames';
import type { VariableDefinition } from './definition';
import type { Path } from './sourceTree';
import type { ValidationRule, ValidationWarning } from './validationRules';
import { type EarlierElement, outputProblem } from './checkOutputReference';
import { textsIn } from './messageExpressions';
import { partsOf, REFERENCE_FORMS } from './outputReferences';
import { valueProblems } from './variables';

/** Parts of a pipeline that could not be read. References to them are not checked. */
export interface PipelineGaps {
  readonly variables: boolean;
}

/** Checks a pipeline as a whole, and with the workflows that it uses. */
export function checkPipeline(
  definition: PipelineDefinition,
  catalog: Catalog,
  complain: Complain,
  gaps: PipelineGaps = { variables: false },
): void {
  checkVariables(definition.variables, complain);
  checkNames(definition, complain);
  const variables = gaps.variables ? null : new Set(definition.variables.map((variable) => variable.name));
  if (variables !== null) {
    checkConcurrency(definition.concurrency, variables, 'UNKNOWN_PIPELINE_VARIABLE', complain);
  }
  checkSkipConditions(definition, variables, catalog.workflows, complain);
  const earlier: EarlierElement[] = [];
  definition.stages.forEach(({ name: stageName, elements }, stage) => {
    elements.forEach((element, index) => {
      const path = ['stages', stage, 'elements', index];
      const references = new ReferenceCheck(variables, earlier, catalog, complain);
      if (element.type === 'APPROVAL') {
        const approval = [...path, 'approval'];
        for (const { text } of textsIn(element.message ?? '')) references.check(text, [...approval, 'message']);
        for (const [entry, one] of element.not.entries())
          references.check(one, [...approval, 'approvals', 'not', entry]);
        return;
      }
      const check = new ElementCheck(element, path, catalog, complain);
      check.references();
      check.values(variables, references);
      check.asked(variables);
      check.artifacts(earlier);
    });
    earlier.push(...elements.map((element) => ({ stage: stageName, element })));
  });
}

function checkNames({ stages }: PipelineDefinition, complain: Complain): void {
  const stageNames = new Set<string>();
  const elementNames = new Set<string>();
  stages.forEach((stage, index) => {
    if (stage.name !== '' && stageNames.has(stage.name)) {
      complain(
        'DUPLICATE_NAME',
        ['stages', index, 'name'],
        `The stage name "${stage.name}" is used twice. Rename one of the stages.`,
      );
    }
    stageNames.add(stage.name);
    stage.elements.forEach(({ name }, position) => {
      if (name !== '' && elementNames.has(name)) {
        const path = ['stages', index, 'elements', position, 'name'];
        complain(
          'DUPLICATE_NAME',
          path,
          `The element name "${name}" is used twice in this pipeline. Rename one of the elements.`,
        );
      }
      elementNames.add(name);
    });
  });
}

/** Checks references to variables of the pipeline and to outputs of earlier stages. */
class ReferenceCheck {
  constructor(
    /** Null if the variables are unknown. */
    private readonly variables: ReadonlySet<string> | null,
    private readonly earlier: readonly EarlierElement[],
    private readonly catalog: Catalog,
    private readonly complain: Complain,
  ) {}

  check(value: string, path: Path): void {
    for (const part of partsOf(value)) {
      if (part.is === 'VARIABLE' && this.variables?.has(part.name) === false) {
        const message = `The pipeline has no variable "${part.name}"${didYouMean(part.name, [...this.variables])}.`;
        this.complain('UNKNOWN_PIPELINE_VARIABLE', path, message);
      } else if (part.is === 'MALFORMED') {
        this.complain('UNKNOWN_NAME', path, `"${part.text}" is not a reference; write ${REFERENCE_FORMS}.`);
      } else if (part.is === 'OUTPUT') {
        const problem = outputProblem(part, this.earlier, this.catalog.workflows);
        if (problem !== undefined) this.complain(problem.rule, path, `${part.text}: ${problem.message}.`);
      }
    }
  }
}

class ElementCheck {
  /** Undefined if there is none, or if it has errors. */
  private readonly workflow: WorkflowDefinition | undefined;

  constructor(
    private readonly element: WorkflowElement,
    private readonly path: Path,
    private readonly catalog: Catalog,
    private readonly complain: Complain,
  ) {
    this.workflow = catalog.workflows.get(element.workflow) ?? undefined;
  }

  references(): void {
    const { workflow, environment } = this.element;
    const { workflows, environments } = this.catalog;
    if (workflow !== '' && !workflows.has(workflow)) {
      const hint = didYouMean(workflow, [...workflows.keys()]);
      this.complain('UNKNOWN_WORKFLOW', [...this.path, 'workflow'], `There is no workflow "${workflow}"${hint}.`);
    }
    if (environment !== null && environment !== '' && !environments.has(environment)) {
      const hint = didYouMean(environment, [...environments]);
      const message = `Environment "${environment}" does not exist${hint}.`;
      this.complain('UNKNOWN_ENVIRONMENT', [...this.path, 'environment'], message);
    }
    this.environment();
    this.services();
  }

  private environment(): void {
    const { workflow, environment } = this.element;
    const own = this.workflow?.environment;
    if (own === undefined) return;
    if (own === GIVEN_ENVIRONMENT) {
      if (environment !== null) return;
      const message = `The workflow "${workflow}" leaves its environment to the element. Add "environment".`;
      this.complain('ENVIRONMENT_MISSING', this.path, message);
    } else if (environment !== null && environment !== own) {
      const reason = own === null ? 'has no environment' : `always uses the environment "${own}"`;
      const message = `The workflow "${workflow}" ${reason}, so "${environment}" can’t be given.`;
      this.complain('ENVIRONMENT_FIXED', [...this.path, 'environment'], message);
    }
  }

  private services(): void {
    this.element.services?.forEach((service, index) => {
      const path = [...this.path, 'services', index];
      if (service === '') return;
      if (!this.catalog.services.has(service)) {
        const hint = didYouMean(service, [...this.catalog.services]);
        this.complain('UNKNOWN_SERVICE', path, `There is no service "${service}"${hint}.`);
      } else if (this.workflow && !this.workflow.services.includes(service)) {
        const message = `The workflow "${this.element.workflow}" does not deploy the service "${service}".`;
        this.complain('SERVICE_NOT_DEPLOYED', path, message);
      }
    });
  }

  /** `pipeline` has the names of the pipeline’s variables; null if they are unknown. */
  values(pipeline: ReadonlySet<string> | null, references: ReferenceCheck): void {
    const given = this.element.variables;
    for (const [name, value] of Object.entries(given)) {
      const path = [...this.path, 'variables', name];
      references.check(value, path);
      for (const other of literalReferences(value, false).filter((one) => pipeline?.has(one))) {
        const message = `$${other} is not replaced here. For the value, write \${${other}}.`;
        this.complain('LITERAL_REFERENCE', path, message);
      }
      this.value(
        name,
        value,
        partsOf(value).every(({ is }) => is === 'TEXT'),
        path,
      );
    }
    for (const variable of this.workflow?.variables ?? []) {
      const { name } = variable;
      if (this.comes(variable, pipeline) || this.element.runtimeInputs?.variables.includes(name)) continue;
      const message = `The workflow "${this.element.workflow}" requires a value for "${name}". Add it to "variables".`;
      this.complain('MISSING_VALUE', this.path, message);
    }
  }

  /** True if a variable of the workflow has a value at the start, or needs none. */
  private comes({ name, required, defaultValue }: VariableDefinition, pipeline: ReadonlySet<string> | null): boolean {
    if (!required || defaultValue !== null) return true;
    return Object.hasOwn(this.element.variables, name) || (pipeline?.has(name) ?? true);
  }

  /** Checks the runtime inputs. */
  asked(pipeline: ReadonlySet<string> | null): void {
    const { runtimeInputs, workflow } = this.element;
    if (this.workflow === undefined || runtimeInputs === null) return;
    const path = [...this.path, 'runtimeInputs'];
    for (const name of new Set(runtimeInputs.variables)) {
      const variable = this.workflow.variables.find((one) => one.name === name);
      if (variable === undefined) {
        const names = this.workflow.variables.map((one) => one.name);
        const message = `The workflow "${workflow}" has no variable "${name}"${didYouMean(name, names)}.`;
        this.complain('UNKNOWN_VARIABLE', path, message);
      } else if (variable.fixed) {
        const message = `The variable "${name}" of the workflow "${workflow}" is fixed, so it can’t be asked for.`;
        this.complain('FIXED_VARIABLE', path, message);
      } else if (runtimeInputs.onTimeout === 'continue' && !this.comes(variable, pipeline)) {
        const message = `"${name}" is required and has no default, so "on_timeout: continue" could not continue without it.`;
        this.complain('RUNTIME_INPUT_WITHOUT_DEFAULT', path, message);
      }
    }
  }

  private value(name: string, value: string, constant: boolean, path: Path): void {
    if (this.workflow === undefined) return;
    const variable = this.workflow.variables.find((one) => one.name === name);
    if (variable === undefined) {
      const names = this.workflow.variables.map((one) => one.name);
      const message = `The workflow "${this.element.workflow}" has no variable "${name}"${didYouMean(name, names)}.`;
      this.complain('UNKNOWN_VARIABLE', path, message);
    } else if (variable.fixed) {
      const message = `The variable "${name}" of the workflow "${this.element.workflow}" is fixed, so no value can be given.`;
      this.complain('FIXED_VARIABLE', path, message);
    } else if (constant) {
      const [problem] = valueProblems(variable, value);
      if (problem) this.complain(problem.rule, path, problem.message);
    }
  }

  /** Files of other workflows must exist when a workflow starts, so an earlier stage has to produce them. */
  artifacts(earlier: readonly EarlierElement[]): void {
    const { workflow } = this;
    if (workflow === undefined) return;
    const told = new Set<string>();
    for (const [name, { artifacts }] of Object.entries(workflow.tasks)) {
      for (const from of artifacts.from) {
        const source = artifactSource(from, workflow.tasks);
        if (source.in === 'WORKFLOW') continue;
        const [rule, problem] = this.sourceProblem(source, earlier) ?? [];
        if (rule === undefined || told.has(problem ?? '')) continue;
        told.add(problem ?? '');
        const taker = `The workflow "${this.element.workflow}" takes files from`;
        this.complain(rule, this.path, `${taker} ${problem} (in its task "${name}").`);
      }
    }
  }

  private sourceProblem(
    source: Exclude<ArtifactSource, { in: 'WORKFLOW' }>,
    earlier: readonly EarlierElement[],
  ): readonly [ValidationRule | ValidationWarning, string] | undefined {
    if (source.in === 'RUN') {
      const { workflow } = source;
      const runs = earlier.filter(({ element }) => element.type === 'WORKFLOW' && element.workflow === workflow);
      const [one, other] = runs.map(({ element }) => element.name);
      if (one === undefined)
        return ['ARTIFACT_SOURCE_NOT_EARLIER', `the workflow "${workflow}", but no earlier stage runs that workflow`];
      if (other === undefined) return undefined;
      const message = `the workflow "${workflow}", which the elements "${one}" and "${other}" run; of two files with one name it gets the newer. Name one of them: from: { element: ${one} }`;
      return ['AMBIGUOUS_ARTIFACT_SOURCE', message];
    }
    const { stage, element: name, task } = source;
    const named = earlier.filter(
      (one) => (stage === null || one.stage === stage) && (name === null || one.element.name === name),
    );
    const workflows = named.flatMap(({ element }) => (element.type === 'WORKFLOW' ? [element.workflow] : []));
    const where = [stage && `the stage "${stage}"`, name && `the element "${name}"`].filter(Boolean).join(', ');
    if (workflows.length === 0) {
      const known = earlier.map((one) => (name === null ? one.stage : one.element.name));
      const why =
        named.length > 0 ? 'runs no workflow' : `is in no earlier stage${didYouMean(name ?? stage ?? '', known)}`;
      return ['ARTIFACT_SOURCE_NOT_EARLIER', `${where}, which ${why}`];
    }
    const hasTask = (workflow: string) => {
      const definition = this.catalog.workflows.get(workflow);
      return definition == null || leavesFiles(task ?? '', definition.tasks);
    };
    if (task === null || workflows.some(hasTask)) return undefined;
    return ['UNKNOWN_ARTIFACT_SOURCE', `the task "${task}" of ${where}, which has no such task`];
  }
}
