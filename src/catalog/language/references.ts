import type { PipelineDefinition } from './pipeline';
import { artifactSource, workflowTaken } from './artifactSource';
import type { TakenFiles, WorkflowDefinition } from './workflow';
import { canonicalPipeline, canonicalWorkflow } from './canonical';
import type { Referred } from './referred';
import { triggerRefersTo } from './triggerReferences';
import type { Configuration } from '../definitions/configuration';

/** Resources that refer to an object. */
export interface User {
  readonly kind: 'ENVIRONMENT' | 'WORKFLOW' | 'PIPELINE' | 'TRIGGER';
  readonly id: string;
  readonly name: string;
}

/**
 * Workflows and pipelines whose current definitions refer to an object, except a workflow that refers to itself, and
 * environments that come after it.
 */
export function usersOf(referred: Referred, { environments, workflows, pipelines, triggers }: Configuration): User[] {
  const users: User[] = [];
  for (const { id, name, after } of environments.values()) {
    if (referred.kind === 'environment' && after === referred.name) users.push({ kind: 'ENVIRONMENT', id, name });
  }
  for (const { row, revision } of workflows.values()) {
    if (referred.kind === 'workflow' && row.name === referred.name) continue;
    if (workflowRefersTo(revision.definition, referred)) users.push({ kind: 'WORKFLOW', id: row.id, name: row.name });
  }
  for (const { row, revision } of pipelines.values()) {
    if (pipelineRefersTo(revision.definition, referred)) users.push({ kind: 'PIPELINE', id: row.id, name: row.name });
  }
  for (const { id, name, definition } of triggers.values()) {
    if (triggerRefersTo(definition, referred)) users.push({ kind: 'TRIGGER', id, name });
  }
  return users;
}

export function workflowRefersTo(definition: WorkflowDefinition, { kind, name }: Referred): boolean {
  if (kind === 'pipeline') return false;
  if (kind === 'environment') return definition.environment === name;
  if (kind === 'service') return definition.services.includes(name);
  return Object.values(definition.tasks).some(
    (task) =>
      task.workflow === name || task.artifacts.from.some((from) => workflowTaken(from, definition.tasks) === name),
  );
}

export function pipelineRefersTo({ stages }: PipelineDefinition, { kind, name }: Referred): boolean {
  return stages.some(({ elements }) =>
    elements.some((element) => {
      if (element.type !== 'WORKFLOW' || kind === 'pipeline') return false;
      if (kind === 'environment') return element.environment === name;
      return kind === 'service' ? (element.services?.includes(name) ?? false) : element.workflow === name;
    }),
  );
}

/** The definition with a new name for the object that it refers to. */
export function renameInWorkflow(definition: WorkflowDefinition, referred: Referred, to: string): WorkflowDefinition {
  const { kind, name } = referred;
  if (kind === 'environment') return { ...definition, environment: to };
  if (kind === 'service') {
    const renamed = (names: readonly string[]) => names.map((one) => (one === name ? to : one));
    const tasks = Object.entries(definition.tasks).map(([key, task]) => [
      key,
      { ...task, deploys: Array.isArray(task.deploys) ? renamed(task.deploys) : task.deploys },
    ]);
    return canonicalWorkflow({
      ...definition,
      services: renamed(definition.services),
      tasks: Object.fromEntries(tasks),
    });
  }
  const renamed = (from: string | TakenFiles) => {
    const source = artifactSource(from, definition.tasks);
    if (source.in !== 'RUN' || source.workflow !== name) return from;
    const text = source.task === null ? to : `${to}.${source.task}`;
    return typeof from === 'string' ? text : { ...from, source: text };
  };
  const tasks = Object.entries(definition.tasks).map(([task, one]) => [
    task,
    {
      ...one,
      workflow: one.workflow === name ? to : one.workflow,
      artifacts: { ...one.artifacts, from: one.artifacts.from.map(renamed) },
    },
  ]);
  return { ...definition, tasks: Object.fromEntries(tasks) };
}

export function renameInPipeline(definition: PipelineDefinition, referred: Referred, to: string): PipelineDefinition {
  const { kind, name } = referred;
  const renamed = (one: string) => (one === name ? to : one);
  return canonicalPipeline({
    ...definition,
    stages: definition.stages.map((stage) => ({
      ...stage,
      elements: stage.elements.map((element) => {
        if (element.type !== 'WORKFLOW') return element;
        if (kind === 'service') return { ...element, services: element.services?.map(renamed) ?? null };
        if (kind === 'workflow') return { ...element, workflow: renamed(element.workflow) };
        return { ...element, environment: element.environment === null ? null : renamed(element.environment) };
      }),
    })),
  });
}
