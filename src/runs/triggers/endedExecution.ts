import type { EndedExecution } from '../../engine/firing';
import type { Execution } from '../../engine/execution';
import { outputsOf } from '../../engine/workflowOutputs';
import { pipelines } from '../../catalog/pipelines/pipelines';
import { services } from '../../catalog/services/services';
import { workflows } from '../../catalog/workflows/workflows';
import type { App } from '../app';
import { findShownVariables } from '../execution/executionVariables.store';
import { findShownStages } from '../execution/stages.store';
import type { Firing } from './firings.table';

/** The execution as it ended: a later attempt does not change what the trigger sees. */
export async function readEnded(app: App, execution: Execution, facts: Firing['facts']): Promise<EndedExecution> {
  const { id, kind, entityId, notes } = execution;
  const attempt = facts?.attempt ?? execution.attempt;
  const rows = kind === 'PIPELINE' ? pipelines : workflows;
  const [named] = await rows.findWithDeleted(app.database, [entityId]);
  const known = await services.findWithDeleted(app.database, Object.keys(execution.images));
  const nameOf = (serviceId: string) => known.find((one) => one.id === serviceId)?.name;
  const images = Object.entries(execution.images).flatMap(([serviceId, image]): [string, string][] => {
    const name = nameOf(serviceId);
    return name === undefined ? [] : [[name, image]];
  });
  return {
    ...{ id, kind, name: named?.name ?? '', status: facts?.status ?? execution.status, attempt, notes },
    variables: execution.variables,
    images: Object.fromEntries(images),
    outputs: Object.fromEntries(await readOutputs(app, execution, attempt)),
  };
}

/** Outputs of a workflow, or of all workflows of a pipeline: of two with one name, that of the later stage counts. */
async function readOutputs(app: App, execution: Execution, attempt: number): Promise<[string, string][]> {
  const { id: executionId, kind, revisionId, variables } = execution;
  const ran =
    kind === 'WORKFLOW'
      ? [{ executionId, attempt, revisionId, given: variables }]
      : (await findShownStages(app.database, [{ executionId, attempt }])).flatMap((stage) =>
          stage.workflowExecutionId === null || stage.workflowRevisionId === null || stage.workflowAttempt === null
            ? []
            : [
                {
                  executionId: stage.workflowExecutionId,
                  attempt: stage.workflowAttempt,
                  revisionId: stage.workflowRevisionId,
                  given: stage.variables,
                },
              ],
        );
  const revisions = await app.workflowRevisions.getAll(
    app.database,
    ran.map((one) => one.revisionId),
  );
  const declaring = ran.flatMap((one, index) => {
    const definition = revisions[index]?.definition;
    return definition === undefined || Object.keys(definition.outputs).length === 0 ? [] : [{ ...one, definition }];
  });
  if (declaring.length === 0) return [];
  const set = await findShownVariables(app.database, declaring);
  return declaring.flatMap(({ definition, given, executionId: own }) => {
    const values = set.filter((one) => one.executionId === own).map(({ name, value }) => [name, value] as const);
    return [...outputsOf(definition, given, new Map(values))];
  });
}
