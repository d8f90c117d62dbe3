import { type FirstGenFile, type Mapping, mapping, mappings, type Report, textOf } from './source';
import { duration, resourceName, taskKey, type Texts, translate, variableName } from './texts';

export interface Known {
  readonly application: string;
  readonly environments: ReadonlySet<string>;
  readonly services: ReadonlySet<string>;
  /** Variables of each service. */
  readonly serviceVariables: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** Environment of a workflow that gets it from its stage or its start. */
export const GIVEN = `\${environment}`;

/** User group that exists on every server. */
export const EVERYWHERE = 'Account Administrator';

interface Step {
  readonly at: string;
  readonly step: Mapping;
}

/** Steps that run in parallel with each other. */
type Group = readonly Step[];

export function workflowDocument({ parts, content }: FirstGenFile, known: Known, report: Report): Mapping {
  const name = resourceName(parts.at(-1) ?? '');
  const secrets = new Set<string>();
  const texts: Texts = { application: known.application, report, onSecret: (one) => secrets.add(one) };
  const environment = environmentOf(content, known, report);
  const services = servicesOf(content, known, report);
  if (environment === undefined && services.length > 0) {
    report('phases', 'The workflow has no environment, so it deploys no services.');
  }
  const tasks = tasksOf(content, texts, strategyOf(content, report));
  for (const [key, reason] of Object.entries(ignored)) if (hasContent(content[key])) report(key, reason);
  const env = Object.assign({}, ...services.map((service) => known.serviceVariables.get(service) ?? {}));
  return {
    kind: 'Workflow',
    application: known.application,
    name,
    ...(content.description ? { description: textOf(content.description) } : {}),
    ...(environment !== undefined && { environment }),
    ...(environment !== undefined && services.length > 0 && { services }),
    ...listed('variables', variablesOf(content, report)),
    ...(Object.keys(env).length > 0 && { env }),
    ...listed('secrets', [...secrets].sort()),
    tasks,
  };
}

const ignored: Readonly<Record<string, string>> = {
  rollbackPhases: 'Rollback steps are not imported. To roll a stage back, set `on_failure: rollback` in the pipeline.',
  notificationRules: 'Notifications are not imported. Create event subscriptions to send them.',
};

const hasContent = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : value != null && value !== '';
const listed = (key: string, list: readonly unknown[]): Mapping => (list.length > 0 ? { [key]: list } : {});

function environmentOf(content: Mapping, { environments }: Known, report: Report): string | undefined {
  const templated = mappings(content.templateExpressions).some(({ fieldName }) => textOf(fieldName) === 'envId');
  if (templated) return GIVEN;
  const given = textOf(content.envName);
  if (given === '') return undefined;
  const name = resourceName(given);
  if (environments.has(name)) return name;
  report('envName', `The folder has no environment "${given}", so the start must provide one.`);
  return GIVEN;
}

function servicesOf(content: Mapping, { services }: Known, report: Report): string[] {
  const names = mappings(content.phases).map(({ serviceName }) => textOf(serviceName));
  const found = [...new Set(names.filter((name) => name !== '').map(resourceName))];
  for (const name of found) if (!services.has(name)) report('phases', `The folder has no service "${name}".`);
  return found.filter((name) => services.has(name));
}

function variablesOf(content: Mapping, report: Report): Mapping[] {
  return mappings(content.userVariables).flatMap((given, index) => {
    const { name, type, mandatory, fixed, value, allowedValues, allowMultipleValues, description } = given;
    // Environments, services and infrastructure are chosen in another way.
    if (textOf(type) === 'ENTITY') return [];
    const plain = variableName(textOf(name));
    if (plain !== textOf(name)) report(`userVariables[${index}].name`, `"${textOf(name)}" is now "${plain}".`);
    const values = Array.isArray(allowedValues) ? allowedValues.map(textOf) : textOf(allowedValues).split(',');
    const allowed = values.map((one) => one.trim()).filter((one) => one !== '');
    const hasValue = value != null && textOf(value) !== '';
    return [
      {
        name: plain,
        ...(textOf(type) === 'NUMBER' && { type: 'number' }),
        ...(mandatory === true && fixed !== true && { required: true }),
        ...(hasValue && { default: textOf(value) }),
        ...(fixed === true && hasValue && { fixed: true }),
        ...listed('allowed_values', allowed),
        ...(allowMultipleValues === true && allowed.length > 0 && { allow_multiple_values: true }),
        ...(description ? { description: textOf(description) } : {}),
      },
    ];
  });
}

/** What a failed step does, for every step of the workflow. */
function strategyOf(content: Mapping, report: Report): Mapping {
  const found: Record<string, unknown> = {};
  for (const [index, { repairActionCode, retryCount }] of mappings(content.failureStrategies).entries()) {
    const path = `failureStrategies[${index}]`;
    switch (textOf(repairActionCode)) {
      case 'RETRY':
        found.retries = Math.max(1, Number(retryCount) || 1);
        break;
      case 'MANUAL_INTERVENTION':
        found.failure_strategy = 'wait';
        break;
      case 'IGNORE':
        found.failure_strategy = 'ignore';
        break;
      case 'END_EXECUTION':
      case 'ABORT_WORKFLOW_EXECUTION':
        break;
      default:
        report(
          path,
          `${textOf(repairActionCode)} is not imported. To roll a stage back, set \`on_failure: rollback\` in the pipeline.`,
        );
    }
  }
  return found;
}

/** The steps in their order: before the phases, each phase step of each phase, and after the phases. */
function groupsOf(content: Mapping): Group[] {
  const groups = (steps: unknown, at: string, parallel: unknown): Group[] => {
    const found = mappings(steps).map((step, index) => ({ at: `${at}.steps[${index}]`, step }));
    return parallel === true ? [found] : found.map((step) => [step]);
  };
  const before = mappings(content.preDeploymentSteps).map((step, index) => [
    { at: `preDeploymentSteps[${index}]`, step },
  ]);
  const after = mappings(content.postDeploymentSteps).map((step, index) => [
    { at: `postDeploymentSteps[${index}]`, step },
  ]);
  const phases = mappings(content.phases).flatMap((phase, index) =>
    mappings(phase.phaseSteps).flatMap((phaseStep, inner) =>
      groups(phaseStep.steps, `phases[${index}].phaseSteps[${inner}]`, phaseStep.stepsInParallel),
    ),
  );
  return [...before, ...phases, ...after].filter((group) => group.length > 0);
}

function tasksOf(content: Mapping, texts: Texts, strategy: Mapping): Mapping {
  const tasks: Record<string, Mapping> = {};
  let last: string[] = [];
  for (const group of groupsOf(content)) {
    const keys: string[] = [];
    for (const { at, step } of group) {
      const key = unused(taskKey(textOf(step.name)), tasks);
      const task = taskOf(step, at, texts);
      const isCommand = 'run' in task;
      tasks[key] = { ...task, ...(isCommand && strategy), ...listed('depends_on', last) };
      keys.push(key);
    }
    last = keys;
  }
  if (last.length > 0) return tasks;
  texts.report('phases', 'The workflow has no steps. It fails until you add a task.');
  return { empty: { run: failing('The workflow had no steps.') } };
}

function unused(key: string, tasks: Readonly<Record<string, unknown>>): string {
  for (let number = 1; ; number++) {
    const one = number === 1 ? key : `${key}-${number}`;
    if (!(one in tasks)) return one;
  }
}

const failing = (message: string): string => `echo '${message.replaceAll("'", '’')}' >&2\nexit 1\n`;

function taskOf(step: Mapping, at: string, texts: Texts): Mapping {
  const properties = mapping(step.properties);
  const type = textOf(step.type);
  const timeout = duration(properties.timeoutMillis);
  switch (type) {
    case 'SHELL_SCRIPT':
      return { ...script(properties, `${at}.properties`, texts), ...(timeout && { timeout }) };
    case 'HTTP':
      return { ...request(properties, `${at}.properties`, texts), ...(timeout && { timeout }) };
    case 'APPROVAL':
      return { approval: approvalOf(properties, `${at}.properties`, texts.report) };
    default:
      texts.report(at, `A step of the type ${type} has no counterpart. The task fails until you give it a command.`);
      return { run: failing(`The step "${textOf(step.name)}" of the type ${type} was not imported.`) };
  }
}

function script(properties: Mapping, path: string, texts: Texts): Mapping {
  const isPowerShell = textOf(properties.scriptType) === 'POWERSHELL';
  const write = isPowerShell ? (name: string) => `$Env:${name}` : undefined;
  const text = translate(textOf(properties.scriptString), texts, `${path}.scriptString`, write);
  if (textOf(properties.host) !== '') {
    texts.report(
      `${path}.host`,
      'The script runs on an agent, not on this host. Select the agent with labels, or use ssh in the script.',
    );
  }
  const outputs = textOf(properties.outputVars)
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const writes = outputs.map((name) => {
    const plain = variableName(name);
    return isPowerShell
      ? `Set-Content -NoNewline -Path "$Env:SLIPWAY_OUTPUTS/${plain}" -Value $${plain}`
      : `printf '%s' "$${plain}" > "$SLIPWAY_OUTPUTS/${plain}"`;
  });
  const run = [text.replace(/\n*$/, ''), ...writes].join('\n');
  // FirstGen’s scripts continue after a command that failed.
  return { run: run.trim() === '' ? 'true' : `${run}\n`, shell: isPowerShell ? 'pwsh' : ['bash'] };
}

function request(properties: Mapping, path: string, texts: Texts): Mapping {
  const quoted = (key: string) =>
    `"${translate(textOf(properties[key]), texts, `${path}.${key}`).replaceAll('"', '\\"')}"`;
  const assertion = textOf(properties.assertion);
  if (assertion !== '' && !/^\s*\$\{httpResponseCode\}\s*==\s*2\d\d\s*$/.test(assertion)) {
    texts.report(`${path}.assertion`, `The assertion "${assertion}" becomes a check that the status is below 400.`);
  }
  const parts = ['curl', '--fail', '--silent', '--show-error', '--request', textOf(properties.method) || 'GET'];
  if (textOf(properties.header) !== '') parts.push('--header', quoted('header'));
  if (textOf(properties.body) !== '') parts.push('--data', quoted('body'));
  return { run: [...parts, quoted('url')].join(' ') };
}

/** Approval of a stage or of a step. */
export function approvalOf(properties: Mapping, path: string, report: Report): Mapping {
  const type = textOf(properties.approvalStateType) || 'USER_GROUP';
  if (type !== 'USER_GROUP') report(path, `The approval by ${type} becomes an approval by a user group.`);
  const groups = Array.isArray(properties.userGroups) ? properties.userGroups.map(textOf).map(resourceName) : [];
  if (groups.length === 0) report(`${path}.userGroups`, `The approval has no user groups, so it asks ${EVERYWHERE}.`);
  const timeout = duration(properties.timeoutMillis);
  const inputs = mappings(properties.variables).map(({ name }) => ({ name: variableName(textOf(name)) }));
  return {
    approvers: groups.length > 0 ? groups : [EVERYWHERE],
    ...(timeout && { timeout }),
    ...listed('inputs', inputs),
  };
}
