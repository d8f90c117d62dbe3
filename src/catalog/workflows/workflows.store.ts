import { DefinedRows } from '../definitions/definedRows.store';
import { completeWorkflow, type WorkflowDefinition } from '../language/workflow';
import { workflowRevisionTable, workflowTable } from './workflows.table';

export const workflows = new DefinedRows<WorkflowDefinition>(workflowTable, workflowRevisionTable, completeWorkflow);
