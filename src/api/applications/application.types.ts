import { applicationFields } from '../../catalog/applications/applications';
import { objectType } from '../graphql/described.types';

export const Application = objectType(
  'Application',
  'Unit that groups environments, services, workflows and pipelines. Permissions are granted per application.',
  applicationFields,
  { isNode: true },
);
