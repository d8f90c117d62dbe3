import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import { environments } from '../../catalog/environments/environments';
import { Environment } from '../environments/environments.types';
import type { Context } from '../graphql/context';
import { found } from '../../kernel/loaders';
import { derivedId } from '../../kernel/ids';
import { workflows } from '../../catalog/workflows/workflows';
import { Workflow } from '../workflows/workflows.types';
import { groupsOf } from '../../catalog/language/approvalPolicy';
import { requirementsOf } from '../../engine/approvalVotes';
import type { Pipeline as PipelineRow, StageDefinition, StageElement } from '../../catalog/language/pipeline';
import { pipelineRevisionById } from '../../catalog/pipelines/pipelines';
import { Pipeline } from './pipelines.types';
import { PipelineStage, WorkflowStageElement } from './stages.types';

/** The part of an element that its fields need. */
interface ElementRow {
  readonly applicationId: string;
  readonly workflowName: string;
  readonly environmentName: string | null;
}

function elementRow(pipeline: PipelineRow, stage: StageDefinition, element: StageElement) {
  const common = { name: element.name, pipelineStageElementId: derivedId(pipeline.id, stage.name, element.name) };
  if (element.type === 'APPROVAL') {
    const { disallowInitiator, not, timeoutSeconds, remindAfterSeconds, escalate: escalations, inputs } = element;
    const excluded = [...(disallowInitiator ? ['initiator'] : []), ...not];
    const people = { approvers: groupsOf(element), requirements: requirementsOf(element, []), excluded };
    const inputNames = inputs.map(({ name }) => name);
    const asks = { ...people, timeoutSeconds, remindAfterSeconds, escalations, inputNames };
    return { __typename: 'ApprovalStageElement', ...common, ...asks };
  }
  const variables = Object.entries(element.variables)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value }));
  return {
    __typename: 'WorkflowStageElement',
    ...common,
    applicationId: pipeline.applicationId,
    workflowName: element.workflow,
    environmentName: element.environment,
    serviceNames: element.services,
    variables,
  };
}

@Resolver(() => Pipeline)
export class StagesResolver {
  @FieldResolver(() => [PipelineStage], { description: 'Stages, in order.' })
  async stages(@Root() pipeline: PipelineRow, @Ctx() { loaders }: Context) {
    const { definition } = found(await loaders.load(pipelineRevisionById, pipeline.currentRevisionId));
    return definition.stages.map((stage) => ({
      name: stage.name,
      elements: stage.elements.map((element) => elementRow(pipeline, stage, element)),
    }));
  }
}

@Resolver(() => WorkflowStageElement)
export class WorkflowStageElementsResolver {
  @FieldResolver(() => Workflow, {
    nullable: true,
    description: 'Workflow that it runs. Null if the caller may not see it.',
  })
  async workflow(@Root() { applicationId, workflowName }: ElementRow, @Ctx() { loaders, actor }: Context) {
    return visible(actor.access, loaders, 'Workflow', await workflows.byName(loaders, applicationId, workflowName));
  }

  @FieldResolver(() => Environment, {
    nullable: true,
    description: 'Target environment. Null for the workflow’s own, for none, or for one that the caller may not see.',
  })
  async environment(@Root() { applicationId, environmentName }: ElementRow, @Ctx() { loaders, actor }: Context) {
    if (environmentName === null) return null;
    const environment = await environments.byName(loaders, applicationId, environmentName);
    return visible(actor.access, loaders, 'Environment', environment);
  }
}
