import { visible } from '../../access/visible';
import { services } from '../../catalog/services/services';
import { readExecution } from '../../runs/execution/executions.queries';
import type { StartExecution } from '../../runs/execution/planStart';
import { findCatalog } from '../../runs/execution/startTargets.store';
import { planExecution } from '../../runs/views/executionPlan';
import type { Context } from '../graphql/context';
import type { Extension } from './extensionPart';

type Asked = Pick<StartExecution, 'applicationId' | 'entityId' | 'executionType'> & {
  readonly variableInputs?: readonly (NonNullable<StartExecution['variableInputs']>[number] | null)[] | null;
};

const FIELD = 'serviceInputs.';

/** Services whose images a start with these variables lacks. Other problems are for the start itself to report. */
async function servicesToGive({ variableInputs, ...target }: Asked, { app, actor, loaders }: Context) {
  const given = (variableInputs ?? []).filter((one) => one !== null);
  const { problems } = await planExecution(app, actor, { ...target, variableInputs: given });
  const fields = problems.flatMap(({ code, field }) => (code === 'REQUIRED' && field !== null ? [field] : []));
  const names = new Set(fields.flatMap((field) => (field.startsWith(FIELD) ? [field.slice(FIELD.length)] : [])));
  if (names.size === 0) return [];
  const catalog = await findCatalog(app.database, target.applicationId);
  const ids = catalog.services.flatMap(({ id, name }) => (names.has(name) ? [id] : []));
  const rows = await Promise.all(ids.map((id) => loaders.load(services.byId, id)));
  const shown = await Promise.all(rows.map((row) => visible(actor.access, loaders, 'Service', row)));
  return shown.filter((row) => row !== null);
}

/** Inputs that FirstGen's clients ask for before they start or continue an execution. */
export const executionInputs: Extension = {
  text: /* GraphQL */ `
    extend type Query {
      "Services that a start with these variables needs images for. \`executionPlan\` shows everything else. Errors: NOT_FOUND."
      executionInputs(
        "ID of the application."
        applicationId: String!
        "ID of the pipeline or workflow."
        entityId: String!
        "Kind of the entity."
        executionType: ExecutionType!
        "Variables of the start."
        variableInputs: [VariableInput]
      ): ExecutionInputs
      "Inputs besides variables for a stage that waits for runtime inputs. Always empty lists: images are given at the start. Errors: NOT_FOUND."
      runtimeExecutionInputsToResumePipeline(
        "ID of the application."
        applicationId: String!
        "ID of the pipeline execution."
        pipelineExecutionId: String!
        "ID of the element that waits."
        pipelineStageElementId: String!
        "Variables of the stage."
        variableInputs: [VariableInput]
      ): ExecutionInputs
    }
    "Inputs of an execution besides its variables."
    type ExecutionInputs {
      "Services that need an image."
      serviceInputs: [Service]
      "Always empty: Slipway has no manifests."
      serviceManifestInputs: [Service]
    }
  `,
  resolvers: {
    Query: {
      executionInputs: async (_source, args: Asked, context: Context) => ({
        serviceInputs: await servicesToGive(args, context),
        serviceManifestInputs: [],
      }),
      runtimeExecutionInputsToResumePipeline: async (_source, { pipelineExecutionId }, { app, actor }: Context) => {
        await readExecution(app, actor, pipelineExecutionId);
        return { serviceInputs: [], serviceManifestInputs: [] };
      },
    },
  },
};
