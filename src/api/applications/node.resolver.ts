import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import { readGroup, readUser } from '../../access/access.queries';
import type { Actor } from '../../access/actor';
import { readApplication } from '../../catalog/applications/applications.queries';
import { environments } from '../../catalog/environments/environments';
import { requireFreeze } from '../../catalog/freezes/freezes.queries';
import { requireTrigger } from '../../catalog/triggers/triggers.queries';
import { readPart } from '../../catalog/parts.queries';
import { pipelines } from '../../catalog/pipelines/pipelines';
import { services } from '../../catalog/services/services';
import { requireTemplate } from '../../catalog/templates/templates.queries';
import { workflows } from '../../catalog/workflows/workflows';
import { notFound } from '../../kernel/errors';
import { readAgent } from '../../runs/agents/agents.queries';
import type { App } from '../../runs/app';
import { readArtifact } from '../../runs/artifacts/artifacts.queries';
import { readExecution } from '../../runs/execution/executions.queries';
import { readJob } from '../../runs/queue/jobs.queries';
import { findNodeType, type NodeType } from '../../runs/views/nodes.queries';
import type { Context } from '../graphql/context';
import { NodeInterface } from '../graphql/node.types';

/** Reads of each type, with the rights of its own query. */
const reads: Readonly<Record<NodeType, (app: App, actor: Actor, id: string) => Promise<object>>> = {
  Application: readApplication,
  Environment: (app, actor, id) => readPart(app, actor, environments, id),
  Service: (app, actor, id) => readPart(app, actor, services, id),
  Workflow: (app, actor, id) => readPart(app, actor, workflows, id),
  Pipeline: (app, actor, id) => readPart(app, actor, pipelines, id),
  Trigger: (app, actor, id) => requireTrigger(app.database, actor, id),
  Freeze: (app, actor, id) => requireFreeze(app.database, actor, id),
  Template: (app, actor, id) => requireTemplate(app.database, actor, id),
  Execution: readExecution,
  Job: readJob,
  Artifact: async (app, actor, id) => (await readArtifact(app, actor, id)).artifact,
  Agent: (app, actor, id) => {
    // FORBIDDEN would reveal that the agent exists.
    if (!actor.access.canInAccount('MANAGE_DELEGATES')) throw notFound('node', id);
    return readAgent(app, actor, id);
  },
  User: readUser,
  UserGroup: readGroup,
};

@Resolver()
export class NodeResolver {
  @Query(() => NodeInterface, {
    nullable: true,
    description:
      'Object with the given ID, of any type that implements `Node`. IDs are unique across all types. Requires the same permissions as ' +
      'the query of its type. Errors: NOT_FOUND.',
  })
  async node(
    @Arg('id', () => ID, { description: 'ID of the object.' }) id: string,
    @Ctx() { app, actor }: Context,
  ): Promise<object> {
    const type = await findNodeType(app.database, id);
    if (type === undefined) throw notFound('node', id);
    const row = await reads[type](app, actor, id);
    return { ...row, __typename: type === 'Execution' ? executionType(row) : type };
  }
}

const executionType = (row: object) =>
  'kind' in row && row.kind === 'PIPELINE' ? 'PipelineExecution' : 'WorkflowExecution';
