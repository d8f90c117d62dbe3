import { type FirstGenFile, type Mapping, mapping, mappings, type Report, textOf } from './source';
import { resourceName, variableName } from './texts';

/** What a trigger may name: what the folder has, with the variables that a start may set. */
export interface Startable {
  readonly application: string;
  readonly pipelines: ReadonlyMap<string, ReadonlySet<string>>;
  readonly workflows: ReadonlyMap<string, ReadonlySet<string>>;
  readonly templated: ReadonlySet<string>;
  readonly environments: ReadonlySet<string>;
  readonly services: ReadonlySet<string>;
}

/** Undefined if the trigger can’t be carried over at all. */
export function triggerDocument(
  { parts, content }: FirstGenFile,
  known: Startable,
  report: Report,
): Mapping | undefined {
  const isWorkflow = textOf(content.executionType).toLowerCase() === 'workflow';
  const target = resourceName(textOf(content.executionName));
  const variables = (isWorkflow ? known.workflows : known.pipelines).get(target);
  if (variables === undefined) {
    const what = isWorkflow ? 'workflow' : 'pipeline';
    report(
      'executionName',
      `The folder has no ${what} "${textOf(content.executionName)}", so the trigger is left out.`,
    );
    return undefined;
  }
  const [condition = {}, ...more] = mappings(content.triggerCondition);
  const on = eventOf(condition, known, report);
  if (on === undefined) return undefined;
  if (more.length > 0) report('triggerCondition[1]', 'A trigger has one condition, so only the first is carried over.');
  if (content.continueWithDefaultValues === true)
    report('continueWithDefaultValues', 'The pipeline decides what happens without runtime inputs: `on_timeout`.');
  const settable = { variables, isTemplated: isWorkflow && known.templated.has(target) };
  return {
    kind: 'Trigger',
    application: known.application,
    name: resourceName(parts.at(-1) ?? ''),
    ...(content.description ? { description: textOf(content.description) } : {}),
    ...((content.triggerDisabled === true || content.disabled === true) && { enabled: false }),
    on,
    start: { [isWorkflow ? 'workflow' : 'pipeline']: target },
    ...filled('variables', variablesOf(content.workflowVariables, on, { ...known, ...settable }, report)),
    ...filled('images', imagesOf(content.artifactSelections, on, known, report)),
  };
}

const AT = 'triggerCondition[0]';

function eventOf(condition: Mapping, known: Startable, report: Report): Mapping | undefined {
  const type = textOf(condition.type);
  switch (type) {
    case 'WEBHOOK':
      return { webhook: webhookOf(condition, report) };
    case 'SCHEDULED':
      return { schedule: scheduleOf(condition, report) };
    case 'PIPELINE_COMPLETION': {
      const pipeline = resourceName(textOf(condition.pipelineName));
      if (known.pipelines.has(pipeline)) return { execution: { pipeline } };
      report(
        `${AT}.pipelineName`,
        `The folder has no pipeline "${textOf(condition.pipelineName)}", so the trigger is left out.`,
      );
      return undefined;
    }
    case 'NEW_ARTIFACT':
      return imageOf(condition, known, report);
    default:
      report(
        AT,
        `A condition of the type ${type || '(none)'} has no counterpart, so the trigger is left out. Use a webhook.`,
      );
      return undefined;
  }
}

const providers = ['GITHUB', 'GITLAB', 'BITBUCKET'];

function webhookOf(condition: Mapping, report: Report): Mapping {
  const given = textOf(condition.repositoryType);
  const provider = providers.includes(given) ? given : 'CUSTOM';
  report(
    AT,
    provider === 'CUSTOM'
      ? 'The webhook has a new address: see `slipway triggers show`. Whatever calls it has to be changed.'
      : `The webhook has a new address and secret: enter those of \`slipway triggers rotate\` and \`… show\` at ${provider}.`,
  );
  if (condition.checkFileContentChanged === true)
    report(
      `${AT}.filePaths`,
      'Changed files are no condition. Compare them in a task, or write a condition on the payload as `if`.',
    );
  const branches = textOf(condition.branchRegex);
  const events = eventsOf(provider, condition, report);
  return {
    provider,
    ...(events.length > 0 && { events }),
    ...(branches !== '' && { branches }),
  };
}

