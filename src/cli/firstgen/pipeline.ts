import { type FirstGenFile, type Mapping, mapping, mappings, type Report, textOf } from './source';
import { conditionOf, duration, resourceName, type Texts, variableName } from './texts';
import { approvalOf, EVERYWHERE, type Known } from './workflow';

interface Workflow {
  readonly isTemplated: boolean;
  readonly variables: ReadonlySet<string>;
  readonly services: ReadonlySet<string>;
}

export function pipelineDocument(
  { parts, content }: FirstGenFile,
  known: Known & { readonly workflows: ReadonlyMap<string, Workflow> },
  report: Report,
): Mapping {
  const variables = new Set<string>();
  const names = new Set<string>();
  const stages: { name?: string; elements: Mapping[] }[] = [];
  for (const [index, stage] of mappings(content.pipelineStages).entries()) {
    const at = `pipelineStages[${index}]`;
    const element = elementOf(stage, at, { known, variables, names, report });
    if (element === undefined) continue;
    const last = stages.at(-1);
    if (stage.parallel === true && last !== undefined) last.elements.push(element);
    else stages.push({ ...stageName(stage, stages), elements: [element] });
  }
  if (stages.length === 0) {
    report('pipelineStages', 'No stage of the pipeline can be imported, so it only requests an approval.');
    stages.push({ elements: [{ name: 'empty', approval: { approvers: [EVERYWHERE] } }] });
  }
  return {
    kind: 'Pipeline',
    application: known.application,
    name: resourceName(parts.at(-1) ?? ''),
    ...(content.description ? { description: textOf(content.description) } : {}),
    ...(variables.size > 0 && { variables: [...variables].map((name) => ({ name })) }),
    stages,
  };
}

/** FirstGen names stages by their position, unless somebody named one. */
function stageName(stage: Mapping, stages: readonly { readonly name?: string }[]): { name?: string } {
  const given = textOf(stage.stageName) || textOf(mapping(stage.properties).stageName);
  const name = given === '' || /^STAGE \d+$/.test(given) ? '' : resourceName(given);
  return name === '' || stages.some((one) => one.name === name) ? {} : { name };
}

interface Building {
  readonly known: Known & { readonly workflows: ReadonlyMap<string, Workflow> };
  readonly variables: Set<string>;
  readonly names: Set<string>;
  readonly report: Report;
}

function elementOf(stage: Mapping, at: string, building: Building): Mapping | undefined {
  const { known, names, report } = building;
  const skip = skipOf(stage, at, building);
  if (skip === null) return undefined;
  const name = unusedName(resourceName(textOf(stage.name)), names);
  const common = { name, ...(skip !== undefined && { skip_condition: skip }) };
  if (textOf(stage.type) === 'APPROVAL') {
    return { ...common, approval: approvalOf(mapping(stage.properties), `${at}.properties`, report) };
  }
  const workflow = resourceName(textOf(stage.workflowName));
  const definition = known.workflows.get(workflow);
  if (definition === undefined) {
    report(
      `${at}.workflowName`,
      `The folder has no workflow "${textOf(stage.workflowName)}", so the stage is left out.`,
    );
    return undefined;
  }
  return { ...common, workflow, ...valuesOf(stage, at, definition, building), ...askedOf(stage, definition) };
}

/** Null if the stage never runs. */
function skipOf(stage: Mapping, at: string, { known, report }: Building): string | null | undefined {
  const { type, expression } = mapping(stage.skipCondition);
  if (textOf(type) === 'ALWAYS_SKIP') {
    report(`${at}.skipCondition`, 'The stage is always skipped, so it is left out.');
    return null;
  }
  if (textOf(type) !== 'CONDITIONAL_SKIP') return undefined;
  const texts: Texts = { application: known.application, report, onSecret: () => undefined };
  const condition = conditionOf(textOf(expression), texts);
  if (condition !== undefined) return condition;
  report(`${at}.skipCondition`, `The condition "${textOf(expression)}" has no counterpart; the stage always runs.`);
  return undefined;
}

function valuesOf(stage: Mapping, at: string, workflow: Workflow, { known, variables, report }: Building): Mapping {
  const found: { environment?: string; services: string[]; values: Record<string, string> } = {
    services: [],
    values: {},
  };
  for (const [index, given] of mappings(stage.workflowVariables).entries()) {
    const path = `${at}.workflowVariables[${index}]`;
    const { name, entityType } = given;
    const value = textOf(given.value);
    const reference = /^\$\{([\w-]+)\}$/.exec(value)?.[1];
    switch (textOf(entityType)) {
      case 'ENVIRONMENT':
        if (workflow.isTemplated && known.environments.has(resourceName(value)))
          found.environment = resourceName(value);
        else if (workflow.isTemplated)
          report(path, `The environment "${value}" is not in the folder, so the start must provide one.`);
        break;
      case 'SERVICE':
        if (workflow.services.has(resourceName(value))) found.services.push(resourceName(value));
        else report(path, `The workflow does not deploy the service "${value}".`);
        break;
      case '': {
        const plain = variableName(textOf(name));
        if (!workflow.variables.has(plain)) report(path, `The workflow has no variable "${textOf(name)}".`);
        else if (reference === undefined) found.values[plain] = value;
        else {
          variables.add(variableName(reference));
          found.values[plain] = `\${${variableName(reference)}}`;
        }
        break;
      }
      default:
        report(path, `${textOf(entityType)} has no counterpart: agents and their labels decide where commands run.`);
    }
  }
  return {
    ...(found.environment !== undefined && { environment: found.environment }),
    ...(found.services.length > 0 && { services: found.services }),
    ...(Object.keys(found.values).length > 0 && { variables: found.values }),
  };
}

function askedOf(stage: Mapping, workflow: Workflow): Mapping {
  const { runtimeInputVariables, timeout, timeoutAction } = mapping(stage.runtimeInputs);
  const asked = Array.isArray(runtimeInputVariables) ? runtimeInputVariables.map(textOf).map(variableName) : [];
  const variables = asked.filter((name) => workflow.variables.has(name));
  if (variables.length === 0) return {};
  const limit = duration(timeout);
  const continues = textOf(timeoutAction) === 'CONTINUE';
  return {
    runtime_inputs: { variables, ...(limit && { timeout: limit }), ...(continues && { on_timeout: 'continue' }) },
  };
}

function unusedName(name: string, names: Set<string>): string {
  let one = name;
  for (let number = 2; names.has(one); number++) one = `${name} ${number}`;
  names.add(one);
  return one;
}
