import { environmentType, environmentTypes } from '../../access/permission';
import { oneOf } from '../../kernel/database/table';
import { field, guarded, listOf, optional, orNull, type ShapeOf } from '../../kernel/fields';
import { readAgents } from '../agentBinding';
import type { Concurrency } from '../language/concurrency';
import { newPart, partChanges, partFields } from '../resourceFields';
import { ConfiguredRows, partTable } from '../resources.store';
import { deleteSecretsOfEnvironment } from '../secrets/secrets.store';
import { type EnvironmentConcurrencyInput, readEnvironmentConcurrency } from './environmentConcurrency';
import { readEnvironmentVariables } from './environmentVariables';

/** A target of an application: where its services are deployed to. */
export const environmentFields = {
  ...partFields('environment', 'Time of the last change of the environment itself; deployments to it do not count.'),
  type: field.oneOf(environmentType, 'Purpose of the environment.'),
  /** Variables of every task that runs for this environment. */
  variables: field.json<Readonly<Record<string, string>>>(),
  /** Policy of its slot, and group of environments that share a limit; null: QUEUE, and none. */
  concurrency: orNull(field.json<Concurrency>()),
  /** Name of the environment that images come from; null: the first one, or no order. */
  after: orNull(field.text()),
  agents: listOf(
    field.text(
      'Conditions on the labels of agents, such as `tier=production`. Only agents that meet all of them get jobs for the environment.',
    ),
  ),
};
export type Environment = ShapeOf<typeof environmentFields>;

export const namedValueFields = {
  name: field.text(
    'Letters, digits and underscores, not beginning with a digit. Names that the system or Slipway uses, such as PATH, are refused.',
  ),
  value: guarded({ maxLength: 65_536 }, field.text('Any text.')),
};
export type NamedValue = ShapeOf<typeof namedValueFields>;

export const newEnvironment = {
  ...newPart('environment'),
  type: environmentFields.type,
};
export const environmentChanges = {
  ...partChanges,
  type: optional(field.oneOf(environmentType, 'New type. Null keeps the type.')),
};

interface OwnInput {
  readonly type?: Environment['type'] | null;
  readonly variables?: readonly NamedValue[] | null;
  /** Undefined keeps it; null removes it. */
  readonly concurrency?: EnvironmentConcurrencyInput | null;
  readonly agents?: readonly string[] | null;
}

export const environments = new ConfiguredRows<Environment, OwnInput>(
  'Environment',
  partTable('environment', environmentFields, {
    checks: [{ name: 'environment_type', expression: oneOf('type', environmentTypes) }],
  }),
  {
    read: ({ type, variables, concurrency, agents }) => ({
      ...(type && { type }),
      ...(agents && { agents: readAgents(agents) }),
      ...(variables && { variables: readEnvironmentVariables(variables) }),
      ...(concurrency !== undefined && {
        concurrency: concurrency === null ? null : readEnvironmentConcurrency(concurrency),
      }),
    }),
    defaults: { variables: {}, concurrency: null, after: null, agents: [] },
    beforeDelete: (db, { id }) => deleteSecretsOfEnvironment(db, id),
  },
);
