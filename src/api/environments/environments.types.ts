import { field } from '../../kernel/fields';
import { environmentFields, namedValueFields } from '../../catalog/environments/environments';
import { environmentConcurrencyFields } from '../../catalog/environments/environmentConcurrency';
import { inputType, objectType } from '../graphql/described.types';
import { ConnectionType } from '../graphql/paging.types';

export const Environment = objectType(
  'Environment',
  'Target of an application: where its services are deployed to.',
  environmentFields,
  { isNode: true },
);
export const EnvironmentConnection = ConnectionType(Environment, 'Environment');

export const EnvironmentVariable = objectType(
  'EnvironmentVariable',
  'Variable of an environment. Every task that runs for the environment gets it.',
  { name: field.text('Name of the environment variable that commands see.'), value: field.text('Value.') },
);
export const EnvironmentVariableInput = inputType(
  'EnvironmentVariableInput',
  'Variable of an environment.',
  namedValueFields,
);

export const EnvironmentConcurrencyInput = inputType(
  'EnvironmentConcurrencyInput',
  'Concurrency of an environment.',
  environmentConcurrencyFields,
);
