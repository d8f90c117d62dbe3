import {
  ApplicationIdDocument,
  PipelineIdDocument,
  StartExecutionDocument,
  type StartExecutionInput,
  WorkflowIdDocument,
} from './generated';
import type { Requests } from './requests';

/** What to start, by names. Give either a pipeline or a workflow. */
export interface NamedStart {
  readonly application: string;
  readonly pipeline?: string;
  readonly workflow?: string;
  /** Values of variables, by name. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Images to deploy, by service. */
  readonly images?: Readonly<Record<string, string>>;
  readonly notes?: string;
  readonly idempotencyKey?: string;
}

export async function startExecution(
  client: Requests,
  given: NamedStart | StartExecutionInput,
  options: { readonly signal?: AbortSignal | undefined },
): Promise<string> {
  const input = 'application' in given ? await inputOf(client, given, options) : given;
  const { startExecution: started } = await client.change(StartExecutionDocument, { input }, options);
  return started.execution.id;
}

async function inputOf(
  client: Requests,
  { application, pipeline, workflow, variables = {}, images = {}, notes, idempotencyKey }: NamedStart,
  options: { readonly signal?: AbortSignal | undefined },
): Promise<StartExecutionInput> {
  if ((pipeline === undefined) === (workflow === undefined))
    throw new TypeError('Give either "pipeline" or "workflow".');
  const applicationId = (await client.ask(ApplicationIdDocument, { name: application }, options)).applicationByName.id;
  const entityId =
    pipeline === undefined
      ? (await client.ask(WorkflowIdDocument, { applicationId, name: workflow ?? '' }, options)).workflowByName.id
      : (await client.ask(PipelineIdDocument, { applicationId, name: pipeline }, options)).pipelineByName.id;
  return {
    applicationId,
    entityId,
    executionType: pipeline === undefined ? 'WORKFLOW' : 'PIPELINE',
    notes,
    idempotencyKey,
    variableInputs: Object.entries(variables).map(([name, value]) => ({
      name,
      variableValue: { type: 'NAME', value },
    })),
    serviceInputs: Object.entries(images).map(([name, image]) => ({ name, image })),
  };
}
