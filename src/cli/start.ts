import {
  ApplicationIdDocument,
  PipelineIdDocument,
  StartExecutionDocument,
  type VariableInput,
  WorkflowIdDocument,
  type WorkflowMode,
} from '../client/generated';
import { usage } from './failure';
import { followRun, requireSuccess } from './follow';
import type { Session } from './session';

export interface StartOptions {
  readonly workflow?: boolean;
  readonly executionMode?: WorkflowMode;
  readonly maxParallel?: number;
  readonly var: readonly string[];
  readonly image: readonly string[];
  readonly notes?: string;
  readonly idempotencyKey?: string;
  readonly follow: boolean;
}

/** `slipway start`: starts a pipeline, or with `--workflow` a standalone workflow. */
export async function startRun(
  session: Session,
  application: string,
  name: string,
  { workflow = false, notes, idempotencyKey, executionMode: mode, maxParallel, follow, ...inputs }: StartOptions,
): Promise<void> {
  const { api, ui } = session;
  const variableInputs = inputs.var.map(variableInput);
  const serviceInputs = inputs.image.map(serviceImage);
  const applicationId = (await api.ask(ApplicationIdDocument, { name: application })).applicationByName.id;
  const { id: entityId } = workflow
    ? (await api.ask(WorkflowIdDocument, { applicationId, name })).workflowByName
    : (await api.ask(PipelineIdDocument, { applicationId, name })).pipelineByName;
  const executionType = workflow ? 'WORKFLOW' : 'PIPELINE';
  const input = {
    applicationId,
    entityId,
    executionType,
    notes,
    idempotencyKey,
    mode,
    maxParallel,
    variableInputs,
    serviceInputs,
  } as const;
  const { execution, warningMessage } = (await api.change(StartExecutionDocument, { input })).startExecution;
  if (warningMessage !== null) ui.say(ui.paint.yellow(warningMessage));
  ui.say(`${application}/${name} ${ui.paint.dim(execution.id)}`);
  if (!follow) return ui.answer({ execution });
  const final = await followRun(session, execution.id, { after: 0 });
  ui.answer({ execution: final });
  requireSuccess(final);
}

/** The value of `--var NAME=VALUE`. */
export function variableInput(pair: string): VariableInput {
  const [name, value] = split(pair, '--var', 'NAME=VALUE');
  return { name, variableValue: { type: 'NAME', value } };
}

/** The value of `--image SERVICE=IMAGE`. */
export function serviceImage(pair: string): { readonly name: string; readonly image: string } {
  const [name, image] = split(pair, '--image', 'SERVICE=IMAGE');
  return { name, image };
}

function split(pair: string, option: string, form: string): [string, string] {
  const equals = pair.indexOf('=');
  if (equals < 1) throw usage(`${option} takes ${form}, not "${pair}".`);
  return [pair.slice(0, equals), pair.slice(equals + 1)];
}
