import { usage } from './failure';
import { followRun, requireSuccess } from './follow';
import type { Session } from './session';

export interface StartOptions {
  readonly workflow?: boolean;
  readonly var: readonly string[];
  readonly image: readonly string[];
  readonly notes?: string;
  readonly idempotencyKey?: string;
  readonly follow: boolean;
}

/** `slipway start`: a pipeline by its name, or with `--workflow` a workflow by itself. */
export async function startRun(
  session: Session,
  application: string,
  name: string,
  options: StartOptions,
): Promise<void> {
  const { api, ui } = session;
  const kind = options.workflow ? 'workflow' : 'pipeline';
  const variableInputs = options.var.map(variableInput);
  const serviceInputs = options.image.map(serviceImage);
  const { applicationByName } = await api.ask<{ applicationByName: { id: string } }>(
    'query ($name: String!) { applicationByName(name: $name) { id } }',
    { name: application },
  );
  const { found } = await api.ask<{ found: { id: string } }>(
    `query ($application: ID!, $name: String!) { found: ${kind}ByName(applicationId: $application, ${kind}Name: $name) { id } }`,
    { application: applicationByName.id, name },
  );
  const input = {
    applicationId: applicationByName.id,
    entityId: found.id,
    executionType: kind.toUpperCase(),
    notes: options.notes,
    idempotencyKey: options.idempotencyKey,
    variableInputs,
    serviceInputs,
  };
  const { startExecution } = await api.ask<{
    startExecution: { warningMessage: string | null; execution: { id: string; status: string } };
  }>(
    'mutation ($input: StartExecutionInput!) { startExecution(input: $input) { warningMessage execution { id status } } }',
    {
      input,
    },
  );
  const { execution, warningMessage } = startExecution;
  if (warningMessage !== null) ui.say(ui.paint.yellow(warningMessage));
  ui.say(`${application}/${name} ${ui.paint.dim(execution.id)}`);
  if (!options.follow) return ui.answer({ execution });
  const final = await followRun(session, execution.id, { after: 0 });
  ui.answer({ execution: final });
  requireSuccess(final);
}

/** `--var NAME=VALUE`, as the API takes it. */
export function variableInput(pair: string): object {
  const [name, value] = split(pair, '--var', 'NAME=VALUE');
  return { name, variableValue: { type: 'NAME', value } };
}

/** `--image SERVICE=IMAGE`. */
export function serviceImage(pair: string): { readonly name: string; readonly image: string } {
  const [name, image] = split(pair, '--image', 'SERVICE=IMAGE');
  return { name, image };
}

function split(pair: string, option: string, form: string): [string, string] {
  const equals = pair.indexOf('=');
  if (equals < 1) throw usage(`${option} takes ${form}; it is "${pair}".`);
  return [pair.slice(0, equals), pair.slice(equals + 1)];
}
