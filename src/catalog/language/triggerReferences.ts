import type { Referred } from './referred';
import type { TriggerDefinition, TriggerTarget } from './triggerShape';

export function triggerRefersTo(definition: TriggerDefinition, { kind, name }: Referred): boolean {
  const { start, on, images, environments, variables } = definition;
  switch (kind) {
    case 'pipeline':
    case 'workflow':
      return start[kind] === name || on.execution?.[kind] === name;
    case 'service':
      return on.image?.service === name || Object.hasOwn(images, name);
    case 'environment':
      return (environments ?? []).includes(name) || variables.environment === name;
  }
}

/** The definition after an object that it refers to was renamed. */
export function renameInTrigger(definition: TriggerDefinition, referred: Referred, to: string): TriggerDefinition {
  const { kind, name } = referred;
  if (!triggerRefersTo(definition, referred)) return definition;
  const { start, on, images, environments, variables } = definition;
  const renamed = (one: string) => (one === name ? to : one);
  const target = <T extends TriggerTarget>(one: T): T =>
    (kind === 'pipeline' || kind === 'workflow') && one[kind] === name ? { ...one, [kind]: to } : one;
  return {
    ...definition,
    start: target(start),
    on: {
      ...on,
      execution: on.execution && target(on.execution),
      image: kind === 'service' && on.image?.service === name ? { ...on.image, service: to } : on.image,
    },
    images:
      kind === 'service'
        ? Object.fromEntries(Object.entries(images).map(([key, value]) => [renamed(key), value]))
        : images,
    environments: kind === 'environment' ? (environments?.map(renamed) ?? null) : environments,
    variables: kind === 'environment' && variables.environment === name ? { ...variables, environment: to } : variables,
  };
}
