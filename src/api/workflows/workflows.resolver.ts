import { writeWorkflow } from '../../catalog/language/writeDocument';
import { workflowRevisionById, workflows } from '../../catalog/workflows/workflows';
import { definedResolvers } from '../definitions/definedResolver';
import { Workflow, WorkflowConnection } from './workflows.types';

export const workflowResolvers = definedResolvers({
  Node: Workflow,
  Connection: WorkflowConnection,
  rows: workflows,
  revisionById: workflowRevisionById,
  write: writeWorkflow,
});
