import { DefinedRows } from '../definitions/definedRows.store';
import type { WorkflowDefinition } from '../language/workflow';
import { workflowRevisionTable, workflowTable } from './workflows.table';

export const workflows = new DefinedRows<WorkflowDefinition>(workflowTable, workflowRevisionTable);
