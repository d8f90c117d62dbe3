import { definedEntityTable, revisionTable } from '../definitions/revisionTable';
import type { WorkflowDefinition } from '../language/workflow';

export const workflowTable = definedEntityTable('workflow');
export const workflowRevisionTable = revisionTable<WorkflowDefinition>('workflow_revision', 'workflow');
