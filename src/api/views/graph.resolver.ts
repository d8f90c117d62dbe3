import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import type { Context } from '../graphql/context';
import { readGraph } from '../../runs/views/graph.queries';
import { GraphFormatEnum, MatrixDisplay, WorkflowGraphText } from './graph.types';
import { renderGraph } from '../../runs/views/renderGraph';

@Resolver()
export class GraphResolver {
  @Query(() => WorkflowGraphText, {
    description:
      'The graph of the current definition of a workflow (`workflowId`) or a pipeline (`pipelineId`), or of an execution of either with how its tasks or elements stand now (`executionId`): ' +
      'exactly one of the three. Forensic and restore tasks are shown apart. At most 5,000 nodes. Errors: NOT_FOUND, INVALID_INPUT (`ONE_OF`, `TOO_LARGE`).',
  })
  async workflowGraph(
    @Arg('workflowId', () => ID, { nullable: true, description: 'The workflow.' }) workflowId: string | null,
    @Arg('pipelineId', () => ID, { nullable: true, description: 'The pipeline.' }) pipelineId: string | null,
    @Arg('executionId', () => ID, {
      nullable: true,
      description: 'The execution of a pipeline, or of a workflow, alone or in a stage.',
    })
    executionId: string | null,
    @Arg('format', () => GraphFormatEnum, { defaultValue: GraphFormatEnum.JSON, description: 'What to write it in.' })
    format: GraphFormatEnum,
    @Arg('matrix', () => MatrixDisplay, {
      defaultValue: MatrixDisplay.COLLAPSED,
      description: 'How the combinations of a matrix are shown.',
    })
    matrix: MatrixDisplay,
    @Ctx() { app, actor }: Context,
  ): Promise<WorkflowGraphText> {
    const expanded = matrix === MatrixDisplay.EXPANDED;
    const graph = await readGraph(app, actor, { workflowId, pipelineId, executionId, expanded });
    return { format, text: renderGraph(graph, format), nodeCount: graph.nodes.length };
  }
}
