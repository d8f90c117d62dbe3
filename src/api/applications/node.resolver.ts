import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import { readApplication } from '../../catalog/applications/applications.queries';
import { requireFreeze } from '../../catalog/freezes/freezes.queries';
import { environments } from '../../catalog/environments/environments';
import { readPart } from '../../catalog/parts.queries';
import { pipelines } from '../../catalog/pipelines/pipelines';
import { services } from '../../catalog/services/services';
import { requireTemplate } from '../../catalog/templates/templates.queries';
import { workflows } from '../../catalog/workflows/workflows';
import { notFound, Refusal } from '../../kernel/errors';
import { readExecution } from '../../runs/execution/executions.queries';
import type { Context } from '../graphql/context';
import { NodeInterface } from '../graphql/node.types';

@Resolver()
export class NodeResolver {
  @Query(() => NodeInterface, {
    nullable: true,
    description:
      'Application, environment, service, workflow, pipeline, template, freeze or execution with the given ID. IDs are unique over all ' +
      'of them. Errors: NOT_FOUND.',
  })
  async node(
    @Arg('id', () => ID, { description: 'ID of the object.' }) id: string,
    @Ctx() { app, actor }: Context,
  ): Promise<object> {
    const reads: Readonly<Record<string, Promise<object>>> = {
      Application: readApplication(app, actor, id),
      Environment: readPart(app, actor, environments, id),
      Service: readPart(app, actor, services, id),
      Workflow: readPart(app, actor, workflows, id),
      Pipeline: readPart(app, actor, pipelines, id),
      Freeze: requireFreeze(app.database, actor, id),
      Template: requireTemplate(app.database, actor, id),
      Execution: readExecution(app, actor, id),
    };
    const found = await Promise.all(
      Object.entries(reads).map(async ([type, read]) => {
        const row = await read.catch(orMissing);
        if (row === undefined) return undefined;
        return { ...row, __typename: type === 'Execution' ? executionType(row) : type };
      }),
    );
    const node = found.find((one) => one !== undefined);
    if (node === undefined) throw notFound('node', id);
    return node;
  }
}

const executionType = (row: object) =>
  'kind' in row && row.kind === 'PIPELINE' ? 'PipelineExecution' : 'WorkflowExecution';

function orMissing(error: unknown): undefined {
  if (!(error instanceof Refusal && error.code === 'NOT_FOUND')) throw error;
}
