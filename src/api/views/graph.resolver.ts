import { Arg, Ctx, ID, Int, Query, Resolver } from 'type-graphql';
import type { Context } from '../graphql/context';
import { readGraph } from '../../runs/views/graph.queries';
import { CalledWorkflowDisplay, GraphFormatEnum, MatrixDisplay, WorkflowGraphText } from './graph.types';
import { renderGraph } from '../../runs/views/renderGraph';

@Resolver()
export class GraphResolver {
  @Query(() => WorkflowGraphText, {
    nullable: true,
    description:
      'Graph of the current definition of a workflow (`workflowId`) or pipeline (`pipelineId`), or of an execution ' +
      'with the state of its tasks or elements (`executionId`), now or in one of its attempts. Give exactly one of ' +
      'the three. Failure handlers and restore tasks are shown separately. At most 10,000 nodes. Errors: NOT_FOUND, ' +
      'INVALID_INPUT (`ONE_OF`, `EXECUTION_ONLY`, `TOO_LARGE`).',
  })
  async workflowGraph(
    @Arg('workflowId', () => ID, { nullable: true, description: 'ID of the workflow.' }) workflowId: string | null,
    @Arg('pipelineId', () => ID, { nullable: true, description: 'ID of the pipeline.' }) pipelineId: string | null,
    @Arg('executionId', () => ID, {
      nullable: true,
      description: 'ID of the execution, of a pipeline or of a workflow, standalone or in a stage.',
    })
    executionId: string | null,
    @Arg('attempt', () => Int, {
      nullable: true,
      description:
        'Attempt of the execution, from 1. Defaults to the current one, with the detached tasks of all attempts.',
    })
    attempt: number | null,
    @Arg('format', () => GraphFormatEnum, { defaultValue: GraphFormatEnum.JSON, description: 'Output format.' })
    format: GraphFormatEnum,
    @Arg('matrix', () => MatrixDisplay, {
      defaultValue: MatrixDisplay.COLLAPSED,
      description: 'Display of the combinations of a matrix.',
    })
    matrix: MatrixDisplay,
    @Arg('calls', () => CalledWorkflowDisplay, {
      defaultValue: CalledWorkflowDisplay.EXPANDED,
      description: 'Display of tasks that run a workflow.',
    })
    calls: CalledWorkflowDisplay,
    @Ctx() { app, actor }: Context,
  ): Promise<WorkflowGraphText> {
    const expanded = matrix === MatrixDisplay.EXPANDED;
    const boxes = calls === CalledWorkflowDisplay.EXPANDED;
    const graph = await readGraph(app, actor, { workflowId, pipelineId, executionId, attempt, expanded, boxes });
    return { format, text: renderGraph(graph, format), nodeCount: graph.nodes.length };
  }
}
