import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import type { Context } from '../graphql/context';
import { readGraph } from './graph.queries';
import { GraphFormatEnum, MatrixDisplay, WorkflowGraphText } from './graph.types';
import { renderGraph } from './renderGraph';

@Resolver()
export class GraphResolver {
  @Query(() => WorkflowGraphText, {
    description:
      'The graph of a workflow’s current definition (`workflowId`), or of an execution of a workflow with how its tasks stand now (`executionId`): exactly one of both. ' +
      'Forensic and restore tasks are shown apart. At most 5,000 nodes. Errors: NOT_FOUND, INVALID_INPUT (`ONE_OF`, `WORKFLOW_ONLY`, `TOO_LARGE`).',
  })
  async workflowGraph(
    @Arg('workflowId', () => ID, { nullable: true, description: 'The workflow.' }) workflowId: string | null,
    @Arg('executionId', () => ID, { nullable: true, description: 'The execution of a workflow, alone or in a stage.' })
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
    const graph = await readGraph(app, actor, { workflowId, executionId, expanded });
    return { format, text: renderGraph(graph, format), nodeCount: graph.nodes.length };
  }
}
