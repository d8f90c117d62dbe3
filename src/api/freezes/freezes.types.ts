import { freezeFields } from '../../catalog/freezes/freezes';
import { field, orNull } from '../../kernel/fields';
import { objectType } from '../graphql/described.types';
import { ConnectionType } from '../graphql/paging.types';

export const Freeze = objectType(
  'Freeze',
  'Time in which environments take no deployments, but for named exceptions; or a deployment window, outside of which they take none. Deployments that have begun continue.',
  freezeFields,
  { isNode: true },
);
export const FreezeConnection = ConnectionType(Freeze, 'Freeze');

export const FreezeWindow = objectType('FreezeWindow', 'One window of a freeze or of a deployment window.', {
  from: field.time('Start.'),
  until: orNull(field.time('End. Null: until somebody changes or deletes the freeze.')),
});

export const FreezePeriod = objectType(
  'FreezePeriod',
  'Period in which deployments to an environment wait or are refused, through one freeze or several that overlap or follow each other.',
  {
    freeze: field.object(() => Freeze, 'Freeze that holds deployments back at its beginning.'),
    from: orNull(field.time('Start of the window of that freeze. Null outside of deployment windows.')),
    until: orNull(field.time('Time at which deployments may begin. Null: no end is known.')),
  },
);

export const FreezeCheck = objectType('FreezeCheck', 'Freezes of an environment at a moment.', {
  at: field.time('Moment.'),
  frozen: field.boolean('True if deployments wait or are refused, apart from the exceptions of the freeze.'),
  current: orNull(field.object(() => FreezePeriod, 'Period that contains the moment. Null if it is not frozen.')),
  next: orNull(
    field.object(() => FreezePeriod, 'Next period after the moment and the current one. Null if none is known.'),
  ),
});
