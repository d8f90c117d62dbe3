import { pipelineDocument } from './pipeline';
import { type FirstGenFile, type Mapping, mappings, type Remark, type Report, textOf } from './source';
import { resourceName, variableName } from './texts';
import { type Startable, triggerDocument } from './trigger';
import { GIVEN, type Known, workflowDocument } from './workflow';

/** Documents of one FirstGen application, in an order that reads well. */
export function documentsOf(name: string, files: readonly FirstGenFile[], remarks: Remark[]): Mapping[] {
  const application = resourceName(name);
  const reportOn =
    ({ path: file }: FirstGenFile): Report =>
    (path, reason) =>
      remarks.push({ file, path, reason });
  const of = (kind: string): readonly FirstGenFile[] => files.filter((file) => kindOf(file) === kind);
  for (const file of of('other')) reportOn(file)('', reasonFor(file));

  const serviceVariables = new Map<string, Record<string, string>>();
  const services = of('service').map((file) => {
    const service = resourceName(file.parts[1] ?? '');
    serviceVariables.set(service, valuesOf(file.content.configVariables, 'configVariables', reportOn(file)));
    return document('Service', application, service, file.content);
  });
  const environments = of('environment').map((file) => ({
    ...document('Environment', application, resourceName(file.parts[1] ?? ''), file.content),
    type: textOf(file.content.environmentType) === 'PROD' ? 'PROD' : 'NON_PROD',
    ...withValues(valuesOf(file.content.variableOverrides, 'variableOverrides', reportOn(file))),
  }));
  const known: Known = { application, environments: names(environments), services: names(services), serviceVariables };
  const workflows = of('workflow').map((file) => workflowDocument(file, known, reportOn(file)));
  const byName = new Map(workflows.map((one) => [textOf(one.name), shapeOf(one)]));
  const pipelines = of('pipeline').map((file) =>
    pipelineDocument(file, { ...known, workflows: byName }, reportOn(file)),
  );
  const variablesByName = (documents: readonly Mapping[]) =>
    new Map(documents.map((one) => [textOf(one.name), names(mappings(one.variables))]));
  const startable: Startable = {
    ...known,
    pipelines: variablesByName(pipelines),
    workflows: variablesByName(workflows),
    templated: names(workflows.filter(({ environment }) => environment === GIVEN)),
  };
  const triggers = of('trigger')
    .map((file) => triggerDocument(file, startable, reportOn(file)))
    .filter((one) => one !== undefined);
  const [index] = of('application');
  const description = textOf(index?.content.description);
  return [
    { kind: 'Application', name: application, ...(description && { description }) },
    ...environments,
    ...services,
    ...workflows,
    ...pipelines,
    ...triggers,
  ];
}

function kindOf({ parts }: FirstGenFile): string {
  const [folder = '', ...rest] = parts;
  const isIndex = rest.length === 2 && rest[1] === 'Index';
  if (rest.length === 0 && folder === 'Index') return 'application';
  if (folder === 'Services' && isIndex) return 'service';
  if (folder === 'Environments' && isIndex) return 'environment';
  if (folder === 'Workflows' && rest.length === 1) return 'workflow';
  if (folder === 'Triggers' && rest.length === 1) return 'trigger';
  return folder === 'Pipelines' && rest.length === 1 ? 'pipeline' : 'other';
}

const reasons: Readonly<Record<string, string>> = {
  'Artifact Servers': 'Slipway has no artifact sources: a start names the images.',
  'Artifact Streams': 'Slipway has no artifact sources: a start names the images.',
  'Config Files': 'Slipway has no configuration files: check them out in a task.',
  'Infrastructure Definitions':
    'Slipway has no infrastructure definitions: agents and their labels decide where commands run.',
  Manifests: 'Slipway has no manifests: check them out in a task.',
  Provisioners: 'Slipway has no provisioners: run the tool in a task.',
  'Infrastructure Provisioners': 'Slipway has no provisioners: run the tool in a task.',
};

const reasonFor = ({ parts }: FirstGenFile): string =>
  parts.map((part) => reasons[part]).find((reason) => reason !== undefined) ??
  'The file has no counterpart in Slipway.';

function document(kind: string, application: string, name: string, { description }: Mapping): Mapping {
  return { kind, application, name, ...(description ? { description: textOf(description) } : {}) };
}

/** Variables with their values. Encrypted ones are secrets, whose values a file does not have. */
function valuesOf(given: unknown, path: string, report: Report): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [index, { name, value, valueType, parentName }] of mappings(given).entries()) {
    const plain = variableName(textOf(name));
    const at = `${path}[${index}]`;
    if (textOf(valueType) === 'ENCRYPTED_TEXT')
      report(at, `"${plain}" is a secret: set it with the mutation \`setSecret\`.`);
    else if (textOf(parentName) !== '') {
      report(at, `"${plain}" is only for the service "${textOf(parentName)}". In Slipway, it applies to all services.`);
      values[plain] = textOf(value);
    } else values[plain] = textOf(value);
  }
  return values;
}

const withValues = (variables: Readonly<Record<string, string>>): Mapping =>
  Object.keys(variables).length > 0 ? { variables } : {};

const names = (documents: readonly Mapping[]): ReadonlySet<string> =>
  new Set(documents.map(({ name }) => textOf(name)));

const shapeOf = (workflow: Mapping) => ({
  isTemplated: workflow.environment === GIVEN,
  variables: names(mappings(workflow.variables)),
  services: new Set(Array.isArray(workflow.services) ? workflow.services.map(textOf) : []),
});
