import { serviceFields } from '../../catalog/services/services';
import { objectType } from '../graphql/described.types';
import { ConnectionType } from '../graphql/paging.types';

export const Service = objectType(
  'Service',
  'Component that is deployed. An environment holds one image of it at a time.',
  serviceFields,
  { isNode: true },
);
export const ServiceConnection = ConnectionType(Service, 'Service');
