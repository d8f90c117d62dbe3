import { definedFields } from '../../catalog/language/definition';
import { objectType } from '../graphql/described.types';
import { ConnectionType } from '../graphql/paging.types';

export const Pipeline = objectType(
  'Pipeline',
  'Ordered list of stages. The elements of a stage, workflows and approvals, run in parallel.',
  definedFields('pipeline'),
  { isNode: true },
);
export const PipelineConnection = ConnectionType(Pipeline, 'Pipeline');
