import { FieldResolver, Resolver, Root } from 'type-graphql';
import { createPart, updatePart } from '../../catalog/changeParts';
import {
  type Environment as EnvironmentRow,
  environmentChanges,
  environments,
  newEnvironment,
} from '../../catalog/environments/environments';
import { field, listOf, optional } from '../../kernel/fields';
import { type EnumFilter, enumCondition } from '../../kernel/filters';
import { isDrifted } from '../../runs/observations/observations.store';
import { partResolver } from '../applications/partResolver';
import { EnvironmentTypeFilter } from '../graphql/filters.types';
import {
  Environment,
  EnvironmentConcurrencyInput,
  EnvironmentConnection,
  EnvironmentVariable,
  EnvironmentVariableInput,
} from './environments.types';
import { namedValues } from './namedValues';

const variables = (description: string) => optional(listOf(field.object(() => EnvironmentVariableInput, description)));
const agents = (more: string) =>
  optional(
    listOf(
      field.text(
        `Conditions on the labels of agents that may get jobs for the environment: \`key=value\`, \`key!=value\`, \`key in (a, b)\`, \`key notin (a, b)\`, \`key\`, \`!key\`, or \`key version RANGE\`, such as \`["tier=production"]\`. ${more}`,
      ),
    ),
  );
const concurrency = (description: string) => optional(field.object(() => EnvironmentConcurrencyInput, description));

export const EnvironmentsResolver = partResolver({
  Node: Environment,
  Connection: EnvironmentConnection,
  parts: environments,
  newFields: {
    ...newEnvironment,
    variables: variables('Variables that every task for the environment gets.'),
    concurrency: concurrency(
      'Concurrency group, and policy for deployments that wait for the environment. Defaults to none.',
    ),
    agents: agents('Defaults to every agent.'),
  },
  create: (app, actor, input) => createPart(app, actor, environments, input),
  changes: {
    ...environmentChanges,
    variables: variables(
      'Complete list of variables, replacing the previous one. An empty list removes all; null keeps them.',
    ),
    concurrency: concurrency(
      'New concurrency, replacing the previous one. Null removes it; if omitted, it stays. Applies to elements that begin afterwards.',
    ),
    agents: agents(
      'The complete list, replacing the previous one. An empty list allows every agent; null keeps it. Applies at once, also to jobs that wait or that no agent has started.',
    ),
  },
  update: (app, actor, id, changes) => updatePart(app, actor, environments, id, changes),
  filters: {
    environmentType: optional(field.object(() => EnvironmentTypeFilter, 'Filters by the type of the environment.')),
    drifted: optional(
      field.boolean(
        'True for environments with a service that has drifted from its newest deployment; false for all others.',
      ),
    ),
  },
  conditions: ({ environmentType, drifted }, field, parameters) => [
    ...(environmentType
      ? [
          enumCondition('row.type', environmentType as EnumFilter<string>, parameters, {
            field: `${field}.environmentType`,
          }),
        ]
      : []),
    ...(drifted == null ? [] : [`${drifted === true ? '' : 'NOT '}${isDrifted('row')}`]),
  ],
});

@Resolver(() => Environment)
export class EnvironmentFieldsResolver {
  @FieldResolver(() => [EnvironmentVariable], {
    description: 'Variables that every task for the environment gets, sorted by name.',
  })
  variables(@Root() { variables }: EnvironmentRow) {
    return namedValues(variables);
  }
}
