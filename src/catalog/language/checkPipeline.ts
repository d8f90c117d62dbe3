import { literalReferences } from './environmentValues';
import { didYouMean } from '../../kernel/didYouMean';
import type { PipelineDefinition, WorkflowElement } from './pipeline';
import { artifactSource } from './artifactSource';
import { GIVEN_ENVIRONMENT, type WorkflowDefinition } from './workflow';
import { checkSkipConditions } from './checkSkipConditions';
import { type Complain, checkVariables } from './checkVariables';
import type { Catalog } from './checkWorkflow';
import type { VariableDefinition } from './definition';
import type { Path } from './sourceTree';
import { referencesIn, valueProblems } from './variables';

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
  checkSkipConditions(definition, variables, complain);
  const earlier = new Set<string>();
  definition.stages.forEach(({ elements }, stage) => {
    elements.forEach((element, index) => {
      if (element.type !== 'WORKFLOW') return;
      const path = ['stages', stage, 'elements', index];
      const check = new ElementCheck(element, path, catalog, complain);
      check.references();
      check.values(variables);
      check.asked(variables);
      check.artifacts(earlier);
    });
    for (const element of elements) if (element.type === 'WORKFLOW') earlier.add(element.workflow);
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

class ElementCheck {
  /** undefined if there is none, or if it has errors. */
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
      const message = `There is no environment "${environment}"${hint}.`;
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
  values(pipeline: ReadonlySet<string> | null): void {
    const given = this.element.variables;
    for (const [name, value] of Object.entries(given)) {
      const path = [...this.path, 'variables', name];
      const references = referencesIn(value);
      for (const reference of pipeline === null ? [] : references.filter((one) => !pipeline.has(one))) {
        const message = `The pipeline has no variable "${reference}"${didYouMean(reference, [...(pipeline ?? [])])}.`;
        this.complain('UNKNOWN_PIPELINE_VARIABLE', path, message);
      }
      for (const other of literalReferences(value, false).filter((one) => pipeline?.has(one))) {
        const message = `$${other} is not replaced here. For the value, write \${${other}}.`;
        this.complain('LITERAL_REFERENCE', path, message);
      }
      this.value(name, value, references.length === 0, path);
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

  /** Files of other workflows must exist when a workflow starts, so an earlier stage has to make them. */
  artifacts(earlier: ReadonlySet<string>): void {
    const { workflow } = this;
    if (workflow === undefined) return;
    const told = new Set<string>();
    for (const [name, { artifacts }] of Object.entries(workflow.tasks)) {
      for (const from of artifacts.from) {
        const source = artifactSource(from, workflow.tasks);
        if (source.workflow === null || earlier.has(source.workflow) || told.has(source.workflow)) continue;
        told.add(source.workflow);
        const message =
          `The workflow "${this.element.workflow}" takes files from the workflow "${source.workflow}" ` +
          `(in its task "${name}"), but no earlier stage runs that workflow.`;
        this.complain('ARTIFACT_SOURCE_NOT_EARLIER', this.path, message);
      }
    }
  }
}