/** GitHub and Bitbucket name events as FirstGen does; GitLab has its own names. */
function eventsOf(provider: string, condition: Mapping, report: Report): string[] {
  const types = texts(condition.eventType).filter((type) => type !== '*');
  const actions = texts(condition.action);
  const of = (event: string, of: readonly string[]) => (of.length === 0 ? [event] : of.map((one) => `${event}:${one}`));
  if (provider === 'BITBUCKET')
    return actions.length > 0
      ? actions.filter((one) => one.includes(':'))
      : types.flatMap((type) => bitbucket[type] ?? []);
  if (provider === 'GITLAB') return types.flatMap((type) => gitlab[type] ?? []);
  if (provider === 'CUSTOM' && types.length > 0) {
    report(`${AT}.eventType`, 'A custom webhook names no events, so every delivery fires.');
    return [];
  }
  return types.flatMap((type) => {
    if (type === 'release') return of(type, texts(condition.releaseActions));
    return type === 'push' || type === 'delete' ? [type] : of(type, actions);
  });
}

const gitlab: Readonly<Record<string, string>> = { push: 'Push Hook', pull_request: 'Merge Request Hook' };
const bitbucket: Readonly<Record<string, readonly string[]>> = {
  push: ['repo:push'],
  pull_request: ['pullrequest:created', 'pullrequest:updated'],
};

/** FirstGen leaves out the seconds of Quartz, and its times are UTC. */
function scheduleOf({ cronExpression, onNewArtifact }: Mapping, report: Report): Mapping {
  if (onNewArtifact === true) report(`${AT}.onNewArtifact`, 'The schedule starts without a new artifact, too.');
  return { cron: `0 ${textOf(cronExpression).trim()}` };
}

function imageOf(condition: Mapping, { services }: Startable, report: Report): Mapping | undefined {
  const service = resourceName(textOf(condition.serviceName));
  if (!services.has(service)) {
    report(
      `${AT}.serviceName`,
      `The folder has no service "${textOf(condition.serviceName)}", so the trigger is left out.`,
    );
    return undefined;
  }
  report(
    AT,
    `Slipway does not poll registries: choose the \`registry\` that sends a webhook for the artifact source "${textOf(condition.artifactStreamName)}", and its \`repository\`.`,
  );
  const filter = textOf(condition.artifactFilter);
  const tags = condition.regex === true ? filter : filter.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return { image: { registry: 'STANDARD', service, ...(tags !== '' && { tags }) } };
}

interface Settable extends Startable {
  readonly variables: ReadonlySet<string>;
  readonly isTemplated: boolean;
}

function variablesOf(given: unknown, on: Mapping, known: Settable, report: Report): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [index, { name, entityType, value }] of mappings(given).entries()) {
    const at = `workflowVariables[${index}]`;
    const type = textOf(entityType);
    const plain = variableName(textOf(name));
    if (type === 'ENVIRONMENT' && known.isTemplated) {
      if (known.environments.has(resourceName(textOf(value)))) values.environment = resourceName(textOf(value));
      else report(at, `The environment "${textOf(value)}" is not in the folder.`);
    } else if (type !== '' && !known.variables.has(plain))
      report(at, `${type} is not a variable here: the workflow or its pipeline names it.`);
    else if (!known.variables.has(plain)) report(at, `The start has no variable "${textOf(name)}".`);
    else values[plain] = expressionOf(textOf(value), on, at, report);
  }
  return values;
}

/** A reference to the payload, as an expression. Custom webhooks of FirstGen have their values in `parameters`. */
function expressionOf(value: string, on: Mapping, at: string, report: Report): string {
  const { provider } = mapping(on.webhook);
  return value.replaceAll(/\$\{([^{}]+)\}/g, (whole, expression: string) => {
    if (provider === 'CUSTOM' && /^\w+$/.test(expression)) return `\${{ payload.parameters.${expression} }}`;
    if (provider !== undefined && /^[a-z_]\w*(?:\.\w+|\[\d+\])+$/i.test(expression))
      return `\${{ payload.${expression} }}`;
    report(at, `The expression ${whole} has no counterpart. Replace it by hand.`);
    return whole;
  });
}

function imagesOf(given: unknown, on: Mapping, { services }: Startable, report: Report): Record<string, string> {
  const images: Record<string, string> = {};
  for (const [index, { type, serviceName }] of mappings(given).entries()) {
    const at = `artifactSelections[${index}]`;
    const service = resourceName(textOf(serviceName));
    const kind = textOf(type);
    if (!services.has(service)) report(at, `The folder has no service "${textOf(serviceName)}".`);
    else if (kind === 'PIPELINE_SOURCE' && on.execution !== undefined)
      images[service] = `\${{ execution.images[${JSON.stringify(service)}] }}`;
    else if (kind === 'ARTIFACT_SOURCE' && mapping(on.image).service === service) continue;
    else
      report(
        at,
        `${kind} of "${service}" has no counterpart: name the image in \`images\`, or as an expression on the event.`,
      );
  }
  return images;
}

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(textOf) : []);

const filled = (key: string, values: Readonly<Record<string, string>>): Mapping =>
  Object.keys(values).length > 0 ? { [key]: values } : {};
