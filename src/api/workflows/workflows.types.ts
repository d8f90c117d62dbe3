import { definedFields } from '../../catalog/language/definition';
import { objectType } from '../graphql/described.types';
import { ConnectionType } from '../graphql/paging.types';

export const Workflow = objectType(
  'Workflow',
  'Directed acyclic graph of tasks that targets an environment.',
  definedFields('workflow'),
  { isNode: true },
);
export const WorkflowConnection = ConnectionType(Workflow, 'Workflow');
