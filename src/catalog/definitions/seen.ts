import type { Access } from '../../access/access';
import { pipelineSubject, type Surroundings, surroundingsOf, workflowSubject } from './aims';
import type { Configuration } from './configuration';
import type { TriggerTarget } from '../language/triggerShape';

/**
 * Names of objects that a caller may not see, in an application that it may see. The caller may use such names, but
 * nothing may reveal them.
 */
export interface Unseen {
  readonly environments: ReadonlySet<string>;
  readonly services: ReadonlySet<string>;
  readonly workflows: ReadonlySet<string>;
  readonly pipelines: ReadonlySet<string>;
  readonly triggers: ReadonlySet<string>;
}

export interface SeenConfiguration extends Configuration {
  readonly unseen: Unseen;
}

export function unseenIn(access: Access, configuration: Configuration): Unseen {
  const around = surroundingsOf(configuration);
  const names = <Part>(parts: ReadonlyMap<string, Part>, seen: (part: Part) => boolean) =>
    new Set([...parts].flatMap(([name, part]) => (seen(part) ? [] : [name])));
  return {
    environments: names(configuration.environments, (row) => access.can('READ', 'Environment', row)),
    services: names(configuration.services, (row) => access.can('READ', 'Service', row)),
    workflows: names(configuration.workflows, ({ row, revision }) =>
      access.can('READ', 'Workflow', workflowSubject(row, revision.definition, around)),
    ),
    triggers: names(
      configuration.triggers,
      ({ definition }) =>
        seesTarget(access, configuration, around, definition.start) &&
        (definition.on.execution === null || seesTarget(access, configuration, around, definition.on.execution)),
    ),
    pipelines: names(configuration.pipelines, ({ row, revision }) =>
      access.can('READ', 'Pipeline', pipelineSubject(row, revision.definition, around)),
    ),
  };
}

/** A trigger is visible with the pipelines and workflows that it names. */
function seesTarget(
  access: Access,
  { pipelines, workflows }: Configuration,
  around: Surroundings,
  { pipeline, workflow }: TriggerTarget,
): boolean {
  const started = pipelines.get(pipeline ?? '');
  if (started !== undefined) {
    return access.can('READ', 'Pipeline', pipelineSubject(started.row, started.revision.definition, around));
  }
  const known = workflows.get(workflow ?? '');
  return (
    known !== undefined && access.can('READ', 'Workflow', workflowSubject(known.row, known.revision.definition, around))
  );
}

/** Applications that the caller may not see count as missing. */
export function asSeenBy(
  access: Access,
  configurations: ReadonlyMap<string, Configuration>,
): ReadonlyMap<string, SeenConfiguration> {
  const seen = new Map<string, SeenConfiguration>();
  for (const [name, configuration] of configurations) {
    if (!access.can('READ', 'Application', configuration.application)) continue;
    seen.set(name, { ...configuration, unseen: unseenIn(access, configuration) });
  }
  return seen;
}
